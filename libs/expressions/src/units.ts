/**
 * Units of quantities. A dimension is what can be added and compared; each counts in one base unit, held as a
 * whole number of millionths. `30 min` is a CEL duration and `90 %` the plain number 0.9, so they need no
 * dimension here.
 */
import { MICROS_PER_UNIT, Unit } from '@writ/contracts';

export const Dimension = {
  nodeHours: 'node-hours',
  usd: 'USD',
  storage: 'bytes',
  tokens: 'tokens',
  calls: 'calls',
  /** The unit that an amount is computed in when it is a meter of the tenant's own: `3 gpu-hours`. */
  own: 'own',
} as const;
export type Dimension = (typeof Dimension)[keyof typeof Dimension];

export interface UnitWord {
  readonly dimension: Dimension;
  /** Millionths of the dimension's base unit in one of this unit. */
  readonly micros: bigint;
}

function one(dimension: Dimension): UnitWord {
  return { dimension, micros: MICROS_PER_UNIT };
}

function bytes(count: bigint): UnitWord {
  return { dimension: Dimension.storage, micros: count * MICROS_PER_UNIT };
}

/** Every word that may follow a number to make it a quantity. */
export const UNIT_WORDS: ReadonlyMap<string, UnitWord> = new Map([
  ['node-hours', one(Dimension.nodeHours)],
  ['node-hour', one(Dimension.nodeHours)],
  ['USD', one(Dimension.usd)],
  ['usd', one(Dimension.usd)],
  ['tokens', one(Dimension.tokens)],
  ['token', one(Dimension.tokens)],
  ['calls', one(Dimension.calls)],
  ['call', one(Dimension.calls)],
  ['B', bytes(1n)],
  ['kB', bytes(10n ** 3n)],
  ['KB', bytes(10n ** 3n)],
  ['MB', bytes(10n ** 6n)],
  ['GB', bytes(10n ** 9n)],
  ['TB', bytes(10n ** 12n)],
  ['PB', bytes(10n ** 15n)],
  ['KiB', bytes(2n ** 10n)],
  ['MiB', bytes(2n ** 20n)],
  ['GiB', bytes(2n ** 30n)],
  ['TiB', bytes(2n ** 40n)],
  ['PiB', bytes(2n ** 50n)],
]);

/** Words for spans of time, in nanoseconds: these make CEL durations. */
export const TIME_WORDS: ReadonlyMap<string, bigint> = new Map([
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['sec', 1_000_000_000n],
  ['second', 1_000_000_000n],
  ['seconds', 1_000_000_000n],
  ['min', 60_000_000_000n],
  ['minute', 60_000_000_000n],
  ['minutes', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
  ['hour', 3_600_000_000_000n],
  ['hours', 3_600_000_000_000n],
  ['d', 86_400_000_000_000n],
  ['day', 86_400_000_000_000n],
  ['days', 86_400_000_000_000n],
]);

const ACCOUNT_DIMENSIONS: ReadonlyMap<string, Dimension> = new Map([
  [Unit.nodeHours, Dimension.nodeHours],
  [Unit.usd, Dimension.usd],
  [Unit.tokens, Dimension.tokens],
  [Unit.calls, Dimension.calls],
  [Unit.storage, Dimension.storage],
]);

/** What an account of `unit` counts, storage in bytes; a meter that is none of ours has a dimension of its own. */
export function accountDimension(unit: string): Dimension {
  return ACCOUNT_DIMENSIONS.get(unit) ?? Dimension.own;
}
