/**
 * What the scheduler owes to calls that did not end with their first attempt: a question to the tool of one whose end
 * nobody saw, the end of one that a person spoke about, the end of a pause.
 */
import type { Fact, Instant, StopOrder } from '@writ/contracts';
import { freeSlots } from './dispatch.ts';
import { MAX_FACTS_PER_ANSWER } from './limits.ts';
import type { ExecutorSession } from './attempt.ts';
import type { SchedulerState } from './state.ts';
import type { OfferedExecutor } from './attempt.ts';
import type { Call } from './model.ts';

/** Questions to tools, on executors of their pools; on the one that was lost only when there is no other. */
export function enquire(state: SchedulerState, executors: readonly OfferedExecutor[]): Fact[] {
  const facts: Fact[] = [];
  if (state.enquiring.size === 0 || executors.length === 0) return facts;
  const taken = new Map<OfferedExecutor, number>();
  for (const call of inOrder(state.enquiring)) {
    const { tenant, invocation, argsDigest, version, again } = call;
    const fits = executors.filter(
      (one) =>
        one.pool === version?.spec.pool &&
        Object.entries(version.spec.requires?.labels ?? {}).every(([k, v]) => one.labels[k] === v) &&
        freeSlots(state, one) > (taken.get(one) ?? 0),
    );
    const on = fits.find(({ executor }) => executor !== again?.lost?.executor) ?? fits[0];
    if (!on || !argsDigest) continue;
    taken.set(on, (taken.get(on) ?? 0) + 1);
    const { executor, session } = on;
    const data = {
      invocation,
      attempt: call.attempts + 1,
      executor,
      session,
      argsDigest,
      query: true,
    } as const;
    facts.push({ type: 'schedule.dispatched', tenant, data });
  }
  return facts;
}

/** The ends of calls that a person spoke about. */
export function resolve(state: SchedulerState): Fact[] {
  if (state.resolving.size === 0) return [];
  return inOrder(state.resolving).flatMap(({ tenant, invocation, agent, phase, again }): Fact[] => {
    if (phase.status !== 'indeterminate' || !phase.resolution) return [];
    const attempt = again?.lost?.attempt ?? phase.grant.attempt;
    return [{ type: 'schedule.resolved', tenant, data: { invocation, attempt, agent, ...phase.resolution } }];
  });
}

/** Pauses that are over. */
export function resume(state: SchedulerState, now: Instant): Fact[] {
  const facts: Fact[] = [];
  if ((state.pauses.peek()?.again?.resumeMs ?? Infinity) > now) return facts;
  for (const { tenant, invocation, again } of state.pauses.inOrder()) {
    if ((again?.resumeMs ?? Infinity) > now || facts.length === MAX_FACTS_PER_ANSWER) break;
    facts.push({ type: 'schedule.resumed', tenant, data: { invocation } });
  }
  return facts;
}

/** A grant that its executor should end. */
export interface OwedStop extends ExecutorSession {
  readonly stop: StopOrder;
}

/** What executors have to be told until the grants have ended; told twice it changes nothing. */
export function stopsOwed(state: SchedulerState): OwedStop[] {
  if (state.stopping.size === 0) return [];
  return [...state.stopping].flatMap(({ tenant, invocation, phase, cancel }) => {
    if (phase.status !== 'granted') return [];
    const { executor, session, attempt, preempt } = phase.grant;
    const reason = cancel ? cancel.reason : preempt;
    const stop: StopOrder = {
      grant: `${tenant}/${invocation}/${attempt}`,
      cause: cancel ? 'cancelled' : 'preempted',
      ...(reason === undefined ? {} : { reason }),
    };
    return [{ executor, session, stop }];
  });
}

function inOrder(calls: ReadonlySet<Call>): Call[] {
  return [...calls].sort((a, b) => a.arrival - b.arrival).slice(0, MAX_FACTS_PER_ANSWER);
}
