/** A call in a snapshot: what cannot be derived from elsewhere. Its places in queues, heaps and keys are built again. */
import type { Digest } from '@writ/contracts';
import { accountOf, berthOf, pathOf } from './accounts.ts';
import type { Again } from './attempt.ts';
import { tenantIn } from './catalog.ts';
import type { Approval } from './lapse.ts';
import type { Call, Due, SchedulerState, Step } from './state.ts';

export interface SavedCall extends Omit<
  Call,
  | 'berth'
  | 'traceparent'
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
  /** Index of its step; absent fields are undefined. */
  readonly step?: number;
  readonly version?: Digest;
  readonly argsDigest?: Digest;
  readonly traceparent?: string;
  readonly approval?: Omit<Approval, 'position'>;
  readonly due?: Omit<Due, 'position'>;
  readonly ticket?: number;
  readonly cancel?: { readonly reason?: string };
  readonly again?: Omit<Again, 'position' | 'lost' | 'barred'> & Partial<Pick<Again, 'lost' | 'barred'>>;
}

export function saveCall(call: Call, indexOf: ReadonlyMap<Step, number>): SavedCall {
  const { tenant, invocation, agent, tool, inputs, arrival, wave, phase, attempts, readyAt, seq } = call;
  const { due, argsDigest, traceparent, approval, cancel, again } = call;
  const [, project, campaign] = pathOf(call.berth.account);
  const step = call.step && indexOf.get(call.step);
  const optional = {
    step,
    version: call.version?.digest,
    argsDigest,
    traceparent,
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
    wave,
    phase,
    attempts,
    readyAt,
    seq,
    ...given(optional),
  };
}

export function restoreCall(state: SchedulerState, saved: SavedCall, steps: readonly Step[]): Call {
  const tenant = tenantIn(state, saved.tenant);
  const { invocation, agent, tool, inputs, arrival, wave, phase, attempts, readyAt, seq } = saved;
  const call: Call = {
    tenant: saved.tenant,
    invocation,
    agent,
    tool,
    inputs,
    traceparent: saved.traceparent,
    berth: berthOf(accountOf(state.accounts, saved.tenant, saved.project, saved.campaign), saved.band),
    due: saved.due && { ...saved.due, position: -1 },
    arrival,
    wave,
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
    while (living.length <= Math.max(call.wave, 0)) living.push(new Set());
    living[Math.max(call.wave, 0)]?.add(call);
  }
  return call;
}

function saveAgain({ failures, queries, resumeMs, lost, barred }: Again): SavedCall['again'] {
  return { failures, queries, resumeMs, ...given({ lost, barred }) };
}

function saveApproval({ untilMs, consumed, revoked }: Approval): Omit<Approval, 'position'> {
  return { consumed, ...given({ untilMs, revoked }) };
}

function saveDue({ deadlineMs, late, latestStartMs, hopelessMs }: Due): Omit<Due, 'position'> {
  return { deadlineMs, late, latestStartMs, hopelessMs };
}

/** Without the fields that are undefined, which JSON does not have. */
export function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
