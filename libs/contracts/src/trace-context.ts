/** W3C trace context (https://www.w3.org/TR/trace-context): how an agent's trace and what becomes of its calls are one. */
import { z } from 'zod';

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** `00-<trace id>-<span id>-<flags>`, lower-case hexadecimal; the last bit of the flags: it is sampled. */
export const traceparent = z.string().regex(TRACEPARENT, 'must be a W3C traceparent of version 00');

export function isTraceparent(value: unknown): value is string {
  return typeof value === 'string' && TRACEPARENT.test(value);
}

/** Whether who sent it records its own spans. */
export function isSampled(parent: string): boolean {
  return (Number.parseInt(parent.slice(-2), 16) & 1) === 1;
}
