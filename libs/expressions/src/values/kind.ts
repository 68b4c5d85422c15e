/** What kind of value something is, by the names of CEL, and how a value reads in a message. */
import { CelMap } from './cel-map.ts';
import { CelType } from './cel-type.ts';
import { Optional } from './optional.ts';
import { Quantity } from './quantity.ts';
import { Duration, Timestamp } from './time.ts';
import { Uint } from './uint.ts';

export type Kind =
  | 'null_type'
  | 'bool'
  | 'int'
  | 'uint'
  | 'double'
  | 'string'
  | 'bytes'
  | 'list'
  | 'map'
  | 'timestamp'
  | 'duration'
  | 'type'
  | 'optional'
  | 'quantity';

/** The kind of any value of the language. */
export function kindOf(value: unknown): Kind {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'double';
    case 'string':
      return 'string';
    default:
      return kindOfObject(value);
  }
}

function kindOfObject(value: unknown): Kind {
  if (value === null || value === undefined) return 'null_type';
  if (Array.isArray(value)) return 'list';
  if (value instanceof CelMap) return 'map';
  if (value instanceof Quantity) return 'quantity';
  if (value instanceof Uint) return 'uint';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof Timestamp) return 'timestamp';
  if (value instanceof Duration) return 'duration';
  if (value instanceof Optional) return 'optional';
  if (value instanceof CelType) return 'type';
  return 'map';
}

/** A kind for a sentence: `a string`, `an int`, `null`. */
export function aKind(value: unknown): string {
  if (value instanceof Quantity) return `a quantity of ${value.dimension}`;
  const kind = kindOf(value);
  if (kind === 'null_type') return 'null';
  return /^(int|optional)/.test(kind) ? `an ${kind}` : `a ${kind}`;
}
