/** Amounts as facts carry them, and the two rules for what they leave out; both fail closed. */
import { MICROS_PER_UNIT, Unit } from '@writ/contracts';
import type { Amounts } from '@writ/contracts';

const DIGITS = /^\d{1,30}$/;

/** The amount in micro-units; undefined for what is absent or is no amount (a negative one would make money). */
export function amountOf(text: string | undefined): bigint | undefined {
  return typeof text === 'string' && DIGITS.test(text) ? BigInt(text) : undefined;
}

/**
 * How much of a limited unit a call asks for; undefined when its ceiling says something that is no amount. A unit that
 * the ceiling does not name is not asked for, except that every call is one call.
 */
export function askedOf(ceiling: Amounts, unit: string): bigint | undefined {
  if (Object.hasOwn(ceiling, unit)) return amountOf(ceiling[unit]);
  return unit === Unit.calls ? MICROS_PER_UNIT : 0n;
}

/**
 * What a completed call used of a unit of which it held so much. A tool that reports nothing, or no amount, is charged
 * its whole ceiling: a call that ran is not free because nobody measured it.
 */
export function usedOf(usage: Amounts, unit: string, held: bigint): bigint {
  return amountOf(usage[unit]) ?? held;
}
