/**
 * From a syntax tree to closures: one closure for each part, put together once when the expression is loaded.
 * An evaluation then walks no tree and looks up no operator; that is what makes it fast.
 */
import { Fault } from '../fault.ts';
import type { Site } from '../fault.ts';
import { ExpressionError } from '../expression-error.ts';
import { arithmetic, negate } from '../operators/arithmetic.ts';
import type { RewrittenText } from '../source/position-map.ts';
import { MIN_INT } from '../values/uint.ts';
import { compileIndex, compileOptionalAccess, compilePath } from './access.ts';
import { compileCall, compileMethod } from './calls.ts';
import { compileEquality, compileIn, compileOrder } from './comparison.ts';
import { compileList, compileMap, compileValue } from './literals.ts';
import { compileConditional, compileLogic, compileNot } from './logic.ts';
import type { Compilation, Node, NodeOf, Resolved, Run, Scope } from './syntax.ts';

export interface CompileOptions {
  readonly source: string;
  readonly rewritten: RewrittenText;
  readonly lenient: boolean;
  readonly resolve: (path: readonly string[]) => Resolved | undefined;
}

/** The closure of a whole expression. Throws an `ExpressionError` for what can be known to be wrong. */
export function compileNode(root: Node, options: CompileOptions): Run {
  const { source, rewritten } = options;
  const compilation: Compilation = {
    lenient: options.lenient,
    resolve: options.resolve,
    site: (node) => siteOf(node),
    unknown,
    compile: (node, scope) => compilePart(compilation, node, scope),
    refuse: (node, message) => {
      throw new ExpressionError(message, source, rewritten.toSource(node.start, node.end));
    },
  };
  function unknown(node: Node, message: string): Run {
    if (options.lenient) return compilation.refuse(node, message);
    const site = siteOf(node);
    return () => {
      throw new Fault(message, site);
    };
  }
  function siteOf(node: Node): Site {
    const { offset, length } = rewritten.toSource(node.start, node.end);
    return { text: source.slice(offset, offset + length), offset, length };
  }
  return compilation.compile(root, undefined);
}

function compilePart(compilation: Compilation, node: Node, scope: Scope | undefined): Run {
  switch (node.op) {
    case 'value':
      return compileValue(compilation, node);
    case 'id':
    case '.':
      return compilePath(compilation, node, scope);
    case '[]':
      return compileIndex(compilation, node, scope);
    case '.?':
    case '[?]':
      return compileOptionalAccess(compilation, node, scope);
    case 'call':
      return compileCall(compilation, node, scope);
    case 'rcall':
      return compileMethod(compilation, node, scope);
    case 'list':
      return compileList(compilation, node, scope);
    case 'map':
      return compileMap(compilation, node, scope);
    case '?:':
      return compileConditional(compilation, node, scope);
    case '&&':
    case '||':
      return compileLogic(compilation, node, scope);
    case '!_':
      return compileNot(compilation, node, scope);
    case '-_':
      return compileMinus(compilation, node, scope);
    case '==':
    case '!=':
      return compileEquality(compilation, node, scope);
    case 'in':
      return compileIn(compilation, node, scope);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return compileOrder(compilation, node, scope);
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return compileArithmetic(compilation, node, scope);
  }
}

function compileArithmetic(
  compilation: Compilation,
  node: NodeOf<'+' | '-' | '*' | '/' | '%'>,
  scope: Scope | undefined,
): Run {
  const left = compilation.compile(node.args[0], scope);
  const right = compilation.compile(node.args[1], scope);
  const operate = arithmetic(node.op, compilation.lenient);
  const site = compilation.site(node);
  return (input) => operate(left(input), right(input), site);
}

function compileMinus(compilation: Compilation, node: NodeOf<'-_'>, scope: Scope | undefined): Run {
  const operand = node.args;
  // The least integer is no negative of an integer that can be written.
  if (operand.op === 'value' && operand.args === -MIN_INT) return () => MIN_INT;
  const run = compilation.compile(operand, scope);
  const site = compilation.site(node);
  return (input) => negate(run(input), site);
}
