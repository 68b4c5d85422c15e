/**
 * A number with its unit (`1000 node-hours`, `30 min`, `90 %`) as the parser can read it: a call of a
 * function that no author can name, typed by dimension, with the number and the unit as arguments.
 */
import { nearestName } from '@writ/contracts';
import { ExpressionError } from '../expression-error.ts';
import { Dimension, TIME_WORDS, UNIT_WORDS } from '../units.ts';

/** Names that begin so belong to the rewrite; authors may not use them. */
export const RESERVED_PREFIX = '__';

export const PERCENT_FUNCTION = `${RESERVED_PREFIX}percent`;
export const TIME_FUNCTION = `${RESERVED_PREFIX}time`;

/** The function that makes a quantity of a dimension: `__node_hours`. */
export function quantityFunction(dimension: Dimension): string {
  return RESERVED_PREFIX + dimension.toLowerCase().replace('-', '_');
}

/** A unit found after a number, and how far it reaches. */
export interface UnitLiteral {
  readonly call: string;
  readonly end: number;
}

const UNIT = /[A-Za-z_µ][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)*/y;

/**
 * The call for `number` followed by a unit at `offset` of the source. `ownUnit` is the meter that an amount
 * is computed in; its name is a unit as well.
 */
export function unitLiteral(source: string, number: string, offset: number, ownUnit?: string): UnitLiteral {
  UNIT.lastIndex = offset;
  const longest = UNIT.exec(source)?.[0] ?? '';
  // `5 GB-x` is a subtraction: the longest known beginning is the unit.
  for (
    let word = longest;
    word !== '';
    word = word.includes('-') ? word.slice(0, word.lastIndexOf('-')) : ''
  ) {
    const name = functionOfUnit(word, ownUnit);
    if (name !== undefined) return { call: `${name}(${number},"${word}")`, end: offset + word.length };
  }
  throw unknownUnit(source, longest, offset, ownUnit);
}

function functionOfUnit(word: string, ownUnit: string | undefined): string | undefined {
  if (word === ownUnit && !UNIT_WORDS.has(word)) return quantityFunction(Dimension.own);
  const unit = UNIT_WORDS.get(word);
  if (unit) return quantityFunction(unit.dimension);
  return TIME_WORDS.has(word) ? TIME_FUNCTION : undefined;
}

function unknownUnit(
  source: string,
  word: string,
  offset: number,
  ownUnit: string | undefined,
): ExpressionError {
  const known = [...UNIT_WORDS.keys(), ...TIME_WORDS.keys(), ...(ownUnit === undefined ? [] : [ownUnit])];
  const meant = nearestName(word, known);
  const hint = meant === undefined ? `known units are ${listed(ownUnit)}` : `did you mean "${meant}"?`;
  return new ExpressionError(`"${word}" is not a unit; ${hint}`, source, { offset, length: word.length });
}

function listed(ownUnit: string | undefined): string {
  const own = ownUnit === undefined || UNIT_WORDS.has(ownUnit) ? '' : `${ownUnit}, `;
  return `${own}node-hours, USD, tokens, calls, B to PB, KiB to PiB, ms, s, min, h, d and %`;
}
