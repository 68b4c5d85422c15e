/**
 * Amounts of what tools use up. Every sum is an integer count of micro-units (`bigint`), on the wire a decimal
 * string: floating point never enters an account.
 */
import { z } from 'zod';

/** Millionths of one unit, as decimal text, because JSON has no integers beyond 2^53. */
export const micros = z.string().regex(/^-?\d{1,30}$/, 'must be an integer in decimal digits');
export type Micros = z.infer<typeof micros>;

export const MICROS_PER_UNIT = 1_000_000n;

/** The units with a meaning of their own; a tenant may meter others under names of its own. */
export const Unit = {
  nodeHours: 'node-hours',
  usd: 'usd',
  calls: 'calls',
  storage: 'storage',
  tokens: 'tokens',
} as const;

/** Stands for every unit that a tool's cost does not name; it can only use none of them. */
export const OTHER_UNITS = 'other';

export const unitName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be lower-case letters, digits and "-"');

/** An amount of each of several units, for example `{"node-hours": "1500000"}` for 1.5 node-hours. */
export const amounts = z.record(unitName, micros);
export type Amounts = Readonly<Record<string, Micros>>;

/** 1.5 -> 1500000n. For numbers from people and files; rounds up at the sixth decimal, so a hold is never short. */
export function toMicros(value: number): bigint {
  if (!Number.isFinite(value)) throw new RangeError(`${value} is not an amount`);
  return BigInt(Math.ceil(Number((value * 1e6).toPrecision(15))));
}

/** 1500000n -> "1.5". */
export function formatMicros(value: bigint): string {
  const sign = value < 0n ? '-' : '';
  const absolute = value < 0n ? -value : value;
  const fraction = (absolute % MICROS_PER_UNIT).toString().padStart(6, '0').replace(/0+$/, '');
  return `${sign}${absolute / MICROS_PER_UNIT}${fraction ? `.${fraction}` : ''}`;
}
