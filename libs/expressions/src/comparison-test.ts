/**
 * Simple tests, as they stand in the source: one path against literals, `args.atoms > 100`,
 * `request.project in ["a", "b"]`, `NOT tool.destructive`, `has(args.force)`. An index of rules, an analysis of
 * a bundle and the remedy of a denial read them; everything else of the language is opaque to those.
 */
import { fieldAt } from './fields.ts';
import { quantityLiteral } from './compile/quantities.ts';
import type { Node } from './compile/syntax.ts';
import { plainPath } from './references.ts';
import { HAS_FUNCTION } from './source/rewrite.ts';
import type { Dimension } from './units.ts';
import { Quantity } from './values/quantity.ts';

export type Literal = string | boolean | number | bigint;

export type TestSign = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'has' | 'absent';

/** `path sign value`; of `in`, all the values; of `has` and `absent`, none. */
export interface ComparisonTest {
  readonly path: string;
  readonly sign: TestSign;
  /** A quantity's value is a bigint: millionths of its dimension's unit. */
  readonly values: readonly Literal[];
  readonly dimension?: Dimension;
}

/** What `!` makes of a sign; `in` has no opposite sign. */
const OPPOSITE: Readonly<Record<TestSign, TestSign | undefined>> = {
  '==': '!=',
  '!=': '==',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
  in: undefined,
  has: 'absent',
  absent: 'has',
};

/** The same test with its sides exchanged. */
const MIRRORED: Readonly<Record<string, TestSign>> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/** The test that a part of an expression is, if it is a simple one. */
export function testOf(node: Node): ComparisonTest | undefined {
  switch (node.op) {
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return (
        compared(node.args[0], node.op, node.args[1]) ??
        compared(node.args[1], MIRRORED[node.op], node.args[0])
      );
    case 'in':
      return membership(node.args[0], node.args[1]);
    case '||':
      return either(testOf(node.args[0]), testOf(node.args[1]));
    case '!_':
      return negated(testOf(node.args));
    case 'call':
      return node.args[0] === HAS_FUNCTION ? presence(node.args[1][0]) : undefined;
    case 'id':
    case '.':
    case '[]':
      return flag(node);
    default:
      return undefined;
  }
}

function compared(side: Node, sign: TestSign | undefined, other: Node): ComparisonTest | undefined {
  const path = pathOf(side);
  if (path === undefined || sign === undefined) return undefined;
  if (other.op === 'call') {
    const quantity = quantityLiteral(other);
    if (typeof quantity === 'number') return { path, sign, values: [quantity] };
    if (!(quantity instanceof Quantity)) return undefined;
    return { path, sign, values: [quantity.micros], dimension: quantity.dimension };
  }
  const value = literalOf(other, path);
  return value === undefined ? undefined : { path, sign, values: [value] };
}

function membership(side: Node, container: Node): ComparisonTest | undefined {
  const path = pathOf(side);
  if (path === undefined || container.op !== 'list') return undefined;
  const values = container.args.map((item) => literalOf(item, path));
  return values.some((value) => value === undefined)
    ? undefined
    : { path, sign: 'in', values: values as readonly Literal[] };
}

/** `x == "a" OR x == "b"` is `x in ["a", "b"]`. */
function either(
  left: ComparisonTest | undefined,
  right: ComparisonTest | undefined,
): ComparisonTest | undefined {
  if (!left || !right || left.path !== right.path || !isMembership(left) || !isMembership(right))
    return undefined;
  return { path: left.path, sign: 'in', values: [...left.values, ...right.values] };
}

function isMembership({ sign, dimension }: ComparisonTest): boolean {
  return (sign === '==' || sign === 'in') && dimension === undefined;
}

function negated(test: ComparisonTest | undefined): ComparisonTest | undefined {
  const sign = test && OPPOSITE[test.sign];
  return test && sign && { ...test, sign };
}

function presence(node: Node | undefined): ComparisonTest | undefined {
  const path = node && pathOf(node);
  return path === undefined ? undefined : { path, sign: 'has', values: [] };
}

function flag(node: Node): ComparisonTest | undefined {
  const path = pathOf(node);
  return path === undefined ? undefined : { path, sign: '==', values: [true] };
}

/** A path below a known name, with the fields of JSON that follow it. */
function pathOf(node: Node): string | undefined {
  const parts = plainPath(node);
  if (!parts) return undefined;
  for (let known = parts.length; known > 0; known--) {
    if (fieldAt(parts.slice(0, known).join('.'))) return parts.join('.');
  }
  return undefined;
}

function literalOf(node: Node, path: string): Literal | undefined {
  if (node.op === '-_') {
    const value = literalOf(node.args, path);
    return typeof value === 'number' ? -value : undefined;
  }
  if (node.op !== 'value') return undefined;
  const value = node.args;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : undefined;
  if (typeof value === 'boolean' || typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  // Beside a closed set, case does not matter.
  return fieldAt(path)?.oneOf?.find((word) => word.toLowerCase() === value.toLowerCase()) ?? value;
}
