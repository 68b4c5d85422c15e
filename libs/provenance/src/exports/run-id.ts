/**
 * UUIDs for formats that want one: an id that is a UUID stays itself, any other name gets one of version 8 (RFC 9562) made of
 * its digest, so that whoever exports it, and how often, names it the same.
 */
import { digestOf } from '@writ/contracts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** `life`: 0 for the first call of this id, which nearly always is the only one. */
export function invocationRunId(tenant: string, invocation: string, life = 0): string {
  if (life > 0) return uuidOf('invocation', tenant, invocation, String(life));
  return UUID.test(invocation) ? invocation : uuidOf('invocation', tenant, invocation);
}

export function uuidOf(...names: readonly string[]): string {
  const hex = digestOf(names).slice('sha256:'.length);
  const variant = ((Number.parseInt(hex[16] as string, 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
