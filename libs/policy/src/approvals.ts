/**
 * The facts of an approval: opened once the call's money is held, closed exactly once. What closes it carries the
 * final decision with it, so that one never stands without the other.
 */
import { DenialClass, Verdict } from '@writ/contracts';
import type { Denial, EventData, Fact, Instant, PolicyDecided, TenantId } from '@writ/contracts';
import { askedBy, demandsOf, nextStageMs, SOFT_LIMIT } from './approval-terms.ts';
import { MAX_REASON_LENGTH } from './limits.ts';
import type { ApprovalDecision, ApprovedCall, DisapprovedCall, HeldCall, OpenCall } from './living-call.ts';
import { decideAgain } from './recheck.ts';
import { entitledVotes } from './ballots.ts';
import type { Tenant } from './state.ts';

export function opened(tenant: TenantId, { call, decision, money }: HeldCall): readonly Fact[] {
  const { invocation, agent, tool, argsDigest, request } = call;
  const { hold, over } = money;
  const policies = askingPolicies(decision);
  const data = {
    invocation,
    agent,
    tool,
    argsDigest,
    terms: decision.approval,
    ceiling: decision.ceiling,
    policies,
    ...(request.justification === undefined ? {} : { justification: request.justification }),
    ...(over ? { causes: causesOf(policies), over: [...over] } : {}),
    bundle: decision.bundle,
    hold,
  };
  return [{ type: 'approval.opened', tenant, data }];
}

/** The stage that is due next; nothing when the approval runs out instead. */
export function escalated(tenant: TenantId, { call, decision, reachedMs }: OpenCall): readonly Fact[] {
  const { approval: terms } = decision;
  const dueMs = nextStageMs(terms, reachedMs);
  if (dueMs === undefined) return [];
  const moved = demandsOf(terms).filter(
    (demand) =>
      askedBy(demand, terms, dueMs).approvers.length > askedBy(demand, terms, reachedMs).approvers.length,
  );
  const added = moved.flatMap((demand) =>
    askedBy(demand, terms, dueMs).approvers.slice(askedBy(demand, terms, reachedMs).approvers.length),
  );
  const data = {
    invocation: call.invocation,
    agent: call.agent,
    dueMs,
    policies: moved.flatMap(({ policies }) => policies),
    approvers: [...new Set(added)].sort(),
  };
  return [{ type: 'approval.escalated', tenant, data }];
}

/** What people allowed still has to pass the catalog as it stands now: it may have changed while they thought. */
export function granted(tenant: Tenant, approved: ApprovedCall, now: Instant): readonly Fact[] {
  const { call, decision, consent } = approved;
  const { invocation, argsDigest } = call;
  const { counted, breakGlass } = consent;
  const names = counted.flatMap(({ by, inNameOf }) =>
    inNameOf === undefined ? [] : [[by, inNameOf] as const],
  );
  const standing = counted.flatMap((vote) => (vote.standing === undefined ? [] : [vote.standing]));
  const { validMs } = decision.approval;
  const data: EventData<'approval.granted'> = {
    invocation,
    argsDigest,
    by: counted.map(({ by }) => by),
    ...(names.length > 0 ? { inNameOf: Object.fromEntries(names) } : {}),
    ...(standing.length > 0 ? { standing } : {}),
    ...(validMs === undefined ? {} : { validUntilMs: now + validMs }),
    ...(breakGlass ? { breakGlass: { ...breakGlass, skipped: [...breakGlass.skipped] } } : {}),
  };
  return [
    { type: 'approval.granted', tenant: tenant.id, data },
    { type: 'policy.decided', tenant: tenant.id, data: afterGrant(tenant, approved, standing, now) },
  ];
}

export function disapproved(tenant: TenantId, { call, decision, no }: DisapprovedCall): readonly Fact[] {
  const { invocation } = call;
  const { by, inNameOf, reason } = no;
  const said = reason === undefined ? '' : `: ${reason}`;
  const denial: Denial = {
    class: DenialClass.permission,
    rule: askingPolicies(decision)[0] ?? SOFT_LIMIT,
    reason: `${by} denied the approval${said}`.slice(0, MAX_REASON_LENGTH),
  };
  const data = {
    invocation,
    by,
    ...(inNameOf === undefined ? {} : { inNameOf }),
    ...(reason === undefined ? {} : { reason }),
  };
  return [
    { type: 'approval.denied', tenant, data },
    { type: 'policy.decided', tenant, data: denied(decision, denial) },
  ];
}

export function expired(tenant: Tenant, open: OpenCall, now: Instant): readonly Fact[] {
  const { call, decision } = open;
  const votes = entitledVotes(tenant, open, now).map(({ by }) => by);
  const denial: Denial = {
    class: DenialClass.transient,
    rule: askingPolicies(decision)[0] ?? SOFT_LIMIT,
    reason: `the approval ran out with ${votes.length} of ${decision.approval.quorum} votes`,
    remedy: 'ask again under a new invocation id and have an approver answer in time',
  };
  return [
    { type: 'approval.expired', tenant: tenant.id, data: { invocation: call.invocation, votes } },
    { type: 'policy.decided', tenant: tenant.id, data: denied(decision, denial) },
  ];
}

/** Names of the policies that asked for approval. */
export function askingPolicies({ rules }: ApprovalDecision): string[] {
  return rules
    .filter((rule) => rule.action === Verdict.requireApproval && rule.mode === 'enforce')
    .map((rule) => rule.policy);
}

/** Why people are asked. */
export function causesOf(policies: readonly string[]): ('policy' | 'budget')[] {
  return policies.length > 0 ? ['policy', 'budget'] : ['budget'];
}

function denied({ approval: _terms, ...decision }: ApprovalDecision, denial: Denial): PolicyDecided {
  return { ...decision, verdict: Verdict.deny, denial };
}

function afterGrant(
  tenant: Tenant,
  { call, decision, consent }: ApprovedCall,
  standing: string[],
  now: Instant,
): PolicyDecided {
  const { approval: _terms, ...asked } = decision;
  const named = standing.length > 0 ? { standing } : {};
  if (tenant.catalog.revision === asked.catalogRevision)
    return { ...asked, verdict: Verdict.allow, ...named };
  const again = decideAgain(tenant, { call, decision, consent }, now);
  if ('denied' in again) return { ...denied(decision, again.denied), ...again.by };
  // The ceiling stays what was approved: that much is held.
  return { ...again.allowed, verdict: Verdict.allow, ceiling: asked.ceiling, ...named };
}
