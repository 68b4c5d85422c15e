/**
 * Events as they stand in the ledger, each in its own CloudEvents 1.0 envelope with its place added: `subject` (the ledger
 * subject), `sequence` and `recordedtime` (both documented extensions). Agents may send anything; what is no CloudEvent
 * is told as one of type `ledger.raw` that carries its bytes, so that an export is valid and loses nothing.
 */
import type { StoredCommit } from '@writ/contracts';

export type ExportedEvent = Readonly<Record<string, unknown>>;

export interface ExportedFact {
  readonly event: ExportedEvent;
  readonly about: readonly string[];
}

const DECODER = new TextDecoder();
const NAME = /^[a-z0-9]+$/;
const URI_CHARACTERS = "(?:[\\w\\-.~:/?@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*";
const AFTER_SCHEME = `(?:\\/\\/(?:[\\w.~-]+@)?[\\w.~-]*(?::\\d*)?(?=[/?#]|$)|(?!\\/\\/))${URI_CHARACTERS}(?:#${URI_CHARACTERS})?$`;
const SCHEME = '[A-Za-z][A-Za-z0-9+.-]*:';
const URI = new RegExp(`^${SCHEME}${AFTER_SCHEME}`);
/** Without a scheme, the first segment has no colon. */
const URI_REFERENCE = new RegExp(`^(?:${SCHEME}|(?![^/?#]*:))${AFTER_SCHEME}`);
const TIME =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;.*)?$/;
/** CloudEvents has integers of 32 bits and no other numbers. */
const MOST = 2 ** 31 - 1;

/** The events of a commit in order, each with the invocations that it says it is about. */
export function exportedEvents(commit: StoredCommit): ExportedFact[] {
  const { seq, at, subject } = commit;
  const place = {
    subject,
    sequence: String(seq).padStart(16, '0'),
    recordedtime: new Date(at).toISOString(),
  };
  const raw = (bytes: Uint8Array, nth: number): ExportedEvent => ({
    specversion: '1.0',
    id: `${seq}.${nth}`,
    source: 'writ/ledger',
    type: 'ledger.raw',
    datacontenttype: 'application/octet-stream',
    ...place,
    data_base64: base64(bytes),
  });
  const value = parsed(commit.data);
  if (value === undefined) return [{ event: raw(commit.data, 0), about: [] }];
  return (Array.isArray(value) ? value : [value]).map((said: unknown, nth) => {
    const set = withoutUnset(said);
    const event = isCloudEvent(set) ? { ...set, ...place } : raw(bytesOf(said), nth);
    return { event, about: invocationsNamed(said) };
  });
}

/** An attribute that is null is one that is not there. */
function withoutUnset(event: unknown): unknown {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return event;
  const entries = Object.entries(event);
  const set = entries.filter(([name, value]) => value !== null || name === 'data');
  return set.length === entries.length ? event : Object.fromEntries(set);
}

/** The invocations that an event says it is about, in its own order; none for what does not say so. */
function invocationsNamed(event: unknown): readonly string[] {
  const { data } = (event ?? {}) as { readonly data?: Readonly<Record<string, unknown>> | null };
  if (typeof data !== 'object' || data === null) return [];
  const { invocation, calls, waves } = data;
  if (typeof invocation === 'string') return [invocation];
  if (Array.isArray(calls))
    return textsOf(calls.map((call) => (call as { invocation?: unknown } | null)?.invocation));
  if (Array.isArray(waves))
    return textsOf(waves.flatMap((wave) => (wave as { calls?: unknown } | null)?.calls));
  return [];
}

function textsOf(values: readonly unknown[]): string[] {
  return values.filter((value) => typeof value === 'string');
}

/** Whether it has every attribute that it must, and only attributes that it may have. */
function isCloudEvent(event: unknown): event is ExportedEvent {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return false;
  const {
    specversion,
    id,
    source,
    type,
    data_base64: encoded,
    ...others
  } = event as Readonly<Record<string, unknown>>;
  return (
    specversion === '1.0' &&
    isFilled(id) &&
    isFilled(type) &&
    isFilled(source) &&
    URI_REFERENCE.test(source) &&
    encoded === undefined &&
    Object.entries(others).every(([name, value]) => name === 'data' || isAttribute(name, value))
  );
}

function isAttribute(name: string, value: unknown): boolean {
  if (!NAME.test(name)) return false;
  switch (name) {
    case 'time':
      return isFilled(value) && TIME.test(value) && isDay(value.slice(0, 10));
    case 'dataschema':
      return isFilled(value) && URI.test(value);
    case 'datacontenttype':
      return isFilled(value) && MEDIA_TYPE.test(value);
    case 'subject':
      return isFilled(value);
    default:
      return (
        typeof value === 'string' ||
        typeof value === 'boolean' ||
        (Number.isInteger(value) && Math.abs(value as number) <= MOST)
      );
  }
}

/** Whether the month has such a day: `Date` would take the 30th of February for a day of March. */
function isDay(day: string): boolean {
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function parsed(data: Uint8Array): unknown {
  try {
    return JSON.parse(DECODER.decode(data));
  } catch {
    return undefined;
  }
}

function bytesOf(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function base64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
