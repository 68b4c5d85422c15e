/**
 * Quantities: the literals, and the fast path that compares them as bare `bigint`s once the checker knows
 * both sides.
 */
import { MICROS_PER_UNIT } from '@writ/contracts';
import { PERCENT_FUNCTION, RESERVED_PREFIX, TIME_FUNCTION } from '../source/quantity-literal.ts';
import { Dimension, TIME_WORDS, UNIT_WORDS } from '../units.ts';
import { Quantity, timesNumber } from '../values/quantity.ts';
import { Duration } from '../values/time.ts';
import { cellOf, dottedPath } from './syntax.ts';
import type { Compilation, Node, NodeOf, Run, Scope } from './syntax.ts';

/** The value of a literal with a unit; `undefined` for any other call. */
export function quantityLiteral(node: NodeOf<'call'>): Quantity | Duration | number | undefined {
  const [name, args] = node.args;
  if (!name.startsWith(RESERVED_PREFIX)) return undefined;
  const number = args[0]?.op === 'value' ? args[0].args : undefined;
  if (typeof number !== 'number' && typeof number !== 'bigint') return undefined;
  // Reading "33.3e-2" rounds once, to the nearest double; dividing by 100 would round a second time.
  if (name === PERCENT_FUNCTION) return Number(`${number}e-2`);
  const word = args[1]?.op === 'value' ? String(args[1].args) : '';
  if (name === TIME_FUNCTION) return new Duration(times(TIME_WORDS.get(word) ?? 1n, number));
  const unit = UNIT_WORDS.get(word) ?? { dimension: Dimension.own, micros: MICROS_PER_UNIT };
  return new Quantity(unit.dimension, times(unit.micros, number));
}

function times(unit: bigint, number: number | bigint): bigint {
  return typeof number === 'bigint' ? unit * number : timesNumber(unit, number);
}

/** How the checker's names of quantities begin. */
export const QUANTITY_PREFIX = 'quantity_';

/** The types of the checker that are quantities, by name. */
const QUANTITY_TYPES: ReadonlySet<string> = new Set(Object.values(Dimension).map(quantityType));

/** The checker's type of a dimension's quantities. */
export function quantityType(dimension: Dimension): string {
  return QUANTITY_PREFIX + dimension.replace('-', '_');
}

/** The dimension of a checked type. */
export function dimensionOfType(name: string): Dimension | undefined {
  return Object.values(Dimension).find((dimension) => quantityType(dimension) === name);
}

/** The millionths of a part whose type is known to be a quantity; `undefined` for any other. */
export function compileMicros(
  compilation: Compilation,
  node: Node,
  scope: Scope | undefined,
): Run | undefined {
  if (!QUANTITY_TYPES.has(node.checkedType?.name ?? '')) return undefined;
  if (node.op === 'call') {
    const literal = quantityLiteral(node);
    if (literal instanceof Quantity) {
      const { micros } = literal;
      return () => micros;
    }
  }
  const path = dottedPath(node);
  const resolved = path && !cellOf(path[0] as string, scope) ? compilation.resolve(path) : undefined;
  if (resolved?.dimension !== undefined && resolved.parts === path?.length) return resolved.read;
  const run = compilation.compile(node, scope);
  return (input) => (run(input) as Quantity).micros;
}
