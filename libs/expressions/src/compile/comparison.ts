/**
 * Comparisons and `in`. Where the type checker knows both sides, or one side is a literal, the closure is the
 * bare JavaScript comparison; in every other case it is the general one. Both agree (a property test holds
 * them to it).
 */
import { equal, isIn } from '../operators/equality.ts';
import { order } from '../operators/order.ts';
import { Fault } from '../fault.ts';
import { aKind, kindOf } from '../values/kind.ts';
import { compileMicros } from './quantities.ts';
import { cellOf, dottedPath } from './syntax.ts';
import type { Compilation, Node, NodeOf, Run, Scope } from './syntax.ts';

type OrderSign = '<' | '<=' | '>' | '>=';

export function compileEquality(
  compilation: Compilation,
  node: NodeOf<'==' | '!='>,
  scope: Scope | undefined,
): Run {
  const same = compileSame(compilation, node.args[0], node.args[1], scope);
  return node.op === '==' ? same : (input) => !same(input);
}

function compileSame(
  compilation: Compilation,
  leftNode: Node,
  rightNode: Node,
  scope: Scope | undefined,
): Run {
  const leftMicros = compileMicros(compilation, leftNode, scope);
  const rightMicros = compileMicros(compilation, rightNode, scope);
  if (leftMicros && rightMicros) return (input) => leftMicros(input) === rightMicros(input);
  if (leftNode.op === 'value' && rightNode.op !== 'value')
    return compileSame(compilation, rightNode, leftNode, scope);
  const left = compilation.compile(leftNode, scope);
  if (
    rightNode.op === 'value' &&
    (typeof rightNode.args === 'string' || typeof rightNode.args === 'boolean')
  ) {
    const literal = inItsCase(compilation, leftNode, rightNode.args, scope);
    return (input) => left(input) === literal;
  }
  const right = compilation.compile(rightNode, scope);
  return (input) => equal(left(input), right(input));
}

export function compileOrder(
  compilation: Compilation,
  node: NodeOf<OrderSign>,
  scope: Scope | undefined,
): Run {
  const [leftNode, rightNode] = node.args;
  const leftMicros = compileMicros(compilation, leftNode, scope);
  const rightMicros = compileMicros(compilation, rightNode, scope);
  if (leftMicros && rightMicros) return bare(node.op, leftMicros, rightMicros);
  const left = compilation.compile(leftNode, scope);
  const right = compilation.compile(rightNode, scope);
  const site = compilation.site(node);
  const general = ordering(node.op, (input) => order(left(input), right(input), site));
  const limit = rightNode.op === 'value' ? exactNumber(rightNode.args) : undefined;
  return limit === undefined
    ? general
    : againstNumber(node.op, left, limit, (value) => order(value, rightNode.args, site));
}

/** A comparison of two sides that JavaScript compares as the language does. */
function bare(sign: OrderSign, left: Run, right: Run): Run {
  const a = left as (input: unknown) => bigint;
  const b = right as (input: unknown) => bigint;
  switch (sign) {
    case '<':
      return (input) => a(input) < b(input);
    case '<=':
      return (input) => a(input) <= b(input);
    case '>':
      return (input) => a(input) > b(input);
    case '>=':
      return (input) => a(input) >= b(input);
  }
}

function ordering(sign: OrderSign, sort: (input: Parameters<Run>[0]) => number): Run {
  switch (sign) {
    case '<':
      return (input) => sort(input) < 0;
    case '<=':
      return (input) => sort(input) <= 0;
    case '>':
      return (input) => sort(input) > 0;
    case '>=':
      return (input) => sort(input) >= 0;
  }
}

/** A number literal that a double holds exactly, so that comparing doubles with it is exact as well. */
function exactNumber(literal: unknown): number | undefined {
  if (typeof literal === 'number') return literal;
  return typeof literal === 'bigint' && Number.isSafeInteger(Number(literal)) ? Number(literal) : undefined;
}

/** `args.atoms > 100`: arguments are doubles nearly always. */
function againstNumber(sign: OrderSign, left: Run, limit: number, sort: (value: unknown) => number): Run {
  switch (sign) {
    case '<':
      return (input) => {
        const value = left(input);
        return typeof value === 'number' ? value < limit : sort(value) < 0;
      };
    case '<=':
      return (input) => {
        const value = left(input);
        return typeof value === 'number' ? value <= limit : sort(value) <= 0;
      };
    case '>':
      return (input) => {
        const value = left(input);
        return typeof value === 'number' ? value > limit : sort(value) > 0;
      };
    case '>=':
      return (input) => {
        const value = left(input);
        return typeof value === 'number' ? value >= limit : sort(value) >= 0;
      };
  }
}

export function compileIn(compilation: Compilation, node: NodeOf<'in'>, scope: Scope | undefined): Run {
  const [itemNode, containerNode] = node.args;
  const item = compilation.compile(itemNode, scope);
  const words = literalTexts(containerNode)?.map((word) => inItsCase(compilation, itemNode, word, scope));
  if (words) {
    const known: ReadonlySet<unknown> = new Set(words);
    return (input) => known.has(item(input));
  }
  const container = compilation.compile(containerNode, scope);
  const site = compilation.site(node);
  return (input) => {
    const sought = item(input);
    const value = container(input);
    const kind = kindOf(value);
    if (kind !== 'list' && kind !== 'map')
      throw new Fault(`"in" looks into a list or a map, not into ${aKind(value)}`, site);
    return isIn(sought, value as readonly unknown[]);
  };
}

/** The elements of a list of string literals. */
function literalTexts(node: Node): string[] | undefined {
  if (node.op !== 'list') return undefined;
  const texts = node.args.flatMap((item) =>
    item.op === 'value' && typeof item.args === 'string' ? [item.args] : [],
  );
  return texts.length === node.args.length ? texts : undefined;
}

/**
 * Beside a closed set (`tool.class`), a word is meant as the set spells it, because case does not matter in
 * files.
 */
function inItsCase<T>(
  compilation: Compilation,
  side: Node,
  literal: T,
  scope: Scope | undefined,
): T | string {
  const path = dottedPath(side);
  if (typeof literal !== 'string' || !path || cellOf(path[0] as string, scope)) return literal;
  const resolved = compilation.resolve(path);
  if (resolved?.parts !== path.length) return literal;
  return resolved.oneOf?.find((word) => word.toLowerCase() === literal.toLowerCase()) ?? literal;
}
