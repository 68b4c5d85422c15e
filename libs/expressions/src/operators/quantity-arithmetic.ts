/**
 * `+ - * /` where one side is a quantity: like with like, or with a plain number. Results round up to a
 * millionth.
 */
import { Fault } from '../fault.ts';
import type { Site } from '../fault.ts';
import { Quantity, ceilDivide, overNumber, timesNumber } from '../values/quantity.ts';
import { Uint } from '../values/uint.ts';

export type ArithmeticSign = '+' | '-' | '*' | '/' | '%';

/** The result, or `undefined` when the two do not go together. */
export function quantityArithmetic(sign: ArithmeticSign, a: unknown, b: unknown, site: Site): unknown {
  if (a instanceof Quantity && b instanceof Quantity) return ofTwo(sign, a, b, site);
  if (a instanceof Quantity) {
    if (sign === '*') return times(a, b, site);
    return sign === '/' ? over(a, b, site) : undefined;
  }
  return sign === '*' ? times(b as Quantity, a, site) : undefined;
}

function ofTwo(sign: ArithmeticSign, a: Quantity, b: Quantity, site: Site): unknown {
  if (a.dimension !== b.dimension) return undefined;
  if (sign === '+') return new Quantity(a.dimension, a.micros + b.micros);
  if (sign === '-') return new Quantity(a.dimension, a.micros - b.micros);
  if (sign !== '/') return undefined;
  if (b.micros === 0n) throw new Fault('division by zero', site);
  return Number(a.micros) / Number(b.micros);
}

function times(quantity: Quantity, factor: unknown, site: Site): Quantity | undefined {
  if (factor instanceof Uint) return new Quantity(quantity.dimension, quantity.micros * factor.value);
  if (typeof factor === 'bigint') return new Quantity(quantity.dimension, quantity.micros * factor);
  if (typeof factor !== 'number') return undefined;
  return new Quantity(quantity.dimension, timesNumber(quantity.micros, finite(factor, site)));
}

function over(quantity: Quantity, divisor: unknown, site: Site): Quantity | undefined {
  const whole = divisor instanceof Uint ? divisor.value : divisor;
  if (typeof whole !== 'bigint' && typeof whole !== 'number') return undefined;
  if (Number(whole) === 0) throw new Fault('division by zero', site);
  if (typeof whole === 'number')
    return new Quantity(quantity.dimension, overNumber(quantity.micros, finite(whole, site)));
  const positive = whole > 0n;
  return new Quantity(
    quantity.dimension,
    ceilDivide(positive ? quantity.micros : -quantity.micros, positive ? whole : -whole),
  );
}

function finite(value: number, site: Site): number {
  if (Number.isFinite(value)) return value;
  throw new Fault(`${value} is no factor of a quantity`, site);
}
