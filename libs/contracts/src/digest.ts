/**
 * Digests. A value's digest is the SHA-256 of its canonical JSON (RFC 8785), so that the same arguments have the
 * same digest whoever wrote them, in whatever key order. The digest in the request, the decision, the approval and
 * the execution is the same, which is what ties an effect to the decision that allowed it.
 */
import { hash } from 'node:crypto';
import serialize from 'canonicalize';
import { z } from 'zod';

/** `sha256:` and 64 lower-case hexadecimal digits. */
export const digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'must be "sha256:" and 64 lower-case hexadecimal digits')
  .brand<'Digest'>();
export type Digest = z.infer<typeof digest>;

/** Canonical JSON (RFC 8785) of a JSON value. Throws for what JSON cannot hold (functions, NaN, cycles). */
export function canonicalJson(value: unknown): string {
  if (isOrdered(value, 0)) return JSON.stringify(value);
  const text = serialize(value);
  if (text === undefined) throw new TypeError('only a JSON value has a canonical form');
  return text;
}

/** Digest of a JSON value by its canonical form. */
export function digestOf(value: unknown): Digest {
  return digestOfBytes(canonicalJson(value));
}

/** Digest of bytes, or of a string's UTF-8 bytes. */
export function digestOfBytes(bytes: string | Uint8Array): Digest {
  return `sha256:${hash('sha256', bytes, 'hex')}` as Digest;
}

/** Deeper values are left to the library, which does not recurse. */
const SHALLOW = 32;

/**
 * Whether `JSON.stringify` gives the canonical form already: only plain JSON, and keys in order everywhere, as most
 * arguments are. Sorting what is sorted was a tenth of all that an executor allocated.
 */
function isOrdered(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed();
    case 'number':
      return Number.isFinite(value);
    case 'boolean':
      return true;
    case 'object':
      if (value === null) return true;
      if (depth === SHALLOW) return false;
      return Array.isArray(value) ? areOrdered(value, depth) : hasOrderedKeys(value, depth);
    default:
      return false;
  }
}

function areOrdered(values: readonly unknown[], depth: number): boolean {
  for (const value of values) if (!isOrdered(value, depth + 1)) return false;
  return true;
}

function hasOrderedKeys(value: object, depth: number): boolean {
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  let last: string | undefined;
  for (const key in value) {
    if ((last !== undefined && key < last) || !key.isWellFormed()) return false;
    if (!isOrdered((value as Readonly<Record<string, unknown>>)[key], depth + 1)) return false;
    last = key;
  }
  return true;
}
