/**
 * Inputs that are too large for an event. Where a tool's inputs schema says `x-writ-payload: true` of a property, a call
 * may name a value in the payload store instead of carrying it: `{"$payload": {...}}`. The reference is what is decided
 * on and what `argsDigest` is of; it holds the value's digest, so the decision is over exactly that value. Only such
 * properties may: a rule that looks at an argument could else be blinded by moving it out of sight.
 */
import { z } from 'zod';
import { digest } from './digest.ts';
import type { JsonObject } from './json.ts';

/** Most bytes of one stored part, so that it fits into a message also as Base64. */
export const PAYLOAD_PART_BYTES = 512 * 1024;

const MOST_PARTS = 32;
export const MAX_PAYLOAD_BYTES = MOST_PARTS * PAYLOAD_PART_BYTES;

const MARK = 'x-writ-payload';

/** A value by reference: the digest of its canonical JSON, and the digests of the parts that it is stored in. */
export const payloadInput = z.strictObject({
  $payload: z.strictObject({
    digest,
    bytes: z.number().int().positive().max(MAX_PAYLOAD_BYTES),
    parts: z.array(digest).min(1).max(MOST_PARTS),
  }),
});
export type PayloadInput = z.infer<typeof payloadInput>;

/** The same as JSON Schema, in every draft. */
const REFERENCE = (() => {
  const hex = { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' };
  const fields = {
    digest: hex,
    bytes: { type: 'integer', minimum: 1, maximum: MAX_PAYLOAD_BYTES },
    parts: { type: 'array', minItems: 1, maxItems: MOST_PARTS, items: hex },
  };
  const required = Object.keys(fields);
  const inner = { type: 'object', additionalProperties: false, required, properties: fields };
  return {
    type: 'object',
    additionalProperties: false,
    required: ['$payload'],
    properties: { $payload: inner },
  };
})();

/** The properties that may be references. */
export function payloadNames(schema: JsonObject | undefined): string[] {
  const properties = (schema?.['properties'] ?? {}) as Readonly<Record<string, unknown>>;
  return Object.entries(properties).flatMap(([name, property]) =>
    (property as { [MARK]?: unknown } | null)?.[MARK] === true ? [name] : [],
  );
}

/** The schema that a request must fit: each marked property by value or by reference. */
export function allowingPayloads(schema: JsonObject): JsonObject {
  const names = payloadNames(schema);
  if (names.length === 0) return schema;
  const properties = { ...(schema['properties'] as Record<string, unknown>) };
  for (const name of names) properties[name] = { anyOf: [REFERENCE, properties[name]] };
  return { ...schema, properties };
}

/** `writ.<tenant>.api.executor.store`: keeps one part; its digest is the answer. */
export const storeRequest = z.object({ base64: z.base64().max(2 * PAYLOAD_PART_BYTES) });
export const storeReply = z.object({ digest });

/** `writ.<tenant>.api.executor.load`: one part of what is stored under a digest. */
export const loadRequest = z.object({ digest, part: z.number().int().nonnegative() });
export const loadReply = z.object({ base64: z.string(), parts: z.number().int().positive() });
