/**
 * Maps: JSON objects as they come in, and `CelMap` for those that an expression makes, whose keys may be
 * numbers and booleans. Keys that are equal in CEL (1, 1u, 1.0) are one key.
 */
import { Fault } from '../fault.ts';
import { Uint } from './uint.ts';

export class CelMap {
  /** By canonical key; each entry keeps the key as it was written. */
  readonly entries = new Map<unknown, { readonly key: unknown; readonly value: unknown }>();

  /** Adds an entry; a second one under an equal key is a fault. */
  add(key: unknown, value: unknown): void {
    const canonical = canonicalKey(key);
    if (canonical === undefined || typeof key === 'number')
      throw new Fault('a map key is a string, a bool, an int or a uint');
    if (this.entries.has(canonical))
      throw new Fault(`the map has the key ${JSON.stringify(key, bigintText)} twice`);
    this.entries.set(canonical, { key, value });
  }
}

export type AnyMap = CelMap | Readonly<Record<string, unknown>>;

/** The value under a key, or `undefined`. Only own properties of objects count. */
export function mapGet(map: AnyMap, key: unknown): unknown {
  if (map instanceof CelMap) return map.entries.get(canonicalKey(key))?.value;
  return typeof key === 'string' && Object.hasOwn(map, key) ? map[key] : undefined;
}

export function mapKeys(map: AnyMap): unknown[] {
  return map instanceof CelMap ? Array.from(map.entries.values(), (entry) => entry.key) : Object.keys(map);
}

export function mapSize(map: AnyMap): number {
  return map instanceof CelMap ? map.entries.size : Object.keys(map).length;
}

/** Whether a value can be looked up in a map at all. */
export function isKey(key: unknown): boolean {
  return typeof key === 'number' || canonicalKey(key) !== undefined;
}

/** Equal keys have the same canonical key; `undefined` for what is no key. */
function canonicalKey(key: unknown): unknown {
  switch (typeof key) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return key;
    case 'number':
      return Number.isInteger(key) ? BigInt(key) : undefined;
    default:
      return key instanceof Uint ? key.value : undefined;
  }
}

function bigintText(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
