/**
 * CEL's `+ - * / %` and negation over all kinds of values, with its overflow rules: integers fault, doubles
 * follow IEEE 754. Two numbers must be of one type, except in Writ's typed environment (`lenient`), where
 * JSON has only doubles and `args.count + 1` has to work: there an integer beside a double becomes a double.
 */
import { Fault } from '../fault.ts';
import type { Site } from '../fault.ts';
import { countLength } from '../steps.ts';
import { Dimension } from '../units.ts';
import { aKind } from '../values/kind.ts';
import { Quantity } from '../values/quantity.ts';
import { Duration, Timestamp } from '../values/time.ts';
import { Uint, int } from '../values/uint.ts';
import { quantityArithmetic } from './quantity-arithmetic.ts';
import type { ArithmeticSign } from './quantity-arithmetic.ts';

export type Operation = (a: unknown, b: unknown, site: Site) => unknown;

/** The operation behind a sign. */
export function arithmetic(sign: ArithmeticSign, lenient: boolean): Operation {
  return (a, b, site) => {
    if (typeof a === 'number' && typeof b === 'number' && sign !== '%') return onDoubles(sign, a, b);
    if (typeof a === 'bigint' && typeof b === 'bigint') return int(onIntegers(sign, a, b, site));
    if (lenient && typeof a === 'number' && typeof b === 'bigint') return onDoubles(sign, a, Number(b));
    if (lenient && typeof a === 'bigint' && typeof b === 'number') return onDoubles(sign, Number(a), b);
    if (lenient && typeof a === 'number' && typeof b === 'number') return a % b;
    const result = onObjects(sign, a, b, site);
    if (result === undefined) throw new Fault(phrase(sign, aKind(a), aKind(b)), site);
    return result;
  };
}

/** Unary minus. */
export function negate(value: unknown, site: Site): unknown {
  if (typeof value === 'number') return -value;
  if (typeof value === 'bigint') return int(-value);
  if (value instanceof Quantity) return new Quantity(value.dimension, -value.micros);
  throw new Fault(`${aKind(value)} cannot be negated`, site);
}

function onDoubles(sign: ArithmeticSign, a: number, b: number): number {
  switch (sign) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a % b;
  }
}

function onIntegers(sign: ArithmeticSign, a: bigint, b: bigint, site: Site): bigint {
  switch (sign) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
    case '%':
      if (b === 0n) throw new Fault('division by zero', site);
      return sign === '/' ? a / b : a % b;
  }
}

function onObjects(sign: ArithmeticSign, a: unknown, b: unknown, site: Site): unknown {
  if (a instanceof Uint && b instanceof Uint) return new Uint(onIntegers(sign, a.value, b.value, site));
  if (a instanceof Quantity || b instanceof Quantity) return quantityArithmetic(sign, a, b, site);
  if (a instanceof Duration || b instanceof Duration || a instanceof Timestamp)
    return onTime(sign, a, b, site);
  return sign === '+' ? joined(a, b) : undefined;
}

function joined(a: unknown, b: unknown): unknown {
  if (typeof a === 'string' && typeof b === 'string') {
    countLength(a.length + b.length);
    return a + b;
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    countLength(a.length + b.length);
    return [...(a as unknown[]), ...(b as unknown[])];
  }
  if (!(a instanceof Uint8Array && b instanceof Uint8Array)) return undefined;
  countLength(a.length + b.length);
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}

function onTime(sign: ArithmeticSign, a: unknown, b: unknown, site: Site): unknown {
  if (sign === '*' || sign === '/') return scaledTime(sign, a, b, site);
  if (sign === '%') return undefined;
  const factor = sign === '+' ? 1n : -1n;
  if (b instanceof Duration) {
    if (a instanceof Duration) return new Duration(a.nanos + factor * b.nanos);
    if (a instanceof Timestamp) return new Timestamp(a.nanos + factor * b.nanos);
  }
  if (a instanceof Duration && b instanceof Timestamp && sign === '+')
    return new Timestamp(a.nanos + b.nanos);
  if (a instanceof Timestamp && b instanceof Timestamp && sign === '-')
    return new Duration(a.nanos - b.nanos);
  return undefined;
}

/**
 * A duration times or over a number, by the arithmetic of quantities; over another duration, a plain number.
 */
function scaledTime(sign: '*' | '/', a: unknown, b: unknown, site: Site): unknown {
  const result = quantityArithmetic(sign, asQuantity(a), asQuantity(b), site);
  return result instanceof Quantity ? new Duration(result.micros) : result;
}

function asQuantity(value: unknown): unknown {
  return value instanceof Duration ? new Quantity(Dimension.own, value.nanos) : value;
}

const VERBS: Readonly<Record<ArithmeticSign, (a: string, b: string) => string>> = {
  '+': (a, b) => `${a} and ${b} cannot be added`,
  '-': (a, b) => `${b} cannot be subtracted from ${a}`,
  '*': (a, b) => `${a} and ${b} cannot be multiplied`,
  '/': (a, b) => `${a} cannot be divided by ${b}`,
  '%': (a, b) => `there is no remainder of ${a} by ${b}`,
};

/** Why an operation cannot be: `a string and an int cannot be added`. */
export function phrase(sign: ArithmeticSign, a: string, b: string): string {
  return VERBS[sign](a, b);
}
