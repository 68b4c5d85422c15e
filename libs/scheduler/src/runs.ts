/**
 * The folds of a call's time with an executor: grant, start, end, loss. A grant is closed exactly once, by the facts
 * of its own attempt and session; executors are known by their credential (`origin`), not by what a body says.
 */
import { RunOutcome } from '@writ/contracts';
import type { ExecutorId, Instant, RecordedFact } from '@writ/contracts';
import { charge, weigh } from './accounts.ts';
import { noteWrites } from './alerts.ts';
import { breakerKey, isProbing, record } from './breaker.ts';
import type { Breaker } from './breaker.ts';
import { review } from './circuits.ts';
import { fenceKey, forgetSession, mayRunAgain, sessionIn } from './executors.ts';
import { callOf, clear, end, moveTo, usualRunMs } from './lifecycle.ts';
import { age } from './queue.ts';
import type { Call, OpenGrant, SchedulerState, ToolVersion } from './state.ts';

export function onDispatched(state: SchedulerState, fact: RecordedFact<'schedule.dispatched'>): void {
  const call = callOf(state, fact);
  if (call?.phase.status !== 'ready' || !call.version) return;
  const { attempt, executor, session, beside } = fact.data;
  const { door, spec } = call.version;
  const probes = probesOf(door.breakers);
  const penalty = penaltyOf(state, call.version, fact.at);
  const untilMs = fact.at + spec.timeoutSeconds * 1_000;
  state.grants++;
  call.attempts = attempt;
  const grant = { attempt, executor, session, started: false, penalty, untilMs, beside };
  moveTo(state, call, { status: 'granted', grant: probes ? { ...grant, probes } : grant });
  charge(call.account, penalty);
  if (call.lane) age(state, call.lane.pool, fact.at);
}

export function onStarted(state: SchedulerState, fact: RecordedFact<'execution.started'>): void {
  const call = callOf(state, fact);
  if (call?.phase.status !== 'granted' || !isOf(call.phase.grant, fact)) return;
  call.phase = { status: 'granted', grant: { ...call.phase.grant, started: true } };
}

export function onCompleted(state: SchedulerState, fact: RecordedFact<'execution.completed'>): void {
  const call = callOf(state, fact);
  const { attempt, outcome, startedAtMs, endedAtMs, writes } = fact.data;
  const phase = call?.phase;
  if (!call?.version || (phase?.status !== 'granted' && phase?.status !== 'indeterminate')) return;
  // What became of an indeterminate call may be told by another session, or by another executor for it.
  const answers = phase.status === 'granted' ? isOf(phase.grant, fact) : phase.grant.attempt === attempt;
  if (!answers) return;
  const { grant } = phase;
  settle(state, call, grant, fact);
  const { timeoutSeconds } = call.version.spec;
  const run = { outcome, startedAtMs, endedAtMs, executor: grant.executor, at: fact.at, timeoutSeconds };
  for (const breaker of call.version.door.breakers) {
    // Recorded first: a probe that succeeded keeps its permit, so no lane opens in between.
    record(breaker, grant.probes?.[breakerKey(breaker)] ?? 0, run);
    review(state, breaker);
  }
  if (writes) noteWrites(state, call, writes);
  end(state, call);
}

/** The subject cannot take anything of the lost session any more, so each of its grants is decided now. */
export function onFenced(
  state: SchedulerState,
  { tenant, origin, data }: RecordedFact<'execution.fenced'>,
): void {
  const fence = { tenant, executor: origin as ExecutorId, session: data.session };
  state.fences.delete(fenceKey(fence));
  forgetSession(state, fence);
  // A copy: a grant that is decided leaves the set, and an indeterminate one enters it again.
  const held = [...(sessionIn(state, fence.executor, fence.session)?.grants ?? [])];
  for (const call of held) {
    const { phase, version } = call;
    if (call.tenant !== tenant || phase.status !== 'granted' || !version) continue;
    const { grant } = phase;
    if (mayRunAgain(version.spec, grant)) clear(state, call);
    // It is no probe any more: nobody knows how long its answer takes, and its permit is needed.
    else {
      const { probes: _, ...rest } = grant;
      moveTo(state, call, { status: 'indeterminate', grant: rest, recorded: false });
    }
  }
}

export function onIndeterminate(state: SchedulerState, fact: RecordedFact<'schedule.indeterminate'>): void {
  const call = callOf(state, fact);
  if (call?.phase.status !== 'indeterminate') return;
  moveTo(state, call, { status: 'indeterminate', grant: call.phase.grant, recorded: true });
}

/** What a grant is charged before anybody knows how long it takes, so that a burst does not jump the line. */
export function penaltyOf(state: SchedulerState, version: ToolVersion, at: Instant): number {
  return weigh(state.accounts, (usualRunMs(version) / 1_000) * nodesOf(version), at);
}

/** The true usage takes the place of the penalty. */
function settle(
  state: SchedulerState,
  { account, version }: Call,
  { penalty }: OpenGrant,
  { at, data }: RecordedFact<'execution.completed'>,
): void {
  if (!version) return;
  const runMs = Math.max(0, data.endedAtMs - data.startedAtMs) || 0;
  charge(account, weigh(state.accounts, (runMs / 1_000) * nodesOf(version), at) - penalty);
  if (data.outcome === RunOutcome.succeeded) version.times.add(runMs);
}

/** What counts as nodes of a fair share: every slot that a call takes. */
function nodesOf({ spec: { requires } }: ToolVersion): number {
  return requires ? requires.nodes * requires.slots : 1;
}

/** Whether an executor's fact speaks of this very grant. */
function isOf(grant: OpenGrant, fact: RecordedFact<'execution.started' | 'execution.completed'>): boolean {
  const { attempt, session } = fact.data;
  return (
    grant.attempt === attempt && grant.executor === (fact.origin as ExecutorId) && grant.session === session
  );
}

/** The half-open rounds that a grant made now is a probe of; undefined for an ordinary one. */
function probesOf(breakers: readonly Breaker[]): Record<string, number> | undefined {
  let probes: Record<string, number> | undefined;
  for (const breaker of breakers) {
    if (isProbing(breaker)) (probes ??= {})[breakerKey(breaker)] = breaker.round;
  }
  return probes;
}
