/** The values that a condition saw, as text for the record of a decision: `tool.cost = 1200 node-hours`. */
import { MAX_PATH_PARTS, fieldAt } from './fields.ts';
import type { Bindings, Field } from './field.ts';
import { UNLIMITED_MICROS } from './situation.ts';
import { Dimension } from './units.ts';
import { formatDuration } from './functions/time-text.ts';
import { Quantity, formatQuantity } from './values/quantity.ts';
import { Duration, Timestamp } from './values/time.ts';

export interface Explanation {
  readonly path: string;
  /** As an author would write it; `absent` for what is not there. */
  readonly value: string;
}

/** Longest value in an explanation: it is stored with every decision. */
const MAX_VALUE_LENGTH = 120;

/** Tells the value of each path, in the order in which the condition mentions them. */
export function explainerOf(paths: Iterable<string>): (bindings: Bindings) => readonly Explanation[] {
  const readers = Array.from(paths, (path) => ({ path, read: readerOf(path) }));
  return (bindings) => readers.map(({ path, read }) => ({ path, value: read(bindings) }));
}

function readerOf(path: string): (bindings: Bindings) => string {
  const parts = path.split('.');
  for (let known = Math.min(parts.length, MAX_PATH_PARTS); known > 0; known--) {
    const field = fieldAt(parts.slice(0, known).join('.'));
    if (field) return (bindings) => valueBelow(field, parts, known, bindings);
  }
  return () => 'absent';
}

function valueBelow(field: Field, parts: readonly string[], known: number, bindings: Bindings): string {
  let value: unknown;
  try {
    value = field.read(bindings);
  } catch {
    return 'unknown';
  }
  if (DIMENSIONS.has(field.type)) return shownValue(new Quantity(field.type as Dimension, value as bigint));
  for (let index = known; index < parts.length; index++) {
    const name = parts[index] as string;
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return 'absent';
    value = (value as Record<string, unknown>)[name];
  }
  return shownValue(value);
}

const DIMENSIONS: ReadonlySet<string> = new Set(Object.values(Dimension));

/** Any value of the language as text of bounded length. */
export function shownValue(value: unknown): string {
  const text = textOf(value);
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}...` : text;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (value === undefined) return 'absent';
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean') return `${value}`;
  if (value instanceof Quantity)
    return value.micros >= UNLIMITED_MICROS ? 'unlimited' : formatQuantity(value.dimension, value.micros);
  if (value instanceof Timestamp) return value.date.toISOString();
  if (value instanceof Duration) return formatDuration(value);
  return JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? Number(one) : one));
}
