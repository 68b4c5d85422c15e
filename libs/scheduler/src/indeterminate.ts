/**
 * Calls whose end nobody saw: their tool is asked, where it can say what became of them, or a person is. Until then hold
 * and keys stay. A person's word counts only while no executor is asking, so that a call never ends twice.
 */
import { isQueryable } from '@writ/contracts';
import type { Instant, RecordedFact } from '@writ/contracts';
import { callOf, end, moveTo } from './lifecycle.ts';
import { MAX_QUERIES } from './limits.ts';
import type { Again, OpenGrant } from './attempt.ts';
import type { SchedulerState } from './state.ts';
import type { Call } from './model.ts';
import type { Phase } from './phase.ts';

/** The attempts of a call so far, begun when this is the first thing to remember of them. */
export function againOf(call: Call): Again {
  return (call.again ??= {
    failures: 0,
    queries: 0,
    resumeMs: 0,
    lost: undefined,
    barred: undefined,
    position: -1,
  });
}

/** Nobody sees what becomes of this attempt. It is no probe any more: its permit is needed. */
export function loseSight(state: SchedulerState, call: Call, grant: OpenGrant, at: Instant): void {
  const { probes: _, preempt: __, ...rest } = grant;
  againOf(call).lost = { attempt: grant.attempt, executor: grant.executor, at };
  const phase: Phase = { status: 'indeterminate', grant: rest, recorded: false };
  moveTo(state, call, call.version && isQueryable(call.version.spec) ? { ...phase, query: true } : phase);
}

/** An executor asks the tool what became of the call. It costs its accounts nothing. */
export function onEnquiry(
  state: SchedulerState,
  call: Call,
  { at, data }: RecordedFact<'schedule.dispatched'>,
): void {
  if (call.phase.status !== 'indeterminate') return;
  const { attempt, executor, session } = data;
  const untilMs = at + (call.version?.spec.timeoutSeconds ?? 0) * 1_000;
  const grant = { attempt, executor, session, started: false, penalty: 0, untilMs, beside: undefined };
  call.attempts = attempt;
  state.grants++;
  moveTo(state, call, { status: 'granted', grant: { ...grant, query: true } });
}

/** Who asked the tool is lost, too: somebody else asks, but not for ever. */
export function askAgain(state: SchedulerState, call: Call, grant: OpenGrant): void {
  const more = ++againOf(call).queries < MAX_QUERIES;
  const phase: Phase = { status: 'indeterminate', grant, recorded: true };
  moveTo(state, call, more ? { ...phase, query: true } : phase);
}

/** The first word of a person counts; `schedule.resolved` is owed for it. */
export function onResolved(state: SchedulerState, fact: RecordedFact<'invocation.resolved'>): void {
  const call = callOf(state, fact);
  const { phase } = call ?? {};
  if (!call || phase?.status !== 'indeterminate' || phase.resolution) return;
  const { invocation: _, ...said } = fact.data;
  moveTo(state, call, { ...phase, resolution: { ...said, by: fact.origin } });
}

export function onResolutionRecorded(state: SchedulerState, fact: RecordedFact<'schedule.resolved'>): void {
  const call = callOf(state, fact);
  if (call?.phase.status === 'indeterminate') end(state, call);
}

/** The executor is told to end a call that can go on later. */
export function onPreempt(state: SchedulerState, fact: RecordedFact<'preemption.requested'>): void {
  const call = callOf(state, fact);
  const { phase, version } = call ?? {};
  if (!call || phase?.status !== 'granted' || phase.grant.query || version?.spec.resumable !== true) return;
  call.phase = { ...phase, grant: { ...phase.grant, preempt: fact.data.reason } };
  state.stopping.add(call);
}
