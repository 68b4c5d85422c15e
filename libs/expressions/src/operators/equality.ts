/**
 * CEL's `==`, total over all values: numbers compare across their types, values of different kinds are
 * unequal, NaN equals nothing.
 */
import { countLength } from '../steps.ts';
import { CelMap, mapGet, mapKeys, mapSize } from '../values/cel-map.ts';
import type { AnyMap } from '../values/cel-map.ts';
import { CelType } from '../values/cel-type.ts';
import { kindOf } from '../values/kind.ts';
import { Optional } from '../values/optional.ts';
import { Quantity } from '../values/quantity.ts';
import { Duration, Timestamp } from '../values/time.ts';
import { Uint } from '../values/uint.ts';

export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  const typeA = typeof a;
  const typeB = typeof b;
  if (typeA === 'string' || typeB === 'string' || typeA === 'boolean' || typeB === 'boolean') return false;
  if (a === null || b === null) return false;
  // An int beside a double counts as the double nearest to it, as in the reference implementation.
  if (typeA !== 'object' && typeB !== 'object') return typeA !== typeB && Number(a) === Number(b);
  if (a instanceof Uint) return equal(a.value, b instanceof Uint ? b.value : b);
  if (b instanceof Uint) return equal(a, b.value);
  return typeA === 'object' && typeB === 'object' && equalObjects(a as object, b as object);
}

function equalObjects(a: object, b: object): boolean {
  if (Array.isArray(a)) return Array.isArray(b) && equalLists(a, b);
  if (a instanceof Quantity)
    return b instanceof Quantity && a.dimension === b.dimension && a.micros === b.micros;
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanos === b.nanos;
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && equalBytes(a, b);
  if (a instanceof CelType) return b instanceof CelType && a.name === b.name;
  if (a instanceof Optional)
    return b instanceof Optional && a.present === b.present && equal(a.value, b.value);
  return kindOf(a) === 'map' && kindOf(b) === 'map' && equalMaps(a as AnyMap, b as AnyMap);
}

function equalLists(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  countLength(a.length);
  return a.every((item, index) => equal(item, b[index]));
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  countLength(a.length);
  return a.every((byte, index) => byte === b[index]);
}

function equalMaps(a: AnyMap, b: AnyMap): boolean {
  if (mapSize(a) !== mapSize(b)) return false;
  const keys = mapKeys(a);
  countLength(keys.length);
  return keys.every((key) => {
    const other = mapGet(b, key);
    return other !== undefined && equal(mapGet(a, key), other);
  });
}

/** Whether a list has an element, or a map a key, that equals `item`. */
export function isIn(
  item: unknown,
  container: readonly unknown[] | CelMap | Readonly<Record<string, unknown>>,
): boolean {
  if (!Array.isArray(container)) return mapGet(container as AnyMap, item) !== undefined;
  countLength(container.length);
  for (const element of container) if (equal(item, element)) return true;
  return false;
}
