/** A call in a snapshot: what cannot be derived from elsewhere. Its places in queues, heaps and keys are built again. */
import type { Digest, Instant } from '@writ/contracts';
import { accountOf, berthOf, pathOf } from './accounts.ts';
import type { Again } from './attempt.ts';
import { tenantIn } from './catalog.ts';
import type { SchedulerState } from './state.ts';
import type { Approval } from './lapse.ts';
import type { Call, Step } from './model.ts';
import type { Due } from './phase.ts';

export interface SavedCall extends Omit<
  Call,
  | 'berth'
  | 'due'
  | 'step'
  | 'version'
  | 'argsDigest'
  | 'approval'
  | 'cancel'
  | 'again'
  | 'lane'
  | 'lease'
  | 'inLane'
> {
  readonly band: number;
  readonly project: string;
  readonly campaign: string;
  /** Index of its step, and of its wave there, 0 while the plan is owed; absent fields are undefined. */
  readonly step?: number;
  readonly wave?: number;
  readonly version?: Digest;
  readonly argsDigest?: Digest;
  readonly approval?: Omit<Approval, 'position'>;
  readonly due?: SavedDue;
  readonly ticket?: number;
  readonly cancel?: { readonly reason?: string };
  readonly again?: Omit<Again, 'position' | 'lost' | 'barred'> & Partial<Pick<Again, 'lost' | 'barred'>>;
}

/** JSON has no infinity: without a latest start. */
type SavedDue = Omit<Due, 'position' | 'inYielding' | 'latestStartMs'> & { readonly latestStartMs?: Instant };

/** A place in a step that is saved under this index. */
export interface StepPlace {
  readonly step: number;
  readonly wave: number;
}

export function saveCall(call: Call, place: StepPlace | undefined): SavedCall {
  const { tenant, invocation, agent, tool, inputs, arrival, phase, attempts, readyAt, seq } = call;
  const { due, argsDigest, approval, cancel, again } = call;
  const [, project, campaign] = pathOf(call.berth.account);
  const optional = {
    ...place,
    version: call.version?.digest,
    argsDigest,
    approval: approval && saveApproval(approval),
    due: due && saveDue(due),
    ticket: call.lease?.ticket,
    cancel: cancel && given({ reason: cancel.reason }),
    again: again && saveAgain(again),
  };
  return {
    tenant,
    invocation,
    agent,
    tool,
    project,
    campaign,
    inputs,
    band: call.berth.band,
    arrival,
    phase,
    attempts,
    readyAt,
    seq,
    ...given(optional),
  };
}

export function restoreCall(state: SchedulerState, saved: SavedCall, steps: readonly Step[]): Call {
  const tenant = tenantIn(state, saved.tenant);
  const { invocation, agent, tool, inputs, arrival, phase, attempts, readyAt, seq } = saved;
  const call: Call = {
    tenant: saved.tenant,
    invocation,
    agent,
    tool,
    inputs,
    berth: berthOf(accountOf(state.accounts, saved.tenant, saved.project, saved.campaign), saved.band),
    due: saved.due && restoreDue(saved.due),
    arrival,
    phase,
    attempts,
    readyAt,
    seq,
    step: saved.step === undefined ? undefined : steps[saved.step],
    argsDigest: saved.argsDigest,
    version: saved.version && tenant.versions.get(saved.version),
    approval: saved.approval && { ...saved.approval, position: -1 },
    again: saved.again && { lost: undefined, barred: undefined, ...saved.again, position: -1 },
    cancel: saved.cancel && { reason: saved.cancel.reason, position: -1 },
    lane: undefined,
    lease: undefined,
    inLane: -1,
  };
  if (call.version) call.version.uses++;
  tenant.calls.set(call.invocation, call);
  if (call.approval) tenant.approved.add(call);
  if (call.step) {
    const { living } = call.step;
    const { wave = 0 } = saved;
    while (living.length <= wave) living.push(new Set());
    living[wave]?.add(call);
  }
  return call;
}

function saveAgain({ failures, queries, resumeMs, lost, barred }: Again): SavedCall['again'] {
  return { failures, queries, resumeMs, ...given({ lost, barred }) };
}

function saveApproval({ untilMs, consumed, revoked }: Approval): Omit<Approval, 'position'> {
  return { consumed, ...given({ untilMs, revoked }) };
}

function saveDue({ deadlineMs, late, latestStartMs, hopelessMs }: Due): SavedDue {
  return { deadlineMs, late, hopelessMs, ...(latestStartMs < Infinity ? { latestStartMs } : {}) };
}

function restoreDue({ latestStartMs = Infinity, ...due }: SavedDue): Due {
  return { ...due, latestStartMs, position: -1, inYielding: -1 };
}

/** Without the fields that are undefined, which JSON does not have. */
export function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
