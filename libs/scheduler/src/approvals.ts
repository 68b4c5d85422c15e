/**
 * Calls that people granted. Such a call is handed out only while its grant lasts, and only under a catalog for which
 * policy has vouched: a change of the catalog takes it back out of the queue until policy has said again that it may
 * run, or has revoked it. Its first hand-out uses the grant up, in the same commit; when its executor is lost, it goes
 * out again only under the same catalog. Other calls never come here.
 */
import { GOVERNING_TYPES } from '@writ/contracts';
import type { Fact, Instant, RecordedFact } from '@writ/contracts';
import { releaseVersion, tenantIn, versionAt } from './catalog.ts';
import { callOf, clear, moveTo } from './lifecycle.ts';
import type { Call, SchedulerState } from './state.ts';

/** What a call that people granted carries; nothing of this exists for other calls. */
export interface Approval {
  /** When the grant ends; absent: never. */
  readonly untilMs?: Instant;
  /** Whether it was handed out already: policy has forgotten it then, and cannot vouch again. */
  readonly consumed: boolean;
  /** The catalog under which policy vouched for it. */
  readonly revision: number;
  /** Why it may not run any more. */
  readonly revoked?: string;
}

export function onGranted(state: SchedulerState, fact: RecordedFact<'approval.granted'>): void {
  const call = callOf(state, fact);
  if (call?.phase.status !== 'waiting') return;
  const { validUntilMs: untilMs } = fact.data;
  call.approval = { consumed: false, revision: 0, ...(untilMs === undefined ? {} : { untilMs }) };
  // The decision that follows in the same commit says under which catalog it may run.
  call.phase = { ...call.phase, allowed: false };
  if (untilMs !== undefined && untilMs < (call.deadlineMs ?? Infinity)) call.deadlineMs = untilMs;
  tenantIn(state, fact.tenant).approved.add(call);
}

/** Whether policy has vouched for the call under the catalog as it stands here. */
export function isVouchedFor(state: SchedulerState, call: Call, catalogRevision: number): boolean {
  return !call.approval || catalogRevision >= tenantIn(state, call.tenant).governedAt;
}

export function onConfirmed(state: SchedulerState, fact: RecordedFact<'approval.confirmed'>): void {
  const call = callOf(state, fact);
  const { catalogRevision } = fact.data;
  if (call?.phase.status !== 'waiting' || call.phase.allowed) return;
  if (!call.approval || !isVouchedFor(state, call, catalogRevision)) return;
  allow(state, call, catalogRevision);
}

/** The call is allowed, to be run by the version of its tool that was in force then. */
export function allow(state: SchedulerState, call: Call, catalogRevision: number): void {
  if (call.phase.status !== 'waiting' || !bindVersion(state, call, catalogRevision)) return;
  if (call.approval) call.approval = { ...call.approval, revision: catalogRevision };
  call.phase = { status: 'waiting', allowed: true, reserved: call.phase.reserved };
  if (call.phase.reserved) clear(state, call);
}

function bindVersion(state: SchedulerState, call: Call, catalogRevision: number): boolean {
  const tenant = tenantIn(state, call.tenant);
  const version = versionAt(tenant, call.tool, catalogRevision);
  if (!version) return false;
  version.uses++;
  if (call.version) releaseVersion(tenant, call.version);
  call.version = version;
  return true;
}

/** What an executor has already is not stopped; the rest waits among the cleared calls to be refused. */
export function onRevoked(state: SchedulerState, fact: RecordedFact<'approval.revoked'>): void {
  const call = callOf(state, fact);
  const status = call?.phase.status;
  if (!call?.approval || status === 'granted' || status === 'indeterminate') return;
  // The grant itself may have come with a catalog that was old already: then nothing is bound yet.
  if (!call.version && !bindVersion(state, call, fact.data.catalogRevision)) return;
  revoke(state, call, fact.data.denial.reason);
}

/** A lost executor had not begun it, or it may run again: back to the queue, unless its grant no longer covers that. */
export function giveBack(state: SchedulerState, call: Call): void {
  clear(state, call);
  if (!isVouchedFor(state, call, call.approval?.revision ?? 0)) revoke(state, call, CHANGED);
}

const CHANGED =
  'the catalog changed after it was handed out, and its executor was lost: ask again under a new invocation id';

function revoke(state: SchedulerState, call: Call, reason: string): void {
  moveTo(state, call, SUSPENDED);
  if (call.approval) call.approval = { ...call.approval, revoked: reason };
  call.deadlineMs = 0;
  moveTo(state, call, { status: 'cleared' });
}

export function onConsumed(state: SchedulerState, fact: RecordedFact<'approval.consumed'>): void {
  const call = callOf(state, fact);
  if (!call?.approval) return;
  call.approval = { ...call.approval, consumed: true };
}

const SUSPENDED = { status: 'waiting', allowed: false, reserved: true } as const;

/** Takes the tenant's granted calls out of the queue, once a commit, until policy has decided them again. */
export function onGoverned(state: SchedulerState, { type, tenant: id, seq }: RecordedFact): void {
  const tenant = tenantIn(state, id);
  if (!GOVERNING_TYPES.has(type) || tenant.governedAt === seq) return;
  tenant.governedAt = seq;
  for (const call of tenant.approved) {
    const { phase } = call;
    if (call.approval?.revoked !== undefined) continue;
    const isQueued = phase.status === 'ready' || phase.status === 'cleared';
    if (isQueued && call.approval?.consumed) revoke(state, call, CHANGED);
    else if (isQueued) moveTo(state, call, SUSPENDED);
    else if (phase.status === 'waiting') call.phase = { ...phase, allowed: false };
  }
}

/** The use of the grant that a hand-out is; nothing for other calls and later attempts. */
export function useOf({ tenant, invocation, argsDigest, approval }: Call): Fact | undefined {
  if (!approval || approval.consumed || !argsDigest) return undefined;
  return { type: 'approval.consumed', tenant, data: { invocation, argsDigest } };
}

/** Why a call whose time is over is refused, and in which words. */
export function lateness(
  { approval, deadlineMs = 0 }: Call,
  now: Instant,
): Pick<Fact<'schedule.refused'>['data'], 'reason' | 'detail'> {
  if (approval?.revoked !== undefined) return { reason: 'approval-revoked', detail: approval.revoked };
  const ago = now - deadlineMs;
  if (approval?.untilMs === deadlineMs)
    return {
      reason: 'approval-expired',
      detail: `its approval ran out ${ago} ms ago, before it could be started`,
    };
  return { reason: 'deadline', detail: `its deadline passed ${ago} ms ago, before it could be started` };
}
