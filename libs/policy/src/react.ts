/**
 * What policy owes now: approvals that ran out, then the oldest answer of the tenant whose turn it is. One
 * call, one answer; calls of a step are decided independently. Nothing here changes the state: folding the
 * answer does.
 */
import { DenialClass, Verdict, invariant } from '@writ/contracts';
import type { Denial, Fact, Instant, InvocationId, PolicyDecided } from '@writ/contracts';
import { disapproved, escalated, expired, granted, opened } from './approvals.ts';
import { demandsOf } from './approval-terms.ts';
import { decide } from './decision.ts';
import { MAX_DEMANDS, MAX_REASON_LENGTH, MAX_WAITING_CALLS } from './limits.ts';
import type { CancelledCall, HeldCall, LivingCall, UndecidedCall } from './living-call.ts';
import { rechecked } from './recheck.ts';
import type { PolicyState, Tenant } from './state.ts';

const TOO_MANY_WAITING: Denial = {
  class: DenialClass.transient,
  rule: 'writ:too-many-waiting',
  reason: `this call needs approval, but ${MAX_WAITING_CALLS} calls of the tenant wait for people already`,
  remedy: 'ask again once some of them are answered',
};

export function react(state: PolicyState, now: Instant): readonly Fact[] {
  const run = state.expiries.earliest();
  if (run && run.atMs <= now) {
    const tenant = state.tenants.get(run.tenant);
    const call = tenant?.calls.get(run.invocation);
    invariant(tenant && call?.status === 'open', `the clock of "${run.invocation}" runs, but it is not open`);
    const stage = escalated(run.tenant, call);
    return stage.length > 0 ? stage : expired(tenant, call, now);
  }
  const [turn] = state.ready;
  const tenant = turn === undefined ? undefined : state.tenants.get(turn);
  const owed = tenant?.owed.peek();
  if (!tenant || owed === undefined) return [];
  if (typeof owed === 'object') return [{ type: 'request.rejected', tenant: tenant.id, data: owed }];
  return answer(tenant, owed, now);
}

function answer(tenant: Tenant, invocation: InvocationId, now: Instant): readonly Fact[] {
  const living = tenant.calls.get(invocation);
  invariant(living, `an answer is owed for "${invocation}", but nobody asked for it`);
  switch (living.status) {
    case 'undecided':
      return decision(tenant, living, now);
    case 'held':
      return opening(tenant, living);
    case 'approved':
      return granted(tenant, living, now);
    case 'disapproved':
      return disapproved(tenant.id, living);
    case 'doubted':
      return rechecked(tenant, living, now);
    case 'cancelled':
      return cancellation(tenant, living);
    default:
      return unowed(living);
  }
}

function decision(tenant: Tenant, { call }: UndecidedCall, now: Instant): readonly Fact[] {
  const { decided, invalid } = decide(tenant, call, now);
  if (decided) return [{ type: 'policy.decided', tenant: tenant.id, data: withinBounds(tenant, decided) }];
  const { agent, invocation, tool } = call;
  const detail = `the inputs do not fit tool "${tool}": ${invalid}`.slice(0, MAX_REASON_LENGTH);
  return [
    {
      type: 'request.rejected',
      tenant: tenant.id,
      data: { agent, invocation, reason: 'invalid-inputs', detail },
    },
  ];
}

const TOO_MANY_DEMANDS: Denial = {
  class: DenialClass.permission,
  rule: 'writ:too-many-demands',
  reason: `the policies that match this call ask for approval in more than ${MAX_DEMANDS} different ways`,
  remedy: 'give policies that match the same call the same approval terms',
};

/** Rules were bounded when they asked; what the budget alone asks for is bounded here. */
function opening(tenant: Tenant, held: HeldCall): readonly Fact[] {
  const { approval: _terms, ...decided } = held.decision;
  if (decided.verdict !== Verdict.allow || tenant.waiting <= MAX_WAITING_CALLS)
    return opened(tenant.id, held);
  const data = { ...decided, verdict: Verdict.deny, denial: TOO_MANY_WAITING };
  return [{ type: 'policy.decided', tenant: tenant.id, data }];
}

/** People's attention is bounded: what would wait behind too many others is denied for now. */
function withinBounds(tenant: Tenant, decided: PolicyDecided): PolicyDecided {
  if (decided.verdict !== Verdict.requireApproval) return decided;
  const { approval: terms, ...rest } = decided;
  if (terms && demandsOf(terms).length > MAX_DEMANDS)
    return { ...rest, verdict: Verdict.deny, denial: TOO_MANY_DEMANDS };
  if (tenant.waiting < MAX_WAITING_CALLS) return decided;
  return { ...rest, verdict: Verdict.deny, denial: TOO_MANY_WAITING };
}

function cancellation(tenant: Tenant, { call, cancellation: { reason } }: CancelledCall): readonly Fact[] {
  const { invocation, agent } = call;
  const data = { invocation, agent, ...(reason === undefined ? {} : { reason }) };
  return [{ type: 'invocation.cancelled', tenant: tenant.id, data }];
}

function unowed({ status, call }: LivingCall): never {
  invariant(false, `an answer is owed for "${call.invocation}", but its status is "${status}"`);
}
