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
  readonly glimpses: Glimpse[];
  /** For each glimpse, where the bytes begin and end that it was read from: its event, or the whole commit. */
  readonly bounds: number[];
  readonly noted: NotedFact[];
  readonly breakers: BreakerEvent[];
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
  const sightings: Sightings = { place, commit, glimpses: [], bounds: [], noted: [], breakers: [] };
  if (parts.kind === SubjectKind.catalog) return sightings;
  if (SCANNED.has(parts.kind) && scanned(commit, parts, sightings)) return sightings;
  sightings.glimpses.length = sightings.bounds.length = 0;
  sightings.noted.length = sightings.breakers.length = 0;
  add(decodeCommit(commit), sightings, 0, commit.data.length);
  return sightings;
}

/** False when the bytes are not as our services write them; then nothing that was added counts. */
function scanned(commit: StoredCommit, { kind, origin }: SubjectParts, sightings: Sightings): boolean {
  const { seq, at, subject } = commit;
  scan.open(commit.data, kind);
  while (scan.next()) {
    const plain = plainGlimpses(scan, kind, origin);
    if (plain) addGlimpses(plain, sightings, scan.from, scan.to);
    // A commit that is no JSON as a whole says nothing, so one odd event of an outsider makes it be decoded as a whole.
    else if (!OWN.has(kind)) return false;
    else add(decodeCommit({ seq, at, subject, data: scan.event }), sightings, scan.from, scan.to);
  }
  return scan.done;
}

function add(facts: readonly RecordedFact[], sightings: Sightings, from: number, to: number): void {
  for (const fact of facts) {
    addGlimpses(glimpsesOf(fact), sightings, from, to);
    const note = notedFact(fact);
    if (note) sightings.noted.push(note);
    const breaker = breakerEvent(fact);
    if (breaker) sightings.breakers.push(breaker);
  }
}

function addGlimpses(
  seen: readonly Glimpse[],
  { glimpses, bounds }: Sightings,
  from: number,
  to: number,
): void {
  for (const glimpse of seen) {
    glimpses.push(glimpse);
    bounds.push(from, to);
  }
}
