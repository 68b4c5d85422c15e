/** The macros of optional values: what they take is evaluated only when it is needed. */
import { Fault } from '../fault.ts';
import type { Site } from '../fault.ts';
import { aKind } from '../values/kind.ts';
import { Optional } from '../values/optional.ts';
import type { Cell, Compilation, Node, NodeOf, Run, Scope } from './syntax.ts';

/** `or`, `orValue`, `optMap`, `optFlatMap`; `undefined` for any other call. */
export function compileOptionalMacro(
  compilation: Compilation,
  node: NodeOf<'rcall'>,
  scope: Scope | undefined,
): Run | undefined {
  const [name, receiver, args] = node.args;
  const [first, second] = args;
  if ((name === 'or' || name === 'orValue') && args.length === 1) {
    return alternative(compilation, name, receiver, first as Node, scope);
  }
  if ((name === 'optMap' || name === 'optFlatMap') && args.length === 2) {
    return mapped(compilation, name, receiver, first as Node, second as Node, scope);
  }
  return undefined;
}

function alternative(
  compilation: Compilation,
  name: 'or' | 'orValue',
  receiverNode: Node,
  otherNode: Node,
  scope: Scope | undefined,
): Run {
  const receiver = compilation.compile(receiverNode, scope);
  const other = compilation.compile(otherNode, scope);
  const site = compilation.site(receiverNode);
  const otherSite = compilation.site(otherNode);
  return (input) => {
    const optional = asOptional(receiver(input), name, site);
    if (optional.present) return name === 'or' ? optional : optional.value;
    return name === 'or' ? asOptional(other(input), name, otherSite) : other(input);
  };
}

function mapped(
  compilation: Compilation,
  name: 'optMap' | 'optFlatMap',
  receiverNode: Node,
  variable: Node,
  body: Node,
  scope: Scope | undefined,
): Run {
  if (variable.op !== 'id')
    return compilation.refuse(variable, `the first argument of ${name}() is the name of its variable`);
  const cell: Cell = { value: undefined };
  const receiver = compilation.compile(receiverNode, scope);
  const run = compilation.compile(body, { name: variable.args, cell, outer: scope });
  const site = compilation.site(receiverNode);
  const bodySite = compilation.site(body);
  return (input) => {
    const optional = asOptional(receiver(input), name, site);
    if (!optional.present) return Optional.none;
    cell.value = optional.value;
    const value = run(input);
    return name === 'optMap' ? new Optional(value) : asOptional(value, name, bodySite);
  };
}

function asOptional(value: unknown, name: string, site: Site): Optional {
  if (value instanceof Optional) return value;
  throw new Fault(`${name}() goes with optional values; ${site.text} is ${aKind(value)}`, site);
}
