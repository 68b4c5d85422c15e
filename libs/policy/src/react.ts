/**
 * What policy owes now: approvals that ran out, then the oldest answer of the tenant whose turn it is. One
 * call, one answer; calls of a step are decided independently. Nothing here changes the state: folding the
 * answer does.
 */
import { DenialClass, Verdict, invariant } from '@writ/contracts';
import type { Denial, Fact, Instant, InvocationId, PolicyDecided } from '@writ/contracts';
import { disapproved, expired, granted, opened } from './approvals.ts';
import { decide } from './decision.ts';
import { MAX_REASON_LENGTH, MAX_WAITING_CALLS } from './limits.ts';
import type { CancelledCall, LivingCall, UndecidedCall } from './living-call.ts';
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
    const call = state.tenants.get(run.tenant)?.calls.get(run.invocation);
    invariant(call?.status === 'open', `the approval of "${run.invocation}" runs out, but it is not open`);
    return expired(run.tenant, call);
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
      return opened(tenant.id, living);
    case 'approved':
      return granted(tenant, living, now);
    case 'disapproved':
      return disapproved(tenant.id, living);
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

/** People's attention is bounded: what would wait behind too many others is denied for now. */
function withinBounds(tenant: Tenant, decided: PolicyDecided): PolicyDecided {
  if (decided.verdict !== Verdict.requireApproval || tenant.waiting < MAX_WAITING_CALLS) return decided;
  const { approval: _terms, ...rest } = decided;
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
