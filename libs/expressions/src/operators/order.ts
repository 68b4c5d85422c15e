/**
 * CEL's `<`: numbers across their types, text by code point, and the kinds that have an order of their own.
 */
import { Fault } from '../fault.ts';
import type { Site } from '../fault.ts';
import { aKind } from '../values/kind.ts';
import { Quantity } from '../values/quantity.ts';
import { Duration, Timestamp } from '../values/time.ts';
import { Uint } from '../values/uint.ts';

/** Negative, zero or positive as for sorting; NaN when nothing holds between the two (one is NaN). */
export function order(a: unknown, b: unknown, site?: Site): number {
  const left = comparable(a);
  const right = comparable(b);
  if (left === undefined || right === undefined || !sameOrder(a, b)) throw notComparable(a, b, site);
  if (typeof left === 'string') return textOrder(left, right as string);
  if (typeof left === 'boolean') return Number(left) - Number(right);
  if (typeof left === typeof right) return sameTypeOrder(left, right as typeof left);
  // An int beside a double counts as the double nearest to it, as in the reference implementation.
  return Number(left) - Number(right);
}

function sameTypeOrder(left: number | bigint, right: number | bigint): number {
  return left < right ? -1 : left > right ? 1 : left === right ? 0 : Number.NaN;
}

type Comparable = string | boolean | number | bigint;

function comparable(value: unknown): Comparable | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'number':
    case 'bigint':
      return value;
    default:
      if (value instanceof Uint) return value.value;
      if (value instanceof Quantity) return value.micros;
      if (value instanceof Timestamp || value instanceof Duration) return value.nanos;
      return value instanceof Uint8Array ? latin1(value) : undefined;
  }
}

/** Whether two comparable values belong to one order. */
function sameOrder(a: unknown, b: unknown): boolean {
  if (isNumber(a)) return isNumber(b);
  if (typeof a !== 'object' || typeof b !== 'object') return typeof a === typeof b;
  if (a instanceof Quantity) return b instanceof Quantity && a.dimension === b.dimension;
  return a instanceof Uint8Array ? b instanceof Uint8Array : a?.constructor === b?.constructor;
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof Uint;
}

/** By code point. UTF-16 differs from it only where a surrogate meets a character above U+DFFF. */
function textOrder(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  let at = 0;
  while (at < length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  if (at === length) return a.length - b.length;
  return codeRank(a.charCodeAt(at)) - codeRank(b.charCodeAt(at));
}

function codeRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}

function notComparable(a: unknown, b: unknown, site: Site | undefined): Fault {
  return new Fault(`${aKind(a)} and ${aKind(b)} cannot be compared`, site);
}
