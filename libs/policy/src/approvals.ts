/**
 * Approvals: opened once the call's money is held, decided by people over exactly these arguments, closed
 * exactly once. Each person counts once, the agent that asked never, and a single no is enough. The facts
 * that close an approval carry the final decision with them, so that one never stands without the other.
 */
import { DenialClass, Verdict } from '@writ/contracts';
import type {
  Denial,
  Fact,
  GroupsSpec,
  Instant,
  PolicyDecided,
  RecordedFact,
  TenantId,
} from '@writ/contracts';
import { mayVote } from './approval-terms.ts';
import { decide } from './decision.ts';
import { MAX_REASON_LENGTH } from './limits.ts';
import type { ApprovalDecision, ApprovedCall, DisapprovedCall, HeldCall, OpenCall } from './living-call.ts';
import type { Tenant } from './state.ts';

/** The call after this vote; nothing when the vote does not count. */
export function countVote(
  open: OpenCall,
  fact: RecordedFact<'approval.voted'>,
  groups: GroupsSpec,
): OpenCall | ApprovedCall | DisapprovedCall | undefined {
  const { call, decision } = open;
  const { origin: person, data } = fact;
  const terms = decision.approval;
  if (data.argsDigest !== call.argsDigest || fact.at >= terms.expiresAtMs) return undefined;
  if (person === call.agent || !mayVote(person, terms, groups)) return undefined;
  if (data.vote === 'deny') {
    const { reason } = data;
    return { status: 'disapproved', call, decision, by: person, ...(reason === undefined ? {} : { reason }) };
  }
  if (open.votes.includes(person)) return undefined;
  const votes = [...open.votes, person];
  return { status: votes.length >= terms.quorum ? 'approved' : 'open', call, decision, votes };
}

export function opened(tenant: TenantId, { call, decision }: HeldCall): readonly Fact[] {
  const { invocation, agent, tool, argsDigest, request } = call;
  const data = {
    invocation,
    agent,
    tool,
    argsDigest,
    terms: decision.approval,
    ceiling: decision.ceiling,
    policies: askingPolicies(decision),
    ...(request.justification === undefined ? {} : { justification: request.justification }),
  };
  return [{ type: 'approval.opened', tenant, data }];
}

/**
 * What people allowed still has to pass the catalog as it stands now: it may have changed while they thought.
 */
export function granted(tenant: Tenant, approved: ApprovedCall, now: Instant): readonly Fact[] {
  const { invocation, argsDigest } = approved.call;
  return [
    {
      type: 'approval.granted',
      tenant: tenant.id,
      data: { invocation, argsDigest, by: [...approved.votes] },
    },
    { type: 'policy.decided', tenant: tenant.id, data: afterGrant(tenant, approved, now) },
  ];
}

export function disapproved(
  tenant: TenantId,
  { call, decision, by, reason }: DisapprovedCall,
): readonly Fact[] {
  const { invocation } = call;
  const said = reason === undefined ? '' : `: ${reason}`;
  const denial: Denial = {
    class: DenialClass.permission,
    rule: askingPolicies(decision)[0] ?? 'writ:approval',
    reason: `${by} denied the approval${said}`.slice(0, MAX_REASON_LENGTH),
  };
  const data = { invocation, by, ...(reason === undefined ? {} : { reason }) };
  return [
    { type: 'approval.denied', tenant, data },
    { type: 'policy.decided', tenant, data: denied(decision, denial) },
  ];
}

export function expired(tenant: TenantId, { call, decision, votes }: OpenCall): readonly Fact[] {
  const denial: Denial = {
    class: DenialClass.transient,
    rule: askingPolicies(decision)[0] ?? 'writ:approval',
    reason: `the approval ran out with ${votes.length} of ${decision.approval.quorum} votes`,
    remedy: 'ask again under a new invocation id and have an approver answer in time',
  };
  return [
    { type: 'approval.expired', tenant, data: { invocation: call.invocation, votes: [...votes] } },
    { type: 'policy.decided', tenant, data: denied(decision, denial) },
  ];
}

/** Names of the policies that asked for approval. */
export function askingPolicies({ rules }: ApprovalDecision): string[] {
  return rules
    .filter((rule) => rule.action === Verdict.requireApproval && rule.mode === 'enforce')
    .map((rule) => rule.policy);
}

function denied({ approval: _terms, ...decision }: ApprovalDecision, denial: Denial): PolicyDecided {
  return { ...decision, verdict: Verdict.deny, denial };
}

function afterGrant(tenant: Tenant, { call, decision }: ApprovedCall, now: Instant): PolicyDecided {
  const { approval: _terms, ...asked } = decision;
  if (tenant.catalog.revision === asked.catalogRevision) return { ...asked, verdict: Verdict.allow };
  const { decided, invalid } = decide(tenant, call, now);
  if (!decided) return denied(decision, changed(`the inputs no longer fit the tool: ${invalid}`));
  if (decided.verdict === Verdict.deny) return decided;
  if (!covers(asked.ceiling, decided.ceiling)) {
    return denied(decision, changed('the call may cost more now than what was approved and held'));
  }
  const { approval: _newTerms, ...again } = decided;
  // The ceiling stays what was approved: that much is held.
  return { ...again, verdict: Verdict.allow, ceiling: asked.ceiling };
}

function changed(what: string): Denial {
  return {
    class: DenialClass.transient,
    rule: 'writ:changed-since-approval',
    reason: `the catalog changed while people were asked: ${what}`.slice(0, MAX_REASON_LENGTH),
    remedy: 'ask again under a new invocation id',
  };
}

function covers(held: PolicyDecided['ceiling'], needed: PolicyDecided['ceiling']): boolean {
  return Object.entries(needed).every(
    ([unit, amount]) => BigInt(amount) <= BigInt(Object.hasOwn(held, unit) ? (held[unit] ?? '0') : '0'),
  );
}
