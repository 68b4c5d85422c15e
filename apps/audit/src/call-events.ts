/**
 * The events of one call, cut out of commits that carry many: its id is looked for in the bytes, and only the event around
 * it is parsed. What is not written as our services write it, or says nothing of the call, is decoded as a whole.
 */
import { decodeCommit } from '@writ/contracts';
import type { InvocationId, RecordedFact, StoredCommit } from '@writ/contracts';
import { foldRecord, invocationsOf } from '@writ/provenance';
import type { InvocationRecord } from '@writ/provenance';

export interface CallEvents {
  readonly record: InvocationRecord | undefined;
  /** As its request had it. */
  readonly traceparent: string | undefined;
  /** Ids of its events that our services wrote, by the ledger sequence that they stand at. */
  readonly events: ReadonlyMap<number, string>;
}

/** Every event that our services write begins so, and its id follows. */
const EVENT_START = '{"specversion":"1.0"';
const WRITTEN_ID = /^\[?\{"specversion":"1\.0","id":"([^"\\]*)"/;
const LONGEST_START = 300;
const OPEN_BRACKET = 0x5b;

/** `commits`: those that have facts of the call, in order. */
export function callEvents(invocation: InvocationId, commits: readonly StoredCommit[]): CallEvents {
  let record: InvocationRecord | undefined;
  let traceparent: string | undefined;
  const events = new Map<number, string>();
  for (const commit of commits) {
    for (const { fact, nth, id } of factsOf(invocation, commit)) {
      if (fact.type === 'tool.requested') traceparent ??= fact.data.traceparent;
      if (id !== undefined) events.set(commit.seq, id);
      record = foldRecord(record, fact, nth);
    }
  }
  return { record, traceparent, events };
}

export interface OwnFact {
  readonly fact: RecordedFact;
  /** The call's place in the fact. */
  readonly nth: number;
  readonly id: string | undefined;
}

/** What a commit says of the call, without decoding the others' events where it can be told by the bytes. */
export function factsOf(invocation: InvocationId, commit: StoredCommit): readonly OwnFact[] {
  const cut = cutOut(invocation, commit.data).map((data) => ownFacts(invocation, commit, data));
  const wasCutRight = cut.length > 0 && cut.every((facts) => facts.length > 0);
  return wasCutRight ? cut.flat() : ownFacts(invocation, commit, commit.data);
}

function ownFacts(invocation: InvocationId, { seq, at, subject }: StoredCommit, data: Uint8Array): OwnFact[] {
  const facts = decodeCommit({ seq, at, subject, data });
  const own: OwnFact[] = [];
  for (const fact of facts) {
    const nth = invocationsOf(fact).indexOf(invocation);
    if (nth >= 0) own.push({ fact, nth, id: facts.length === 1 ? idOf(data) : undefined });
  }
  return own;
}

/** The id of an event that one of ours wrote. */
function idOf(data: Uint8Array): string | undefined {
  const start = Buffer.from(data.buffer, data.byteOffset, Math.min(data.length, LONGEST_START));
  return WRITTEN_ID.exec(start.toString('latin1'))?.[1];
}

/** The events that the id stands in, each as its own bytes; none when the bytes are not written as ours are. */
function cutOut(invocation: InvocationId, data: Uint8Array): Uint8Array[] {
  if (data[0] !== OPEN_BRACKET) return [];
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const wanted = `"${invocation}"`;
  const pieces: Uint8Array[] = [];
  for (let from = 0; ;) {
    const found = bytes.indexOf(wanted, from, 'latin1');
    if (found < 0) return pieces;
    const start = bytes.lastIndexOf(EVENT_START, found, 'latin1');
    if (start < 0) return [];
    const next = bytes.indexOf(`,${EVENT_START}`, found, 'latin1');
    const end = next < 0 ? bytes.length - 1 : next;
    pieces.push(bytes.subarray(start, end));
    from = end;
  }
}
