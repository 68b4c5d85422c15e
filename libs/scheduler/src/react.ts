/**
 * What the scheduler owes now, most binding first: circuits turn and losses are declared before anything is granted,
 * and calls that may not run any more leave the queue before it is read. Each answer is of one kind; the host folds it
 * and asks again. Losses and grants depend on the offer, everything else on facts and the time alone.
 */
import type { Fact, Heap, Instant } from '@writ/contracts';
import { announceWrites, closeAlerts } from './alerts.ts';
import type { SentAlert } from './alerts.ts';
import { refuseLapsed } from './approvals.ts';
import { dispatch } from './dispatch.ts';
import { enquire, resolve, resume } from './enquiries.ts';
import { fenceKey, sessionIn } from './executors.ts';
import { MAX_FACTS_PER_ANSWER } from './limits.ts';
import type { ExecutorSession } from './attempt.ts';
import type { SchedulerState, Session } from './state.ts';
import { refuseBroken, turnBreakers } from './turns.ts';
import type { OfferedExecutor } from './attempt.ts';
import type { Call } from './model.ts';

/** What is no fact, but is known to the process that answers the pulls. */
export interface SchedulerOffer {
  /** Executors whose pull is held open now. */
  readonly executors: readonly OfferedExecutor[];
  /** Sessions that were not heard of within their bound. */
  readonly silent: readonly ExecutorSession[];
  /** New sessions: every older one of the same executor has ended. */
  readonly fresh: readonly ExecutorSession[];
  /** Alerts that every webhook took, or that were given up. */
  readonly sent?: readonly SentAlert[];
}

/** Of a process that nobody pulls from. */
export const NO_OFFER: SchedulerOffer = { executors: [], silent: [], fresh: [] };

const ANSWERS: readonly ((state: SchedulerState, now: Instant, offer: SchedulerOffer) => Fact[])[] = [
  turnBreakers,
  announceWrites,
  (state, _now, { sent }) => (sent ? closeAlerts(state, sent) : []),
  declareLost,
  recordIndeterminate,
  resolve,
  plan,
  cancel,
  refuseHopeless,
  refuseLapsed,
  refuseBroken,
  resume,
  (state, _now, offer) => enquire(state, offer.executors),
  (state, now, offer) => dispatch(state, offer.executors, now),
];

export function react(state: SchedulerState, now: Instant, offer: SchedulerOffer): readonly Fact[] {
  for (const answer of ANSWERS) {
    const facts = answer(state, now, offer);
    if (facts.length > 0) return facts;
  }
  return [];
}

/** One fact for each tenant that has a grant there and no fact yet. */
function declareLost(state: SchedulerState, _now: Instant, { silent, fresh }: SchedulerOffer): Fact[] {
  if (silent.length === 0 && fresh.length === 0) return [];
  const facts = new Map<string, Fact>();
  for (const { executor, session } of silent)
    declare(state, sessionIn(state, executor, session), 'silent', facts);
  for (const { executor, session } of fresh) {
    const older = [...(state.sessions.get(executor)?.values() ?? [])].filter(
      (known) => known.session !== session,
    );
    older.sort((a, b) => (a.session < b.session ? -1 : 1));
    for (const old of older) declare(state, old, 'new-session', facts);
  }
  return [...facts.values()];
}

function declare(
  state: SchedulerState,
  lost: Session | undefined,
  reason: 'silent' | 'new-session',
  facts: Map<string, Fact>,
): void {
  if (!lost) return;
  const { executor, session } = lost;
  const tenants = new Set([...lost.grants].map((call) => call.tenant));
  for (const tenant of [...tenants].sort()) {
    const key = fenceKey({ tenant, executor, session });
    if (state.fences.has(key) || facts.has(key) || facts.size === MAX_FACTS_PER_ANSWER) continue;
    facts.set(key, { type: 'executor.lost', tenant, data: { executor, session, reason } });
  }
}

function recordIndeterminate(state: SchedulerState): Fact[] {
  if (state.unrecorded.size === 0) return [];
  const first = [...state.unrecorded].sort((a, b) => a.arrival - b.arrival).slice(0, MAX_FACTS_PER_ANSWER);
  return first.flatMap((call): Fact[] => {
    const { tenant, invocation, agent, phase } = call;
    if (phase.status !== 'indeterminate') return [];
    const { attempt, executor } = phase.grant;
    return [{ type: 'schedule.indeterminate', tenant, data: { invocation, attempt, agent, executor } }];
  });
}

/** One plan in an answer, because a plan can be as large as a commit. */
function plan(state: SchedulerState): Fact[] {
  if (state.unplanned.size === 0) return [];
  const [step] = state.unplanned.values();
  if (!step?.owed) return [];
  const { tenant, agent, id, owed } = step;
  return [{ type: 'schedule.planned', tenant, data: { step: id, agent, ...owed } }];
}

function cancel(state: SchedulerState): Fact[] {
  return firstOf(state.cancelling).map((call): Fact => {
    const { tenant, invocation, agent } = call;
    const reason = call.cancel?.reason;
    const data = { invocation, agent, ...(reason === undefined ? {} : { reason }) };
    return { type: 'invocation.cancelled', tenant, data };
  });
}

/** Calls that would not end by their deadline if they started now. */
function refuseHopeless(state: SchedulerState, now: Instant): Fact[] {
  const facts: Fact[] = [];
  const next = state.deadlines.peek();
  if (!next?.due || next.due.hopelessMs > now) return facts;
  for (const { tenant, invocation, agent, tool, due } of state.deadlines.inOrder()) {
    if (!due || due.hopelessMs > now || facts.length === MAX_FACTS_PER_ANSWER) break;
    const { deadlineMs, hopelessMs } = due;
    const expectedRunMs = Math.round(deadlineMs - hopelessMs);
    const detail =
      deadlineMs <= now
        ? `its deadline passed ${now - deadlineMs} ms ago, before it could be started`
        : `its deadline is in ${deadlineMs - now} ms, and nine of ten runs of "${tool}" take more than ${expectedRunMs} ms`;
    const data = { invocation, agent, reason: 'deadline' as const, detail, deadlineMs, expectedRunMs };
    facts.push({ type: 'schedule.refused', tenant, data });
  }
  return facts;
}

/** The first of the calls that an answer is owed to, as many as fit. */
function firstOf(calls: Heap<Call>): Call[] {
  const first: Call[] = [];
  if (calls.size === 0) return first;
  for (const call of calls.inOrder()) if (first.push(call) === MAX_FACTS_PER_ANSWER) break;
  return first;
}
