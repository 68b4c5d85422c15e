/**
 * The life of a call: every change of phase goes through `moveTo`, which takes the call out of the views of its old
 * phase (queue, deadlines, sessions, debts) and puts it into those of the new one. Restoring a snapshot uses the same
 * `enter`, so the views can never differ from what the phases say.
 */
import { invariant } from '@writ/contracts';
import type { InvocationId, TenantId } from '@writ/contracts';
import { breakerKey, gateOf } from './breaker.ts';
import { isQueued } from './call-queue.ts';
import { releaseVersion } from './catalog.ts';
import { dropGrant, holdGrant } from './executors.ts';
import { lapsesMs } from './lapse.ts';
import { askForKeys, giveUpKeys, holdsKeys } from './leases.ts';
import { dequeue, enqueue, laneOf, countQuotas, settleLanes } from './queue.ts';
import type { OpenGrant } from './attempt.ts';
import type { SchedulerState } from './state.ts';
import type { Call, Step, ToolVersion } from './model.ts';
import type { Phase } from './phase.ts';

const CLEARED: Phase = { status: 'cleared' };
const READY: Phase = { status: 'ready' };
const ENDED: Phase = { status: 'ended' };

/** The living call that a fact is about. */
export function callOf(
  state: SchedulerState,
  fact: { readonly tenant: TenantId; readonly data: { readonly invocation: InvocationId } },
): Call | undefined {
  return state.tenants.get(fact.tenant)?.calls.get(fact.data.invocation);
}

/** Changes a call's phase, and every view with it. */
export function moveTo(state: SchedulerState, call: Call, phase: Phase): void {
  leave(state, call);
  call.phase = phase;
  enter(state, call);
}

/** A call that is allowed and paid for: it can be refused or cancelled from now on, and queues when its wave is open. */
export function clear(state: SchedulerState, call: Call): void {
  forecast(state, call);
  if (mayStart(call)) becomeReady(state, call);
  else moveTo(state, call, CLEARED);
}

/** What its tool's runs so far say about a call's deadline. Told once, so that its place in the queue is fixed. */
function forecast(state: SchedulerState, call: Call): void {
  const { due } = call;
  if (!due) return;
  due.hopelessMs = due.deadlineMs - versionOf(call).times.leastMs;
  const tooLate = due.late && due.hopelessMs <= state.at;
  due.latestStartMs = tooLate ? Infinity : due.deadlineMs - usualRunMs(versionOf(call));
}

/** How long a call of this version runs, as far as anybody knows: its tool's median, else the most that it may take. */
export function usualRunMs({ spec, times }: ToolVersion): number {
  return times.medianMs ?? spec.timeoutSeconds * 1_000;
}

function becomeReady(state: SchedulerState, call: Call): void {
  call.readyAt = Math.floor(state.at / 1_000);
  moveTo(state, call, READY);
}

/** The call is over: it leaves every view, and the next wave of its step opens when it was the last one. */
export function end(state: SchedulerState, call: Call): void {
  moveTo(state, call, ENDED);
  returnKeys(state, call);
  const tenant = state.tenants.get(call.tenant);
  tenant?.calls.delete(call.invocation);
  if (tenant && tenant.traces.size > 0) tenant.traces.delete(call.invocation);
  if (call.approval) tenant?.approved.delete(call);
  // Living calls are known anyway: only the ids of ended ones take room among those that are remembered.
  tenant?.seen.remember(call.invocation, 0, state.at);
  if (tenant && call.version) releaseVersion(tenant, call.version);
  const { step } = call;
  if (!step) return;
  // Waves before the open one have ended.
  for (let wave = Math.max(step.open, 0); wave < step.living.length; wave++)
    if (step.living[wave]?.delete(call)) break;
  if (step.after) openFollowers(state, step.after, call);
  else if (!step.owed) openWaves(state, step);
}

/** Whether everything that a call has to wait for in its step has ended. */
function mayStart(call: Call): boolean {
  const { step } = call;
  if (!step) return true;
  if (step.after) return step.after.get(call)?.size === 0;
  return step.living[step.open]?.has(call) === true;
}

/** Opens the first wave that still has living calls. */
export function openWaves(state: SchedulerState, step: Step): void {
  let next = Math.max(step.open, 0);
  while (step.living[next]?.size === 0) next++;
  if (next === step.open) return;
  step.open = next;
  for (const call of step.living[step.open] ?? []) {
    if (call.phase.status === 'cleared' && mayStart(call)) becomeReady(state, call);
  }
}

/** Whoever waited for the call that has ended waits for what that one still waited for: it may not have run at all. */
function openFollowers(state: SchedulerState, after: Map<Call, Set<Call>>, ended: Call): void {
  const inherited = after.get(ended) ?? [];
  after.delete(ended);
  for (const [call, before] of after) {
    if (!before.delete(ended)) continue;
    for (const earlier of inherited) before.add(earlier);
    if (before.size === 0 && call.phase.status === 'cleared') becomeReady(state, call);
  }
}

/** Puts a call into the views of its phase. */
export function enter(state: SchedulerState, call: Call): void {
  const { phase } = call;
  switch (phase.status) {
    case 'ready':
      askForKeys(state, call);
      if (holdsKeys(call)) queueUp(state, call);
      watch(state, call);
      break;
    case 'cleared':
      watch(state, call);
      break;
    case 'pausing':
      state.pauses.push(call);
      watch(state, call);
      break;
    case 'granted':
      call.lane ??= laneOf(state, call, versionOf(call));
      holdGrant(state, phase.grant, call);
      countQuotas(state, call, 1);
      countProbe(state, call, phase.grant, 1);
      if (call.cancel ?? phase.grant.preempt) state.stopping.add(call);
      break;
    case 'indeterminate':
      if (!phase.recorded) state.unrecorded.add(call);
      if (phase.resolution) state.resolving.add(call);
      else if (phase.query) state.enquiring.add(call);
      break;
    case 'waiting':
    case 'ended':
      break;
  }
}

function leave(state: SchedulerState, call: Call): void {
  const { phase } = call;
  switch (phase.status) {
    case 'ready':
      if (call.lane && isQueued(call)) dequeue(state, call.lane, call);
      unwatch(state, call);
      break;
    case 'cleared':
      unwatch(state, call);
      break;
    case 'pausing':
      state.pauses.remove(call);
      unwatch(state, call);
      break;
    case 'granted':
      state.stopping.delete(call);
      dropGrant(state, phase.grant, call);
      countQuotas(state, call, -1);
      countProbe(state, call, phase.grant, -1);
      break;
    case 'indeterminate':
      state.unrecorded.delete(call);
      state.resolving.delete(call);
      state.enquiring.delete(call);
      break;
    case 'waiting':
    case 'ended':
      break;
  }
}

/** Puts a ready call that has its keys where executors can get it. */
export function queueUp(state: SchedulerState, call: Call): void {
  // One that may end late queued elsewhere, perhaps, before it was tried again.
  if (!call.lane || call.due?.late) call.lane = laneOf(state, call, versionOf(call));
  enqueue(state, call.lane, call);
}

/** Gives up what a call holds or asked for; whoever waited for that may queue. */
export function returnKeys(state: SchedulerState, call: Call): void {
  for (const next of giveUpKeys(state, call)) queueUp(state, next);
}

/** The agent that asked for the call may end it while no executor has it, and so may its deadline or the end of its grant. */
export function watch(state: SchedulerState, call: Call): void {
  if (call.due && !call.due.late && call.due.position < 0) state.deadlines.push(call);
  if (call.cancel && call.cancel.position < 0) state.cancelling.push(call);
  if (call.approval && call.approval.position < 0 && lapsesMs(call) < Infinity) state.lapsing.push(call);
}

function unwatch(state: SchedulerState, call: Call): void {
  state.deadlines.remove(call);
  state.cancelling.remove(call);
  if (call.approval) state.lapsing.remove(call);
}

/** A probe holds one of the permits of each of its rounds while it runs. */
function countProbe(state: SchedulerState, call: Call, grant: OpenGrant, by: number): void {
  if (grant.probes === undefined) return;
  for (const breaker of versionOf(call).door.breakers) {
    if (breaker.circuit.status !== 'half-open' || grant.probes[breakerKey(breaker)] !== breaker.round)
      continue;
    const before = gateOf(breaker);
    breaker.circuit.probing += by;
    if (before !== gateOf(breaker)) settleLanes(state, breaker);
  }
}

function versionOf(call: Call): ToolVersion {
  invariant(
    call.version,
    `call ${call.tenant}/${call.invocation} is past its decision, so its tool's version is bound`,
  );
  return call.version;
}
