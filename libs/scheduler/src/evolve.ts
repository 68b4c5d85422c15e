/**
 * The fold: what each fact changes. Total: a fact that is impossible where it stands (a grant of an ended call, a
 * completion of another attempt) changes nothing. What follows a grant is folded in `runs.ts`, breakers in `circuits.ts`.
 */
import { CELL, Verdict } from '@writ/contracts';
import type { AgentId, EventType, InvocationId, RecordedFact, StepId, ToolRequested } from '@writ/contracts';
import { accountOf, below, berthOf, isUntidy, setShares, tidy } from './accounts.ts';
import {
  allow,
  isVouchedFor,
  onConfirmed,
  onConsumed,
  onGoverned,
  onGranted,
  onOpened,
  onRevoked,
} from './approvals.ts';
import { ALL_POOLS, registerTool, tenantIn } from './catalog.ts';
import { onAlertClosed, onAlertRaised } from './alerts.ts';
import {
  onBreakerClosed,
  onBreakerConfigured,
  onBreakerForced,
  onBreakerHalfOpened,
  onBreakerOpened,
  onBreakerRetired,
  onForceEnded,
} from './circuits.ts';
import { oweFence } from './executors.ts';
import { callOf, clear, end, watch } from './lifecycle.ts';
import { bandOf, forgetLane, lanesUnder, urgencyOf } from './queue.ts';
import { restrict } from './restrict.ts';
import { goOn, onAttempted, onQueried, onResumed, onReturned } from './again.ts';
import { onPreempt, onResolutionRecorded, onResolved } from './indeterminate.ts';
import { onCompleted, onDispatched, onFenced, onIndeterminate, onStarted } from './runs.ts';
import type { SchedulerState } from './state.ts';
import { adoptPlan, beginStep } from './steps.ts';
import type { Berth, Call } from './model.ts';
import type { Due, Phase } from './phase.ts';

type Folds = { readonly [T in EventType]?: (state: SchedulerState, fact: RecordedFact<T>) => void };

const FOLDS: Folds = {
  'tool.requested': onRequested,
  'request.malformed': onMalformed,
  'tool.cancel-requested': onCancelRequested,
  'tool.registered': (state, fact) => {
    registerTool(state, fact.tenant, fact.data.tool, fact.seq);
    onGoverned(state, fact);
  },
  'tool.retired': onGoverned,
  'policy.published': onGoverned,
  'environment.defined': onGoverned,
  'breaker.configured': onBreakerConfigured,
  'breaker.retired': onBreakerRetired,
  'breaker.forced': onBreakerForced,
  'breaker.released': onForceEnded,
  'scheduling.configured': (state, { tenant, data }) => {
    const { parallel } = tenantIn(state, tenant);
    parallel.set(data.pool ?? ALL_POOLS, data.parallelEnabled);
    if (data.pool === undefined) tenantIn(state, tenant).plan = data.plan;
  },
  'approval.opened': onOpened,
  'approval.granted': onGranted,
  'policy.decided': onDecided,
  'approval.confirmed': onConfirmed,
  'approval.revoked': onRevoked,
  'approval.consumed': onConsumed,
  'request.rejected': onRejected,
  'shares.defined': (state, { tenant, data }) => {
    const { accounts } = state;
    // In the catalog of the cell the accounts are tenants.
    setShares(
      accounts,
      tenant === CELL ? accounts.cell : below(accounts, accounts.cell, tenant),
      data.shares,
    );
  },
  'concurrency.defined': (state, { tenant, data }) => restrict(state, tenant, data.limits),
  'budget.reserved': onReserved,
  'budget.refused': endUnlessRunning,
  'invocation.cancelled': endUnlessRunning,
  'schedule.refused': endUnlessRunning,
  'schedule.planned': (state, { tenant, data }) => adoptPlan(state, tenant, data),
  'schedule.dispatched': onDispatched,
  'schedule.indeterminate': onIndeterminate,
  'execution.started': onStarted,
  'execution.completed': onCompleted,
  'execution.attempted': onAttempted,
  'execution.queried': onQueried,
  'execution.returned': onReturned,
  'schedule.resumed': onResumed,
  'invocation.resolved': onResolved,
  'schedule.resolved': onResolutionRecorded,
  'preemption.requested': onPreempt,
  'execution.fenced': onFenced,
  'executor.lost': (state, { tenant, data: { executor, session } }) =>
    oweFence(state, { tenant, executor, session }),
  'breaker.opened': onBreakerOpened,
  'breaker.half-opened': onBreakerHalfOpened,
  'breaker.closed': onBreakerClosed,
  'breaker.force-expired': onForceEnded,
  'alert.raised': onAlertRaised,
  'alert.closed': onAlertClosed,
};

export function evolve(state: SchedulerState, fact: RecordedFact): SchedulerState {
  const fold = FOLDS[fact.type] as ((state: SchedulerState, fact: RecordedFact) => void) | undefined;
  if (!fold) return state;
  state.at = fact.at;
  fold(state, fact);
  return state;
}

function onRequested(state: SchedulerState, fact: RecordedFact<'tool.requested'>): void {
  const { data, at } = fact;
  const { calls, seen, traces } = tenantIn(state, fact.tenant);
  const account = accountOf(state.accounts, fact.tenant, data.project, data.campaign);
  const berth = berthOf(account, bandOf(urgencyOf(data.priority)));
  const fresh: Call[] = [];
  for (const asked of data.calls) {
    if (calls.has(asked.invocation) || seen.has(asked.invocation)) continue;
    const call = newCall(state, fact, asked, berth);
    calls.set(asked.invocation, call);
    if (data.traceparent !== undefined) traces.set(asked.invocation, data.traceparent);
    fresh.push(call);
  }
  // A request as it is decoded always names its step; without a name the first call serves as one.
  if (isUntidy(state.accounts, at)) forgetAccounts(state);
  if (fresh.length > 1)
    beginStep(state, data.step ?? (fresh[0]?.invocation as string as StepId), fresh, data.plan);
}

/** An id that a broken message named has ended with its rejection: asked for again, it is no new call. */
function onMalformed(state: SchedulerState, { tenant, data, at }: RecordedFact<'request.malformed'>): void {
  const invocation = data.invocation as InvocationId | undefined;
  const { calls, seen } = tenantIn(state, tenant);
  if (invocation === undefined || calls.has(invocation)) return;
  if (!seen.has(invocation)) seen.remember(invocation, 0, at);
}

const WAITING: Phase = { status: 'waiting', allowed: false, reserved: false };

function newCall(
  state: SchedulerState,
  { tenant, origin, seq, data }: RecordedFact<'tool.requested'>,
  { invocation, tool, inputs }: ToolRequested['calls'][number],
  berth: Berth,
): Call {
  return {
    tenant,
    invocation,
    agent: origin as AgentId,
    tool,
    inputs,
    berth,
    due: dueOf(data),
    arrival: state.arrivals++,
    step: undefined,
    phase: WAITING,
    argsDigest: undefined,
    version: undefined,
    approval: undefined,
    attempts: 0,
    again: undefined,
    cancel: undefined,
    lane: undefined,
    lease: undefined,
    readyAt: 0,
    seq,
    inLane: -1,
  };
}

function dueOf({ deadline, whenLate }: ToolRequested): Due | undefined {
  const deadlineMs = deadline === undefined ? NaN : Date.parse(deadline);
  if (Number.isNaN(deadlineMs)) return undefined;
  const late = whenLate === 'run';
  return {
    deadlineMs,
    late,
    latestStartMs: deadlineMs,
    hopelessMs: deadlineMs,
    position: -1,
    inYielding: -1,
  };
}

/** Forgets the accounts that nobody uses any more. */
function forgetAccounts(state: SchedulerState): void {
  const inUse = [...state.tenants.values()].flatMap(({ calls }) =>
    [...calls.values()].map(({ berth }) => berth.account),
  );
  for (const one of tidy(state.accounts, state.at, inUse))
    for (const lane of lanesUnder(one)) forgetLane(lane);
}

/** Remembered in every phase: policy may have decided before it saw the wish, and then it falls to us. */
function onCancelRequested(state: SchedulerState, fact: RecordedFact<'tool.cancel-requested'>): void {
  const call = callOf(state, fact);
  if (!call || call.agent !== (fact.origin as AgentId)) return;
  call.cancel ??= { reason: fact.data.reason, position: -1 };
  const { status } = call.phase;
  if (status === 'granted') state.stopping.add(call);
  else if (status === 'ready' || status === 'cleared' || status === 'pausing') watch(state, call);
}

function onDecided(state: SchedulerState, fact: RecordedFact<'policy.decided'>): void {
  const { verdict, argsDigest, catalogRevision } = fact.data;
  if (verdict === Verdict.deny) return endUnlessRunning(state, fact);
  const call = callOf(state, fact);
  if (call?.phase.status !== 'waiting' || call.phase.allowed) return;
  if (verdict !== Verdict.allow) {
    call.phase = { ...call.phase, approval: true };
    call.seq = fact.seq;
    return;
  }
  call.argsDigest = argsDigest;
  if (isVouchedFor(state, call, catalogRevision)) allow(state, call, fact);
}

function onReserved(state: SchedulerState, fact: RecordedFact<'budget.reserved'>): void {
  const call = callOf(state, fact);
  if (call?.phase.status !== 'waiting' || call.phase.reserved) return;
  call.phase = { ...call.phase, reserved: true };
  // While people are asked, it is their answer that it waits for.
  if (call.phase.allowed || !call.phase.approval) call.seq = fact.seq;
  if (call.again) goOn(state, call, fact.at);
  else if (call.phase.allowed) clear(state, call);
}

/** A rejection answers instead of a decision; one for a repeated id is about the repetition, not about our call. */
function onRejected(state: SchedulerState, fact: RecordedFact<'request.rejected'>): void {
  const { invocation, reason, agent } = fact.data;
  if (invocation === undefined || reason === 'duplicate-id') return;
  const call = state.tenants.get(fact.tenant)?.calls.get(invocation);
  if (call?.agent === agent && call.phase.status === 'waiting' && !call.phase.allowed) end(state, call);
}

type Ending = RecordedFact<'policy.decided' | 'budget.refused' | 'invocation.cancelled' | 'schedule.refused'>;

function endUnlessRunning(state: SchedulerState, fact: Ending): void {
  const call = callOf(state, fact);
  if (call && call.phase.status !== 'granted' && call.phase.status !== 'indeterminate') end(state, call);
}
