/**
 * The folds of a call's time with an executor: grant, start, end, loss. A grant is closed exactly once, by the facts
 * of its own attempt and session; executors are known by their credential (`origin`), not by what a body says.
 */
import { RunOutcome } from '@writ/contracts';
import type { ExecutorId, Instant, RecordedFact } from '@writ/contracts';
import { charge, weigh } from './accounts.ts';
import { age } from './ageing.ts';
import { noteWrites } from './alerts.ts';
import { breakerKey, isProbing, record } from './breaker.ts';
import { review } from './circuits.ts';
import { fenceKey, forgetSession, mayRunAgain, sessionIn } from './executors.ts';
import { askAgain, loseSight, onEnquiry } from './indeterminate.ts';
import { callOf, clear, end, moveTo, usualRunMs } from './lifecycle.ts';
import { poolNamed } from './queue.ts';
import type { OpenGrant } from './attempt.ts';
import type { SchedulerState } from './state.ts';
import type { Breaker, Call, ToolVersion } from './model.ts';

export function onDispatched(state: SchedulerState, fact: RecordedFact<'schedule.dispatched'>): void {
  const call = callOf(state, fact);
  if (!call?.version) return;
  if (fact.data.query) return onEnquiry(state, call, fact);
  if (call.phase.status !== 'ready') return;
  const { attempt, executor, session, beside } = fact.data;
  const { door, spec } = call.version;
  const probes = probesOf(door.breakers);
  const penalty = penaltyOf(state, call.version, fact.at);
  const untilMs = fact.at + spec.timeoutSeconds * 1_000;
  state.grants++;
  call.attempts = attempt;
  const grant = { attempt, executor, session, started: false, penalty, untilMs, beside };
  moveTo(state, call, { status: 'granted', grant: probes ? { ...grant, probes } : grant });
  charge(call.berth.account, penalty);
  age(state, poolNamed(state, call.version.spec.pool), fact.at);
}

export function onStarted(state: SchedulerState, fact: RecordedFact<'execution.started'>): void {
  const call = callOf(state, fact);
  if (call?.phase.status !== 'granted' || !isOf(call.phase.grant, fact)) return;
  call.phase = { status: 'granted', grant: { ...call.phase.grant, started: true } };
}

export function onCompleted(state: SchedulerState, fact: RecordedFact<'execution.completed'>): void {
  const call = callOf(state, fact);
  const phase = call?.phase;
  if (!call?.version || (phase?.status !== 'granted' && phase?.status !== 'indeterminate')) return;
  // What became of an indeterminate call may be told by another session, or by another executor for it.
  const answers =
    phase.status === 'granted' ? isOf(phase.grant, fact) : phase.grant.attempt === fact.data.attempt;
  if (!answers) return;
  const { grant } = phase;
  // What the tool's own record says was not seen by anybody: it teaches nothing about how long it runs, or fails.
  if (!grant.query) learn(state, call, grant, fact);
  if (fact.data.writes) noteWrites(state, call, fact.data.writes);
  end(state, call);
}

/** What a run that has ended says about its tool and costs its accounts. */
export function learn(
  state: SchedulerState,
  call: Call,
  grant: OpenGrant,
  fact: RecordedFact<'execution.completed' | 'execution.attempted'>,
): void {
  if (!call.version) return;
  age(state, poolNamed(state, call.version.spec.pool), fact.at);
  const { outcome, startedAtMs, endedAtMs } = fact.data;
  settle(state, call, grant, fact);
  const { timeoutSeconds } = call.version.spec;
  const run = {
    outcome,
    startedAtMs,
    endedAtMs,
    executor: grant.executor,
    at: fact.at,
    seq: fact.seq,
    timeoutSeconds,
  };
  for (const breaker of call.version.door.breakers) {
    // Recorded first: a probe that succeeded keeps its permit, so no lane opens in between.
    record(breaker, grant.probes?.[breakerKey(breaker)] ?? 0, run);
    review(state, breaker);
  }
}

/** The subject cannot take anything of the lost session any more, so each of its grants is decided now. */
export function onFenced(
  state: SchedulerState,
  { tenant, origin, data, at }: RecordedFact<'execution.fenced'>,
): void {
  const fence = { tenant, executor: origin as ExecutorId, session: data.session };
  state.fences.delete(fenceKey(fence));
  forgetSession(state, fence);
  // A copy: a grant that is decided leaves the set, and an indeterminate one enters it again.
  const held = [...(sessionIn(state, fence.executor, fence.session)?.grants ?? [])];
  for (const call of held) {
    const { phase, version } = call;
    if (call.tenant !== tenant || phase.status !== 'granted' || !version) continue;
    if (phase.grant.query) askAgain(state, call, phase.grant);
    else if (mayRunAgain(version.spec, phase.grant)) clear(state, call);
    else loseSight(state, call, phase.grant, at);
  }
}

export function onIndeterminate(state: SchedulerState, fact: RecordedFact<'schedule.indeterminate'>): void {
  const call = callOf(state, fact);
  if (call?.phase.status !== 'indeterminate') return;
  moveTo(state, call, { ...call.phase, recorded: true });
}

/** What a grant is charged before anybody knows how long it takes, so that a burst does not jump the line. */
export function penaltyOf(state: SchedulerState, version: ToolVersion, at: Instant): number {
  return weigh(state.accounts, (usualRunMs(version) / 1_000) * nodesOf(version), at);
}

/** The true usage takes the place of the penalty. */
function settle(
  state: SchedulerState,
  { berth: { account }, version }: Call,
  { penalty }: OpenGrant,
  { at, data }: RecordedFact<'execution.completed' | 'execution.attempted'>,
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

type AboutGrant = `execution.${'started' | 'completed' | 'attempted' | 'queried' | 'returned'}`;

/** Whether an executor's fact speaks of this very grant. */
export function isOf(grant: OpenGrant, fact: RecordedFact<AboutGrant>): boolean {
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
