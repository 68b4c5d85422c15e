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
