/**
 * Calls that people granted. Such a call is handed out only while its grant lasts, and only under a catalog for which
 * policy has vouched: a change of the catalog takes it back out of the queue until policy has said again that it may
 * run, or has revoked it. Its first hand-out uses the grant up, in the same commit; whatever brings it back afterwards
 * (a lost executor, a failed attempt), it goes out again only under the same catalog. Other calls never come here.
 */
import { GOVERNING_TYPES } from '@writ/contracts';
import type { Fact, Instant, RecordedFact } from '@writ/contracts';
import { releaseVersion, tenantIn, versionAt } from './catalog.ts';
import { lapsesMs } from './lapse.ts';
import { callOf, clear, moveTo, returnKeys } from './lifecycle.ts';
import { MAX_FACTS_PER_ANSWER } from './limits.ts';
import type { SchedulerState } from './state.ts';
import type { Call } from './model.ts';

/** People are asked, by a rule or because of its price; the price alone asks when policy has allowed the call already. */
export function onOpened(state: SchedulerState, fact: RecordedFact<'approval.opened'>): void {
  const call = callOf(state, fact);
  if (call?.phase.status !== 'waiting' || call.approval) return;
  call.phase = { ...call.phase, allowed: false, approval: true };
  call.seq = fact.seq;
}

export function onGranted(state: SchedulerState, fact: RecordedFact<'approval.granted'>): void {
  const call = callOf(state, fact);
  if (call?.phase.status !== 'waiting' || call.approval) return;
  const { validUntilMs: untilMs } = fact.data;
  call.approval = { consumed: false, position: -1, ...(untilMs === undefined ? {} : { untilMs }) };
  // The decision that follows in the same commit says under which catalog it may run.
  call.phase = { ...call.phase, allowed: false };
  tenantIn(state, fact.tenant).approved.add(call);
}

/** Whether policy has vouched for the call under the catalog as it stands here. */
export function isVouchedFor(state: SchedulerState, call: Call, catalogRevision: number): boolean {
  return !call.approval || catalogRevision >= tenantIn(state, call.tenant).governedAt;
}

export function onConfirmed(state: SchedulerState, fact: RecordedFact<'approval.confirmed'>): void {
  const call = callOf(state, fact);
  if (call?.phase.status !== 'waiting' || call.phase.allowed) return;
  if (!call.approval || !isVouchedFor(state, call, fact.data.catalogRevision)) return;
  allow(state, call, fact);
}

/** The call is allowed, to be run by the version of its tool that was in force then. */
export function allow(
  state: SchedulerState,
  call: Call,
  { seq, data }: RecordedFact<'policy.decided' | 'approval.confirmed'>,
): void {
  if (call.phase.status !== 'waiting' || !bindVersion(state, call, data.catalogRevision)) return;
  call.seq = seq;
  call.phase = { status: 'waiting', allowed: true, reserved: call.phase.reserved };
  if (call.phase.reserved) clear(state, call);
}

function bindVersion(state: SchedulerState, call: Call, catalogRevision: number): boolean {
  const tenant = tenantIn(state, call.tenant);
  const version = versionAt(tenant, call.tool, catalogRevision);
  if (!version) return false;
  version.uses++;
  if (call.version) releaseVersion(tenant, call.version);
  if (call.version !== version) call.lane = undefined;
  call.version = version;
  return true;
}

/** What an executor has already is not stopped; the rest waits to be refused. */
export function onRevoked(state: SchedulerState, fact: RecordedFact<'approval.revoked'>): void {
  const call = callOf(state, fact);
  if (!call?.approval || call.approval.consumed) return;
  // The grant itself may have come with a catalog that was old already: then nothing is bound yet.
  if (!call.version && !bindVersion(state, call, fact.data.catalogRevision)) return;
  revoke(state, call, fact.data.denial.reason);
}

/** From now on it is refused as soon as it waits for an executor. */
function revoke(state: SchedulerState, call: Call, reason: string): void {
  const { approval, phase } = call;
  if (!approval) return;
  approval.revoked = reason;
  if (phase.status === 'waiting' && !approval.consumed) moveTo(state, call, { status: 'cleared' });
  // The same phase again: it takes its new place among those whose grants lapse.
  else if (phase.status === 'ready' || phase.status === 'cleared' || phase.status === 'pausing')
    moveTo(state, call, phase);
}

export function onConsumed(state: SchedulerState, fact: RecordedFact<'approval.consumed'>): void {
  const call = callOf(state, fact);
  if (call?.approval) call.approval.consumed = true;
}

const CHANGED =
  'the catalog changed after it was handed out, and that attempt did not end it: ask again under a new invocation id';

/** Takes the tenant's granted calls out of the queue, once a commit, until policy has decided them again. */
export function onGoverned(state: SchedulerState, { type, tenant: id, seq }: RecordedFact): void {
  const tenant = tenantIn(state, id);
  if (!GOVERNING_TYPES.has(type) || tenant.governedAt === seq) return;
  tenant.governedAt = seq;
  for (const call of tenant.approved) {
    if (!call.approval || call.approval.revoked !== undefined) continue;
    if (call.approval.consumed) revoke(state, call, CHANGED);
    else suspend(state, call);
  }
}

function suspend(state: SchedulerState, call: Call): void {
  if (call.phase.status === 'waiting') {
    call.phase = { ...call.phase, allowed: false };
    return;
  }
  moveTo(state, call, { status: 'waiting', allowed: false, reserved: true });
  // It asks for its keys anew: nobody waits for what policy has to say of it.
  returnKeys(state, call);
}

/** The use of the grant that a hand-out is; nothing for other calls and later attempts. */
export function useOf({ tenant, invocation, argsDigest, approval }: Call): Fact | undefined {
  if (!approval || approval.consumed || !argsDigest) return undefined;
  return { type: 'approval.consumed', tenant, data: { invocation, argsDigest } };
}

/** Refusals of granted calls whose grant was revoked, or has ended. */
export function refuseLapsed(state: SchedulerState, now: Instant): Fact[] {
  const facts: Fact[] = [];
  if (state.lapsing.size === 0) return facts;
  for (const call of state.lapsing.inOrder()) {
    if (lapsesMs(call) > now || facts.length === MAX_FACTS_PER_ANSWER) break;
    const { tenant, invocation, agent, approval } = call;
    facts.push({ type: 'schedule.refused', tenant, data: { invocation, agent, ...lapse(approval, now) } });
  }
  return facts;
}

function lapse(
  approval: Call['approval'],
  now: Instant,
): Pick<Fact<'schedule.refused'>['data'], 'reason' | 'detail'> {
  if (approval?.revoked !== undefined) return { reason: 'approval-revoked', detail: approval.revoked };
  const ago = now - (approval?.untilMs ?? now);
  return {
    reason: 'approval-expired',
    detail: `its approval ran out ${ago} ms ago, before it could be started`,
  };
}
