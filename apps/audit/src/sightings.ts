/**
 * What one commit says: a glimpse of each invocation, and breaker transitions. The facts that every call has are read by
 * `EventScan` where services wrote them; everything else is decoded in full. Both ways see the same (`sightings.prop.spec.ts`).
 */
import {
  EVENTS_BY_KIND,
  RunOutcome,
  SubjectKind,
  Verdict,
  decodeCommit,
  isToken,
  parseSubject,
} from '@writ/contracts';
import type { AgentId, Digest, ExecutorId, InvocationId, RecordedFact, StoredCommit } from '@writ/contracts';
import { breakerEvent, glimpsesOf } from '@writ/provenance';
import type { BreakerEvent, Glimpse, Place } from '@writ/provenance';
import { EventScan } from './event-scan.ts';

export interface Sightings {
  readonly place: Place;
  readonly glimpses: readonly Glimpse[];
  readonly breakers: readonly BreakerEvent[];
}

/** Kinds that our own services write, as compact JSON. */
const SCANNED: ReadonlySet<SubjectKind> = new Set([
  SubjectKind.decisions,
  SubjectKind.budget,
  SubjectKind.schedule,
  SubjectKind.executions,
]);

const RUN_OUTCOMES: ReadonlySet<unknown> = new Set(Object.values(RunOutcome));
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const USAGE = /^\{(?:"[a-z][a-z0-9-]{0,31}":"\d{1,15}"(?:,(?!\}))?)*\}$/;

const scan = new EventScan();

/** Undefined for a subject that is none of ours; nothing is read of the catalog, which is about no invocation. */
export function sightingsOf(commit: StoredCommit): Sightings | undefined {
  const parts = parseSubject(commit.subject);
  if (!parts) return undefined;
  const glimpses: Glimpse[] = [];
  const breakers: BreakerEvent[] = [];
  const sightings = { place: { tenant: parts.tenant, seq: commit.seq, at: commit.at }, glimpses, breakers };
  if (parts.kind === SubjectKind.catalog) return sightings;
  if (SCANNED.has(parts.kind) && scanned(commit, parts.kind, glimpses, breakers)) return sightings;
  glimpses.length = breakers.length = 0;
  add(decodeCommit(commit), glimpses, breakers);
  return sightings;
}

/** False when the bytes are not as our services write them; then nothing that was added counts. */
function scanned(
  commit: StoredCommit,
  kind: SubjectKind,
  glimpses: Glimpse[],
  breakers: BreakerEvent[],
): boolean {
  const { seq, at, subject } = commit;
  scan.open(commit.data);
  while (scan.next()) {
    const glimpse = plainGlimpse(kind);
    if (glimpse) glimpses.push(glimpse);
    // A commit that is no JSON as a whole says nothing, so one odd event of an executor makes it be decoded as a whole.
    else if (kind === SubjectKind.executions) return false;
    else add(decodeCommit({ seq, at, subject, data: scan.event }), glimpses, breakers);
  }
  return scan.done;
}

/** The glimpse of one of the facts that every call has, when it looks as it nearly always does. */
function plainGlimpse(kind: SubjectKind): Glimpse | undefined {
  const type = scan.text('type') as Glimpse['type'] | undefined;
  if (type === 'execution.completed') return plainCompletion(kind);
  if (type !== 'policy.decided' && type !== 'budget.reserved' && type !== 'schedule.dispatched')
    return undefined;
  if (!EVENTS_BY_KIND[kind].has(type) || !scan.openData()) return undefined;
  const invocation = scan.text('invocation');
  if (invocation === undefined || !isToken(invocation)) return undefined;
  const decided = type === 'policy.decided';
  const verdict = decided ? scan.text('verdict') : undefined;
  if (decided && verdict !== Verdict.allow) return undefined;
  const attempt = scan.count('attempt');
  if (type === 'schedule.dispatched' && attempt === undefined) return undefined;
  return {
    type,
    invocation: invocation as InvocationId,
    agent: decided ? (scan.text('agent') as AgentId) : undefined,
    tool: decided ? scan.text('tool') : undefined,
    project: decided ? scan.text('project') : undefined,
    campaign: decided ? scan.text('campaign') : undefined,
    log: undefined,
    verdict: verdict as Verdict | undefined,
    argsDigest: decided ? (scan.text('argsDigest') as Digest) : undefined,
    executor: decided ? undefined : (scan.text('executor') as ExecutorId),
    attempt,
    outcome: undefined,
    rejects: undefined,
  };
}

/** An executor's word is checked (as its schema does), not trusted; what is not plainly right is left to the schema. */
function plainCompletion(kind: SubjectKind): Glimpse | undefined {
  if (kind !== SubjectKind.executions || scan.text('specversion') !== '1.0' || !scan.text('id'))
    return undefined;
  if (scan.text('source') === undefined || (scan.has('time') && scan.text('time') === undefined))
    return undefined;
  if (!scan.openData() || !scan.familiar || scan.has('error') || scan.has('outputRef')) return undefined;
  const invocation = scan.text('invocation') ?? '';
  const outcome = scan.text('outcome');
  const plain =
    isToken(invocation) &&
    isToken(scan.text('agent') ?? '') &&
    isToken(scan.text('executor') ?? '') &&
    isToken(scan.text('session') ?? '') &&
    (scan.count('attempt') ?? 0) > 0 &&
    RUN_OUTCOMES.has(outcome) &&
    DIGEST.test(scan.text('argsDigest') ?? '') &&
    (!scan.has('outputDigest') || DIGEST.test(scan.text('outputDigest') ?? '')) &&
    scan.count('startedAtMs') !== undefined &&
    scan.count('endedAtMs') !== undefined &&
    USAGE.test(scan.json('usage') ?? '') &&
    (!scan.has('output') || isJson(scan.json('output') ?? ''));
  if (!plain) return undefined;
  return {
    type: 'execution.completed',
    invocation: invocation as InvocationId,
    agent: undefined,
    tool: undefined,
    project: undefined,
    campaign: undefined,
    log: undefined,
    verdict: undefined,
    argsDigest: undefined,
    executor: undefined,
    attempt: undefined,
    outcome: outcome as Glimpse['outcome'],
    rejects: undefined,
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function add(facts: readonly RecordedFact[], glimpses: Glimpse[], breakers: BreakerEvent[]): void {
  for (const fact of facts) {
    for (const glimpse of glimpsesOf(fact)) glimpses.push(glimpse);
    const breaker = breakerEvent(fact);
    if (breaker) breakers.push(breaker);
  }
}
