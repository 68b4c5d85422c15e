/**
 * The folds of a call's time with an executor: grant, start, end, loss. A grant is closed exactly once, by the facts
 * of its own attempt and session; executors are known by their credential (`origin`), not by what a body says.
 */
import type { ExecutorId, RecordedFact } from '@writ/contracts';
import { record } from './breaker.ts';
import { review } from './circuits.ts';
import { fenceKey, forgetSession, mayRunAgain, sessionIn } from './executors.ts';
import { callOf, clear, end, moveTo } from './lifecycle.ts';
import type { OpenGrant, SchedulerState } from './state.ts';

export function onDispatched(state: SchedulerState, fact: RecordedFact<'schedule.dispatched'>): void {
  const call = callOf(state, fact);
  if (call?.phase.status !== 'ready' || !call.version) return;
  const { attempt, executor, session } = fact.data;
  const { breaker } = call.version.lane;
  const probe = breaker.circuit.status === 'half-open' ? breaker.round : 0;
  state.grants++;
  call.attempts = attempt;
  moveTo(state, call, { status: 'granted', grant: { attempt, executor, session, started: false, probe } });
}

export function onStarted(state: SchedulerState, fact: RecordedFact<'execution.started'>): void {
  const call = callOf(state, fact);
  if (call?.phase.status !== 'granted' || !isOf(call.phase.grant, fact)) return;
  call.phase = { status: 'granted', grant: { ...call.phase.grant, started: true } };
}

export function onCompleted(state: SchedulerState, fact: RecordedFact<'execution.completed'>): void {
  const call = callOf(state, fact);
  const { attempt, outcome } = fact.data;
  const phase = call?.phase;
  if (!call?.version || (phase?.status !== 'granted' && phase?.status !== 'indeterminate')) return;
  // What became of an indeterminate call may be told by another session, or by another executor for it.
  const answers = phase.status === 'granted' ? isOf(phase.grant, fact) : phase.grant.attempt === attempt;
  if (!answers) return;
  const { breaker } = call.version.lane;
  // Recorded first: a probe that succeeded keeps its permit, so no lane opens in between.
  record(breaker, phase.grant.probe, phase.grant.executor, outcome);
  review(state, breaker);
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
    else moveTo(state, call, { status: 'indeterminate', grant: { ...grant, probe: 0 }, recorded: false });
  }
}

export function onIndeterminate(state: SchedulerState, fact: RecordedFact<'schedule.indeterminate'>): void {
  const call = callOf(state, fact);
  if (call?.phase.status !== 'indeterminate') return;
  moveTo(state, call, { status: 'indeterminate', grant: call.phase.grant, recorded: true });
}

/** Whether an executor's fact speaks of this very grant. */
function isOf(grant: OpenGrant, fact: RecordedFact<'execution.started' | 'execution.completed'>): boolean {
  const { attempt, session } = fact.data;
  return (
    grant.attempt === attempt && grant.executor === (fact.origin as ExecutorId) && grant.session === session
  );
}
