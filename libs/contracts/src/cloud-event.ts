/**
 * Frames: a commit is one message, a JSON array of CloudEvents 1.0 (batched content mode); a requester may also send
 * one bare event object. Encoding and decoding stand here only, so that every fold sees the same facts in the same
 * bytes. What outsiders write is validated, what is no valid request becomes `request.malformed`, and what our own
 * services wrote (guarded by NATS permissions) is trusted. Decoding is total, except before a later release's events.
 */
import { z } from 'zod';
import type { Fact, Instant, RecordedFact } from './decider.ts';
import { digestOf } from './digest.ts';
import { EVENTS_BY_KIND, EVENT_SCHEMAS } from './events/events.ts';
import { isPlainCompletion } from './events/execution-guard.ts';
import { plainRequest } from './events/request-guard.ts';
import type { ToolRequested } from './events/request.ts';
import { parseFact } from './events/unknown-fields.ts';
import { LATER, VERSIONS } from './events/upcast.ts';
import type { EventVersions } from './events/upcast.ts';
import { WritError } from './errors.ts';
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
  /** Version of `data`; absent: 1. */
  readonly dataversion?: number;
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
    ...VERSIONS.attribute(fact.type),
    data: fact.data,
  };
}

/** One event as JSON text; what `JSON.stringify(cloudEvent(...))` gives, without building the envelope first. */
export function encodeEvent(fact: Fact, id: string, source: string, time: string): string {
  const data = JSON.stringify(fact.data);
  const { dataversion } = VERSIONS.attribute(fact.type);
  const version = dataversion === undefined ? '' : `"dataversion":${dataversion},`;
  return `{"specversion":"1.0","id":"${id}","source":"${source}","type":"${fact.type}","time":"${time}",${version}"data":${data}}`;
}

/** The bytes of a commit. */
export function encodeCommit(events: readonly CloudEvent[]): Uint8Array {
  return ENCODER.encode(JSON.stringify(events));
}

/**
 * Every fact of a stored commit, in order, in its newest version. A subject that is none of ours has no facts.
 * @throws WritError `later-version` when a service wrote a version that this release cannot read: going on without it would
 * be another state than the others have
 */
export function decodeCommit(commit: StoredCommit): RecordedFact[] {
  return decodeVersions(commit, VERSIONS);
}

/** As `decodeCommit`, for other versions of events than those of this release. */
export function decodeVersions(commit: StoredCommit, versions: EventVersions): RecordedFact[] {
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
    const fact = decodeEvent(commit, parts, event, versions);
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

function decodeEvent(
  commit: StoredCommit,
  parts: SubjectParts,
  event: unknown,
  versions: EventVersions,
): RecordedFact | undefined {
  const envelope = event as Partial<CloudEvent> | null;
  const type = envelope?.type;
  if (TRUSTED.has(parts.kind)) {
    const belongs = typeof type === 'string' && EVENTS_BY_KIND[parts.kind].has(type);
    return envelope && belongs ? trusted(commit, parts, envelope, type, versions) : undefined;
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
  const newest = versions.newest(type, envelope.dataversion, envelope.data);
  if (newest === LATER) {
    const detail = `version ${String(envelope.dataversion)} of ${type} is of a later release`;
    return reject(commit, parts, envelope, 'unsupported-type', detail);
  }
  if (type === 'execution.completed' && isPlainCompletion(newest)) {
    return recorded(commit, parts, type as never, newest);
  }
  const plain = type === 'tool.requested' ? plainRequest(newest) : undefined;
  if (plain) return recorded(commit, parts, type as never, asked(plain, envelope));
  const schema = EVENT_SCHEMAS[type as keyof typeof EVENT_SCHEMAS];
  // An agent's unknown field is a mistake worth an answer.
  const parsed = parts.kind === SubjectKind.requests ? schema.safeParse(newest) : parseFact(schema, newest);
  if (!parsed.success) return reject(commit, parts, envelope, 'malformed', z.prettifyError(parsed.error));
  const data = type === 'tool.requested' ? asked(parsed.data as ToolRequested, envelope) : parsed.data;
  return recorded(commit, parts, type as never, data);
}

/** A request with what its envelope says of it. */
function asked(data: ToolRequested, { id = '', traceparent }: Partial<CloudEvent>): ToolRequested {
  const request = data as { step?: string; traceparent?: string };
  request.step ??= isToken(id) ? id : digestOf(id).slice(7, 39);
  if (isTraceparent(traceparent)) request.traceparent ??= traceparent;
  return data;
}

function trusted(
  commit: StoredCommit,
  parts: SubjectParts,
  envelope: Partial<CloudEvent>,
  type: string,
  versions: EventVersions,
): RecordedFact {
  const newest = versions.newest(type, envelope.dataversion, envelope.data);
  if (newest !== LATER) return recorded(commit, parts, type as never, newest);
  const version = String(envelope.dataversion);
  throw new WritError(
    'later-version',
    `${type} at ledger sequence ${commit.seq} is of version ${version}, which this release cannot read: run a later one`,
  );
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
