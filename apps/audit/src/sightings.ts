/**
 * What one commit says: a glimpse of each invocation, facts that are noted by themselves, and breaker transitions. The facts that every call has are read by
 * `EventScan` where services wrote them; everything else is decoded in full. Both ways see the same (`sightings.prop.spec.ts`).
 */
import { SubjectKind, decodeCommit, parseSubject } from '@writ/contracts';
import type { RecordedFact, StoredCommit, SubjectParts } from '@writ/contracts';
import { breakerEvent, glimpsesOf, notedFact } from '@writ/provenance';
import type { BreakerEvent, Glimpse, NotedFact, Place } from '@writ/provenance';
import { EventScan } from './event-scan.ts';
import { plainGlimpses } from './plain-glimpses.ts';

export interface Sightings {
  readonly place: Place;
  readonly commit: StoredCommit;
  readonly glimpses: readonly Glimpse[];
  /** For each glimpse, where the bytes begin and end that it was read from: its event, or the whole commit. */
  readonly bounds: readonly number[];
  readonly noted: readonly NotedFact[];
  readonly breakers: readonly BreakerEvent[];
}

/** Kinds that our own services write, as compact JSON. */
const OWN: ReadonlySet<SubjectKind> = new Set([
  SubjectKind.decisions,
  SubjectKind.budget,
  SubjectKind.schedule,
]);

/** Kinds that are scanned: theirs, and what agents and executors write as our own SDK and executor do. */
const SCANNED: ReadonlySet<SubjectKind> = new Set([...OWN, SubjectKind.requests, SubjectKind.executions]);

const scan = new EventScan();

/** Undefined for a subject that is none of ours; nothing is read of the catalog, which is about no invocation. */
export function sightingsOf(commit: StoredCommit): Sightings | undefined {
  const parts = parseSubject(commit.subject);
  if (!parts) return undefined;
  const place = { tenant: parts.tenant, seq: commit.seq, at: commit.at };
  const seen = new Seen(place, commit);
  if (parts.kind === SubjectKind.catalog || (SCANNED.has(parts.kind) && scanned(seen, parts))) return seen;
  const whole = new Seen(place, commit);
  for (const fact of decodeCommit(commit)) whole.addFact(fact, 0, commit.data.length);
  return whole;
}

/** False when the bytes are not as our services write them; then nothing that was seen counts. */
function scanned(seen: Seen, { kind, origin }: SubjectParts): boolean {
  const { seq, at, subject, data } = seen.commit;
  scan.open(data, kind);
  while (scan.next()) {
    const plain = plainGlimpses(scan, kind, origin);
    if (plain) seen.add(plain, scan.from, scan.to);
    // A commit that is no JSON as a whole says nothing, so one odd event of an outsider makes it be decoded as a whole.
    else if (!OWN.has(kind)) return false;
    else {
      for (const fact of decodeCommit({ seq, at, subject, data: scan.event }))
        seen.addFact(fact, scan.from, scan.to);
    }
  }
  return scan.done;
}

/** Stands for every list in which nothing is yet: most commits are the request of one call and need one of the four. */
const NOTHING: never[] = [];

class Seen implements Sightings {
  readonly place: Place;
  readonly commit: StoredCommit;
  glimpses: Glimpse[] = NOTHING;
  bounds: number[] = NOTHING;
  noted: readonly NotedFact[] = NOTHING;
  breakers: readonly BreakerEvent[] = NOTHING;

  constructor(place: Place, commit: StoredCommit) {
    this.place = place;
    this.commit = commit;
  }

  /** The list becomes its own. */
  add(glimpses: Glimpse[], from: number, to: number): void {
    if (glimpses.length === 0) return;
    if (this.glimpses.length > 0) this.glimpses.push(...glimpses);
    else this.glimpses = glimpses;
    if (this.bounds.length === 0) this.bounds = [from, to];
    while (this.bounds.length < 2 * this.glimpses.length) this.bounds.push(from, to);
  }

  addFact(fact: RecordedFact, from: number, to: number): void {
    this.add(glimpsesOf(fact), from, to);
    const note = notedFact(fact);
    if (note) this.noted = [...this.noted, note];
    const breaker = breakerEvent(fact);
    if (breaker) this.breakers = [...this.breakers, breaker];
  }
}
