/**
 * The trace of one invocation: the few things by which it is found and listed, and the ledger sequences where the rest
 * stands. It agrees with the record that the same facts make (`trace.prop.spec.ts`), and a stored trace goes on as if it
 * had never left memory.
 */
import type { AgentId, Digest, Instant, InvocationId, Outcome, TenantId, Verdict } from '@writ/contracts';
import type { Glimpse } from './glimpse.ts';
import { MAX_FACTS_TRACED } from './limits.ts';
import type { Stage } from './record.ts';
import { addWords } from './words.ts';

/** A request as a trace keeps it. */
export interface AskedTrace {
  readonly at: Instant;
  readonly tool: string | undefined;
  readonly project: string | undefined;
  readonly campaign: string | undefined;
  readonly log: string | undefined;
}

/** Instants are ledger times; undefined is what has not happened in the present life of the id. */
export interface Trace {
  readonly tenant: TenantId;
  readonly invocation: InvocationId;
  readonly agent: AgentId;
  readonly firstSeq: number;
  readonly firstAt: Instant;
  lastSeq: number;
  tool: string | undefined;
  project: string | undefined;
  campaign: string | undefined;
  log: string | undefined;
  argsDigest: Digest | undefined;
  verdict: Verdict | undefined;
  executor: string | undefined;
  attempts: number;
  /** Number of the last grant; undefined while the call waits for the next one. */
  attempt: number | undefined;
  askedAt: Instant | undefined;
  decidedAt: Instant | undefined;
  openedAt: Instant | undefined;
  closedAt: Instant | undefined;
  reservedAt: Instant | undefined;
  dispatchedAt: Instant | undefined;
  startedAt: Instant | undefined;
  endedAt: Instant | undefined;
  outcome: Outcome | undefined;
  indeterminate: boolean;
  repeats: number;
  askedAgain: AskedTrace | undefined;
  /** Finished lives of the same id. */
  earlier: number;
  /** What is held for it, as JSON text of the lines; undefined when nothing is. */
  holds: string | undefined;
  /** What it is found by in a search for words, each once. */
  readonly words: string[];
  /** Ledger sequences of its facts, oldest first; beyond `MAX_FACTS_TRACED` only the last one is kept. */
  readonly facts: number[];
}

/** Where a fact stands. */
export interface Place {
  readonly tenant: TenantId;
  readonly seq: number;
  readonly at: Instant;
}

/** An attempt has ended and its hold is closed: what it used, and what was held, as JSON text. */
export interface Settlement {
  readonly trace: Trace;
  readonly at: Instant;
  readonly holds: string | undefined;
  readonly used: string;
}

/**
 * The trace after one glimpse, updated in place; undefined while nothing that is known begins one. `settled` hears of the
 * attempt that the glimpse ends.
 */
export function foldTrace(
  trace: Trace | undefined,
  place: Place,
  glimpse: Glimpse,
  settled?: (settlement: Settlement) => void,
): Trace | undefined {
  const known = trace ?? begin(place, glimpse);
  if (!known) return undefined;
  if (known.askedAgain !== undefined && beginsNewLife(glimpse)) liveAgain(known, known.askedAgain);
  note(known, place.seq);
  if (glimpse.text !== undefined) addWords(known.words, glimpse.text);
  const { holds } = known;
  step(known, place.at, glimpse);
  if (glimpse.used !== undefined && known.outcome === undefined) {
    settled?.({ trace: known, at: place.at, holds, used: glimpse.used });
    known.holds = undefined;
  }
  if (glimpse.outcome !== undefined && known.outcome === undefined && ends(known, glimpse)) {
    known.outcome = glimpse.outcome;
    known.endedAt = place.at;
    known.holds = undefined;
  }
  return known;
}

/** How far the invocation has come, as `stageOf` says of its record. */
export function stageOfTrace(trace: Trace): Stage {
  if (trace.outcome !== undefined) return trace.outcome;
  if (trace.indeterminate) return 'indeterminate';
  if (trace.attempts > 0 && trace.attempt === undefined) return 'queued';
  if (trace.attempts > 0) return trace.startedAt === undefined ? 'dispatched' : 'running';
  if (trace.verdict === undefined) return 'requested';
  if (trace.verdict === 'require-approval')
    return trace.openedAt === undefined ? 'decided' : 'awaiting-approval';
  return trace.reservedAt === undefined ? 'decided' : 'queued';
}

function begin({ tenant, seq, at }: Place, { type, invocation, agent, rejects }: Glimpse): Trace | undefined {
  if (agent === undefined) return undefined;
  if (type !== 'tool.requested' && type !== 'policy.decided' && (rejects ?? 'repeat') === 'repeat')
    return undefined;
  return {
    tenant,
    invocation,
    agent,
    firstSeq: seq,
    firstAt: at,
    lastSeq: seq,
    tool: undefined,
    project: undefined,
    campaign: undefined,
    log: undefined,
    argsDigest: undefined,
    verdict: undefined,
    executor: undefined,
    attempts: 0,
    attempt: undefined,
    askedAt: undefined,
    decidedAt: undefined,
    openedAt: undefined,
    closedAt: undefined,
    reservedAt: undefined,
    dispatchedAt: undefined,
    startedAt: undefined,
    endedAt: undefined,
    outcome: undefined,
    indeterminate: false,
    repeats: 0,
    askedAgain: undefined,
    earlier: 0,
    holds: undefined,
    words: [],
    facts: [],
  };
}

function note(trace: Trace, seq: number): void {
  trace.lastSeq = seq;
  const { facts } = trace;
  if (facts.at(-1) === seq) return;
  if (facts.length === MAX_FACTS_TRACED) facts.pop();
  facts.push(seq);
}

function beginsNewLife({ type, outcome }: Glimpse): boolean {
  return type === 'policy.decided' || (type === 'request.rejected' && outcome !== undefined);
}

function liveAgain(trace: Trace, asked: AskedTrace): void {
  trace.earlier += 1;
  ask(trace, asked);
  trace.argsDigest = trace.verdict = trace.executor = trace.attempt = undefined;
  trace.outcome = trace.askedAgain = trace.holds = undefined;
  trace.decidedAt = trace.openedAt = trace.closedAt = trace.reservedAt = undefined;
  trace.dispatchedAt = trace.startedAt = trace.endedAt = undefined;
  trace.attempts = trace.repeats = 0;
  trace.indeterminate = false;
}

function step(trace: Trace, at: Instant, glimpse: Glimpse): void {
  switch (glimpse.type) {
    case 'tool.requested': {
      const { tool, project, campaign, log } = glimpse;
      const { askedAt, verdict, outcome } = trace;
      if (askedAt === undefined && verdict === undefined && outcome === undefined)
        return ask(trace, { at, tool, project, campaign, log });
      trace.repeats += 1;
      if (outcome !== undefined) trace.askedAgain = { at, tool, project, campaign, log };
      return;
    }
    case 'policy.decided':
      return decide(trace, at, glimpse);
    case 'approval.opened':
      trace.openedAt ??= at;
      return;
    case 'approval.granted':
    case 'approval.denied':
    case 'approval.expired':
      if (trace.openedAt !== undefined) trace.closedAt ??= at;
      return;
    case 'budget.reserved':
      trace.reservedAt ??= at;
      if (trace.outcome === undefined) trace.holds = glimpse.holds;
      return;
    case 'budget.released':
      trace.holds = undefined;
      return;
    case 'schedule.dispatched':
      trace.attempts += 1;
      trace.attempt = glimpse.attempt;
      trace.executor = glimpse.executor;
      trace.dispatchedAt = at;
      trace.startedAt = undefined;
      return;
    case 'execution.started':
      if (trace.attempts > 0 && trace.attempt === glimpse.attempt) trace.startedAt = at;
      return;
    case 'execution.attempted':
    case 'execution.returned':
    case 'execution.queried':
      if (glimpse.attemptEnd === 'not-done') trace.indeterminate = false;
      if (trace.attempt === glimpse.attempt) trace.attempt = undefined;
      return;
    case 'schedule.indeterminate':
      trace.indeterminate = true;
      return;
    default:
      return;
  }
}

function ask(trace: Trace, { at, tool, project, campaign, log }: AskedTrace): void {
  trace.askedAt = at;
  trace.tool = tool;
  trace.project = project;
  trace.campaign = campaign;
  trace.log = log;
}

function decide(trace: Trace, at: Instant, glimpse: Glimpse): void {
  if (trace.outcome !== undefined) return;
  if (trace.askedAt === undefined && trace.decidedAt === undefined) {
    trace.tool = glimpse.tool;
    trace.project = glimpse.project;
    trace.campaign = glimpse.campaign;
  }
  trace.decidedAt ??= at;
  trace.verdict = glimpse.verdict;
  trace.argsDigest = glimpse.argsDigest;
}

/** As `endsRecord` says: a rejection ends what was neither decided nor, when nobody could read it, asked for. */
function ends(trace: Trace, { rejects }: Glimpse): boolean {
  if (rejects === undefined) return true;
  return trace.verdict === undefined && (trace.askedAt === undefined || rejects === 'call');
}
