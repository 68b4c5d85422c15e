/** The values that a condition saw, as text for the record of a decision: `tool.cost = 1200 node-hours`. */
import { MAX_PATH_PARTS, fieldAt } from './bindings.ts';
import type { Bindings, Field } from './bindings.ts';
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

/** The value of each path, in the order in which the condition mentions them. */
export function explainPaths(paths: Iterable<string>, bindings: Bindings): readonly Explanation[] {
  return Array.from(paths, (path) => ({ path, value: valueAt(path, bindings) }));
}

function valueAt(path: string, bindings: Bindings): string {
  const parts = path.split('.');
  let field: Field | undefined;
  let known = Math.min(parts.length, MAX_PATH_PARTS);
  for (; known > 0 && !field; known--) field = fieldAt(parts.slice(0, known).join('.'));
  if (!field) return 'absent';
  let value: unknown;
  try {
    value = field.read(bindings);
  } catch {
    return 'unknown';
  }
  const dimension = Object.values(Dimension).find((one) => one === field?.type);
  if (dimension !== undefined) return shownValue(new Quantity(dimension, value as bigint));
  for (const name of parts.slice(known + 1)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return 'absent';
    value = (value as Record<string, unknown>)[name];
  }
  return shownValue(value);
}

/** Any value of the language as text of bounded length. */
export function shownValue(value: unknown): string {
  const text = textOf(value);
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}...` : text;
}

function textOf(value: unknown): string {
  if (value instanceof Quantity)
    return value.micros >= UNLIMITED_MICROS ? 'unlimited' : formatQuantity(value.dimension, value.micros);
  if (value instanceof Timestamp) return value.date.toISOString();
  if (value instanceof Duration) return formatDuration(value);
  return (
    JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? Number(one) : one)) ?? 'absent'
  );
}
