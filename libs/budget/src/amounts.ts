/** Amounts as facts carry them, the rules for what they leave out (they fail closed), and shares of an amount. */
import { MICROS_PER_UNIT, Unit, toMicros } from '@writ/contracts';
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

/** A share (0..1) of an amount, rounded up: a share of something is never nothing. */
export function shareOf(amount: bigint, share: number): bigint {
  return (amount * toMicros(share) + MICROS_PER_UNIT - 1n) / MICROS_PER_UNIT;
}
