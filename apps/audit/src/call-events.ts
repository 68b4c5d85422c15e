/**
 * The events of one call, cut out of commits that carry many: its id is looked for in the bytes, and only the event around
 * it is parsed. What is not written as our services write it is decoded as a whole.
 */
import { decodeCommit } from '@writ/contracts';
import type { CloudEvent, InvocationId, RecordedFact, StoredCommit } from '@writ/contracts';
import { foldRecord, invocationsOf } from '@writ/provenance';
import type { InvocationRecord } from '@writ/provenance';

export interface CallEvents {
  readonly record: InvocationRecord | undefined;
  /** As its request had it. */
  readonly traceparent: string | undefined;
  /** Ids of its events, by the ledger sequence that they stand at. */
  readonly events: ReadonlyMap<number, string>;
}

/** Every event that our services write begins so. */
const EVENT_START = '{"specversion":"1.0"';
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

interface OwnFact {
  readonly fact: RecordedFact;
  /** The call's place in the fact. */
  readonly nth: number;
  readonly id: string | undefined;
}

function factsOf(invocation: InvocationId, commit: StoredCommit): readonly OwnFact[] {
  const cut = cutOut(invocation, commit.data);
  const own = cut && ownFacts(invocation, commit, cut);
  return own && own.length > 0 ? own : ownFacts(invocation, commit, [commit.data]);
}

function ownFacts(
  invocation: InvocationId,
  { seq, at, subject }: StoredCommit,
  pieces: readonly Uint8Array[],
): OwnFact[] {
  return pieces.flatMap((data) => {
    const facts = decodeCommit({ seq, at, subject, data });
    const ids = facts.length > 0 ? idsIn(data) : [];
    return facts.flatMap((fact, index) => {
      const nth = invocationsOf(fact).indexOf(invocation);
      // A piece that was read in part only does not say which id is whose.
      return nth < 0 ? [] : [{ fact, nth, id: ids.length === facts.length ? ids[index] : undefined }];
    });
  });
}

function idsIn(data: Uint8Array): (string | undefined)[] {
  const value = JSON.parse(Buffer.from(data).toString()) as CloudEvent | readonly CloudEvent[];
  return (Array.isArray(value) ? (value as readonly CloudEvent[]) : [value as CloudEvent]).map(
    ({ id }) => id,
  );
}

/** The events that the id stands in, each as its own bytes; undefined when the bytes are not written as ours are. */
function cutOut(invocation: InvocationId, data: Uint8Array): Uint8Array[] | undefined {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (bytes[0] !== OPEN_BRACKET) return undefined;
  const wanted = `"${invocation}"`;
  const pieces: Uint8Array[] = [];
  for (let from = 0; ;) {
    const found = bytes.indexOf(wanted, from, 'latin1');
    if (found < 0) return pieces;
    const start = bytes.lastIndexOf(EVENT_START, found, 'latin1');
    if (start < 0) return undefined;
    const next = bytes.indexOf(`,${EVENT_START}`, found, 'latin1');
    const end = next < 0 ? bytes.length - 1 : next;
    const piece = bytes.subarray(start, end);
    if (!isJson(piece)) return undefined;
    pieces.push(piece);
    from = end;
  }
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    return false;
  }
}
