/**
 * Frames: a commit is one message, a JSON array of CloudEvents 1.0 (batched content mode); a requester may also send
 * one bare event object. Encoding and decoding stand here only, so that every fold sees the same facts in the same
 * bytes. Decoding is total: what outsiders write is validated, what is no valid request becomes `request.malformed`,
 * and what our own services wrote (guarded by NATS permissions) is trusted.
 */
import { z } from 'zod';
import type { Fact, Instant, RecordedFact } from './decider.ts';
import { digestOf } from './digest.ts';
import { EVENTS_BY_KIND, EVENT_SCHEMAS } from './events/events.ts';
import { isPlainCompletion } from './events/execution-guard.ts';
import { MAX_COMMIT_BYTES, MAX_EVENTS_PER_COMMIT } from './limits.ts';
import { isToken } from './ids.ts';
import { SubjectKind, parseSubject } from './subjects.ts';
import type { SubjectParts } from './subjects.ts';
import { isTraceparent } from './trace-context.ts';

/** CloudEvents 1.0 with the extensions that Writ uses. `data` is the fact. */
export interface CloudEvent {
  readonly specversion: '1.0';
  readonly id: string;
  /** `writ/<service>` for a service, `writ/agent/<agent>` for the SDK; anything for other clients. */
  readonly source: string;
  readonly type: string;
  /** RFC 3339; informative, ledger time decides. */
  readonly time?: string;
  readonly datacontenttype?: string;
  readonly traceparent?: string;
  readonly tracestate?: string;
  readonly correlationid?: string;
  readonly causationid?: string;
  readonly data: unknown;
}

/** A stored message as any ledger hands it to a fold. */
export interface StoredCommit {
  readonly seq: number;
  readonly subject: string;
  /** The server's timestamp, epoch milliseconds. */
  readonly at: Instant;
  readonly data: Uint8Array;
}

export const BATCH_CONTENT_TYPE = 'application/cloudevents-batch+json';

const DECODER = new TextDecoder('utf-8', { fatal: true });
const ENCODER = new TextEncoder();

/** A fact in its envelope. */
export function cloudEvent(fact: Fact, id: string, source: string, at: Instant): CloudEvent {
  return {
    specversion: '1.0',
    id,
    source,
    type: fact.type,
    time: new Date(at).toISOString(),
    data: fact.data,
  };
}

/** One event as JSON text; what `JSON.stringify(cloudEvent(...))` gives, without building the envelope first. */
export function encodeEvent(fact: Fact, id: string, source: string, time: string): string {
  const data = JSON.stringify(fact.data);
  return `{"specversion":"1.0","id":"${id}","source":"${source}","type":"${fact.type}","time":"${time}","data":${data}}`;
}

/** The bytes of a commit. */
export function encodeCommit(events: readonly CloudEvent[]): Uint8Array {
  return ENCODER.encode(JSON.stringify(events));
}

/** Every fact of a stored commit, in order. Never throws; a subject that is none of ours has no facts. */
export function decodeCommit(commit: StoredCommit): RecordedFact[] {
  const parts = parseSubject(commit.subject);
  if (!parts) return [];
  const untrusted = parts.kind === SubjectKind.requests;
  if (untrusted && commit.data.length > MAX_COMMIT_BYTES) {
    return [
      malformed(
        commit,
        parts,
        {},
        'too-large',
        `the message has ${commit.data.length} bytes; at most ${MAX_COMMIT_BYTES} are read`,
      ),
    ];
  }
  let value: unknown;
  try {
    value = JSON.parse(DECODER.decode(commit.data));
  } catch (error) {
    return untrusted
      ? [malformed(commit, parts, {}, 'malformed', `not UTF-8 JSON: ${(error as Error).message}`)]
      : [];
  }
  const events = Array.isArray(value) ? value : [value];
  if (untrusted && events.length > MAX_EVENTS_PER_COMMIT) {
    return [
      malformed(
        commit,
        parts,
        {},
        'too-large',
        `the message has ${events.length} events; at most ${MAX_EVENTS_PER_COMMIT} are read`,
      ),
    ];
  }
  const facts: RecordedFact[] = [];
  for (const event of events) {
    const fact = decodeEvent(commit, parts, event);
    if (fact) facts.push(fact);
  }
  return facts;
}

/** Kinds whose writers are our own services: parsed, not validated again. */
const TRUSTED: ReadonlySet<SubjectKind> = new Set([
  SubjectKind.decisions,
  SubjectKind.budget,
  SubjectKind.schedule,
  SubjectKind.flows,
]);

function decodeEvent(commit: StoredCommit, parts: SubjectParts, event: unknown): RecordedFact | undefined {
  const envelope = event as Partial<CloudEvent> | null;
  const type = envelope?.type;
  if (TRUSTED.has(parts.kind)) {
    const belongs = typeof type === 'string' && EVENTS_BY_KIND[parts.kind].has(type);
    return belongs ? recorded(commit, parts, type as never, envelope?.data) : undefined;
  }
  if (typeof envelope !== 'object' || envelope === null || typeof type !== 'string') {
    return reject(
      commit,
      parts,
      {},
      'malformed',
      'an event is a JSON object with specversion, id, source, type and data',
    );
  }
  if (!EVENTS_BY_KIND[parts.kind].has(type)) {
    const known = [...EVENTS_BY_KIND[parts.kind]].join(', ');
    return reject(
      commit,
      parts,
      envelope,
      'unsupported-type',
      `type "${type}" does not belong here; known: ${known}`,
    );
  }
  if (envelope.specversion !== '1.0' || typeof envelope.id !== 'string' || envelope.id === '') {
    return reject(
      commit,
      parts,
      envelope,
      'malformed',
      'a CloudEvents 1.0 event has specversion "1.0" and a non-empty id',
    );
  }
  if (type === 'execution.completed' && isPlainCompletion(envelope.data)) {
    return recorded(commit, parts, type as never, envelope.data);
  }
  const parsed = EVENT_SCHEMAS[type as keyof typeof EVENT_SCHEMAS].safeParse(envelope.data);
  if (!parsed.success) return reject(commit, parts, envelope, 'malformed', z.prettifyError(parsed.error));
  const data = parsed.data as { step?: string; traceparent?: string };
  if (type === 'tool.requested') {
    data.step ??= isToken(envelope.id) ? envelope.id : digestOf(envelope.id).slice(7, 39);
    if (isTraceparent(envelope.traceparent)) data.traceparent ??= envelope.traceparent;
  }
  return recorded(commit, parts, type as never, data);
}

function recorded(commit: StoredCommit, parts: SubjectParts, type: never, data: unknown): RecordedFact {
  return {
    type,
    tenant: parts.tenant,
    origin: parts.origin,
    seq: commit.seq,
    at: commit.at,
    data: data as never,
  };
}

type Rejection = RecordedFact<'request.malformed'>['data']['reason'];

/** What an agent got wrong is answered; what anyone else got wrong is not believed. */
function reject(
  commit: StoredCommit,
  parts: SubjectParts,
  envelope: Partial<CloudEvent>,
  reason: Rejection,
  detail: string,
): RecordedFact | undefined {
  return parts.kind === SubjectKind.requests ? malformed(commit, parts, envelope, reason, detail) : undefined;
}

function malformed(
  commit: StoredCommit,
  parts: SubjectParts,
  envelope: Partial<CloudEvent>,
  reason: Rejection,
  detail: string,
): RecordedFact {
  const invocation = firstInvocation(envelope.data);
  const data = {
    reason,
    detail: detail.slice(0, 2_000),
    ...(typeof envelope.id === 'string' ? { event: envelope.id.slice(0, 256) } : {}),
    ...(invocation === undefined ? {} : { invocation }),
  };
  return recorded(commit, parts, 'request.malformed' as never, data);
}

/** The invocation that a broken request most likely meant, so that its sender can match the answer. */
function firstInvocation(data: unknown): string | undefined {
  const named = data as { invocation?: unknown; calls?: { invocation?: unknown }[] } | undefined | null;
  const id = named?.invocation ?? (Array.isArray(named?.calls) ? named.calls[0]?.invocation : undefined);
  return typeof id === 'string' && isToken(id) ? id : undefined;
}
