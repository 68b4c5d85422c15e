/**
 * The folds of what follows an attempt that was not the last word: it failed and may be repeated, it gave its place up, or
 * it was never begun. The money of a repeat is held anew by the budget before the call can be granted again.
 */
import { AttemptCause, isQueryable } from '@writ/contracts';
import type { Instant, RecordedFact } from '@writ/contracts';
import { charge } from './accounts.ts';
import { noteWrites } from './alerts.ts';
import { mayRunAgain } from './executors.ts';
import { againOf, loseSight } from './indeterminate.ts';
import { callOf, clear, moveTo } from './lifecycle.ts';
import { isOf, learn } from './runs.ts';
import type { Again, OpenGrant } from './attempt.ts';
import type { SchedulerState } from './state.ts';
import type { Call, ToolVersion } from './model.ts';
import type { Phase } from './phase.ts';

const UNPAID: Phase = { status: 'waiting', allowed: true, reserved: false };
const PAID: Phase = { status: 'waiting', allowed: true, reserved: true };

/** An attempt is over: what it used is settled, and the call waits until the next one is paid for. */
export function onAttempted(state: SchedulerState, fact: RecordedFact<'execution.attempted'>): void {
  const call = callOf(state, fact);
  const phase = call?.phase;
  if (!call?.version || phase?.status !== 'granted' || phase.grant.query || !isOf(phase.grant, fact)) return;
  const { cause, waitMs, writes } = fact.data;
  learn(state, call, phase.grant, fact);
  if (writes) noteWrites(state, call, writes);
  const again = againOf(call);
  if (cause === AttemptCause.failed) again.failures++;
  again.resumeMs = fact.at + waitMs;
  // The word of an executor is not enough to run what may run once only.
  if (!mayFollow(call.version, phase.grant, cause, again)) again.barred = phase.grant;
  call.seq = fact.seq;
  moveTo(state, call, UNPAID);
}

/** The next attempt is paid for: it pauses until its time, or can be granted at once. */
export function goOn(state: SchedulerState, call: Call, at: Instant): void {
  const again = againOf(call);
  const { barred } = again;
  again.barred = undefined;
  if (barred) loseSight(state, call, barred, at);
  else if (again.resumeMs > at) moveTo(state, call, { status: 'pausing' });
  else clear(state, call);
}

export function onResumed(state: SchedulerState, fact: RecordedFact<'schedule.resumed'>): void {
  const call = callOf(state, fact);
  if (call?.phase.status !== 'pausing') return;
  call.seq = fact.seq;
  moveTo(state, call, PAID);
  clear(state, call);
}

/** A stopping executor has not begun it: it queues again with the hold that it has. */
export function onReturned(state: SchedulerState, fact: RecordedFact<'execution.returned'>): void {
  const call = callOf(state, fact);
  const phase = call?.phase;
  if (!call || phase?.status !== 'granted' || phase.grant.started || !isOf(phase.grant, fact)) return;
  const { grant } = phase;
  call.seq = fact.seq;
  charge(call.berth.account, -grant.penalty);
  if (grant.query) moveTo(state, call, { status: 'indeterminate', grant, recorded: true, query: true });
  else clear(state, call);
}

/** The tool knows of no effect, or does not know. */
export function onQueried(state: SchedulerState, fact: RecordedFact<'execution.queried'>): void {
  const call = callOf(state, fact);
  const phase = call?.phase;
  if (!call || phase?.status !== 'granted' || !phase.grant.query || !isOf(phase.grant, fact)) return;
  const { grant } = phase;
  call.seq = fact.seq;
  if (fact.data.answer === 'unknown')
    return moveTo(state, call, { status: 'indeterminate', grant, recorded: true });
  const again = againOf(call);
  again.queries = 0;
  again.lost = undefined;
  clear(state, call);
}

/** Whether the attempt of a grant may be followed by another one. A queryable tool was asked before it said so. */
function mayFollow(
  { spec }: ToolVersion,
  grant: OpenGrant,
  cause: AttemptCause,
  { failures }: Again,
): boolean {
  if (cause === AttemptCause.preempted) return spec.resumable === true;
  if (failures >= (spec.retry?.attempts ?? 1)) return false;
  return mayRunAgain(spec, grant) || isQueryable(spec);
}
