/**
 * Calls of functions and methods. Names and numbers of arguments are checked here, kinds of arguments at run
 * time.
 */
import { nearestName } from '@writ/contracts';
import { Fault } from '../fault.ts';
import { FUNCTIONS, METHODS } from '../functions/functions.ts';
import type { FunctionSpec } from '../functions/registry.ts';
import { HAS_FUNCTION, OPTIONAL_ENTRY } from '../source/rewrite.ts';
import { startSteps } from '../steps.ts';
import { compileHas } from './access.ts';
import { compileMacro } from './macros.ts';
import { compileOptionalMacro } from './optional-macros.ts';
import { quantityLiteral } from './quantities.ts';
import { cellOf, dottedPath } from './syntax.ts';
import type { Compilation, Node, NodeOf, Run, Scope } from './syntax.ts';

export function compileCall(compilation: Compilation, node: NodeOf<'call'>, scope: Scope | undefined): Run {
  const [name, args] = node.args;
  const literal = quantityLiteral(node);
  if (literal !== undefined) return () => literal;
  if (name === HAS_FUNCTION && args.length === 1) return compileHas(compilation, args[0] as Node, scope);
  if (name === OPTIONAL_ENTRY)
    return compilation.refuse(node, 'only an entry of a list or a map can be optional');
  const found = FUNCTIONS.get(name);
  if (!found) return unknownName(compilation, node, name, FUNCTIONS);
  return invoke(compilation, node, name, found, args, scope);
}

export function compileMethod(
  compilation: Compilation,
  node: NodeOf<'rcall'>,
  scope: Scope | undefined,
): Run {
  const [name, receiver, args] = node.args;
  const macro = compileMacro(compilation, node, scope) ?? compileOptionalMacro(compilation, node, scope);
  if (macro) return macro;
  const path = dottedPath(receiver);
  if (path && !cellOf(path[0] as string, scope) && !compilation.resolve(path)) {
    const qualified = FUNCTIONS.get(`${path.join('.')}.${name}`);
    if (qualified) return invoke(compilation, node, `${path.join('.')}.${name}`, qualified, args, scope);
  }
  const found = METHODS.get(name);
  if (!found) return unknownName(compilation, node, name, METHODS);
  return invoke(compilation, node, name, found, [receiver, ...args], scope);
}

function unknownName(
  compilation: Compilation,
  node: Node,
  name: string,
  known: ReadonlyMap<string, unknown>,
): Run {
  const meant = nearestName(name, known.keys());
  return compilation.unknown(
    node,
    `unknown function "${name}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
  );
}

function invoke(
  compilation: Compilation,
  node: Node,
  name: string,
  found: FunctionSpec,
  args: readonly Node[],
  scope: Scope | undefined,
): Run {
  const [least, most] = found.arity;
  if (args.length < least || args.length > most) {
    return compilation.refuse(
      node,
      `${name}() takes ${least === most ? least : `${least} to ${most}`} values, not ${args.length}`,
    );
  }
  const { call, problemOf } = found;
  const site = compilation.site(node);
  const runs = args.map((arg) => compilation.compile(arg, scope));
  const problem = compilation.lenient ? problemOf?.(...args.map(literalOf)) : undefined;
  if (problem !== undefined) return compilation.refuse(node, problem);
  if (args.every((arg) => arg.op === 'value'))
    return folded(compilation, node, () => call(site, ...runs.map(runLiteral)));
  const [first, second, third] = runs as [Run, Run, Run];
  switch (runs.length) {
    case 0:
      return () => call(site);
    case 1:
      return (input) => call(site, first(input));
    case 2:
      return (input) => call(site, first(input), second(input));
    case 3:
      return (input) => call(site, first(input), second(input), third(input));
    default:
      return (input) => call(site, ...runs.map((run) => run(input)));
  }
}

function literalOf(node: Node): unknown {
  return node.op === 'value' ? node.args : undefined;
}

function runLiteral(run: Run): unknown {
  return run(undefined as never);
}

/**
 * A call of literals is made once. What it can only fault at is refused when loaded, or faults each time in
 * plain CEL.
 */
function folded(compilation: Compilation, node: Node, call: () => unknown): Run {
  startSteps();
  try {
    const value = call();
    return () => value;
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    if (compilation.lenient) return compilation.refuse(node, thrown.message);
    return () => {
      throw thrown;
    };
  }
}
