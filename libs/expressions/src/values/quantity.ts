/** A number of units of one dimension: exact, as a whole number of millionths. */
import { formatMicros } from '@writ/contracts';
import { Dimension } from '../units.ts';

export class Quantity {
  readonly dimension: Dimension;
  readonly micros: bigint;

  constructor(dimension: Dimension, micros: bigint) {
    this.dimension = dimension;
    this.micros = micros;
  }

  toString(): string {
    return formatQuantity(this.dimension, this.micros);
  }
}

/** `1.5 node-hours`, as an author would write it. */
export function formatQuantity(dimension: Dimension, micros: bigint): string {
  const unit = dimension === Dimension.storage ? 'B' : dimension === Dimension.own ? 'units' : dimension;
  return `${formatMicros(micros)} ${unit}`;
}

/**
 * `micros` times a number, rounded up, so that what is held for a call is never short. A double counts as the
 * decimal that it prints as: 0.1 is one tenth, not the binary fraction nearest to it.
 */
export function timesNumber(micros: bigint, factor: number): bigint {
  const { digits, scale } = decimalOf(factor);
  return ceilDivide(micros * digits, scale);
}

/** `micros` divided by a number that is not zero, rounded up. */
export function overNumber(micros: bigint, divisor: number): bigint {
  const { digits, scale } = decimalOf(divisor);
  return digits < 0n ? ceilDivide(-micros * scale, -digits) : ceilDivide(micros * scale, digits);
}

/** Division by a positive number, towards plus infinity. */
export function ceilDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor > 0n ? quotient + 1n : quotient;
}

/** A finite double as digits / scale. */
function decimalOf(value: number): { digits: bigint; scale: bigint } {
  if (Number.isInteger(value)) return { digits: BigInt(value), scale: 1n };
  const [mantissa = '0', exponent = '0'] = String(value).split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  const power = Number(exponent) - fraction.length;
  const digits = BigInt(whole + fraction);
  return power >= 0
    ? { digits: digits * 10n ** BigInt(power), scale: 1n }
    : { digits, scale: 10n ** BigInt(-power) };
}
