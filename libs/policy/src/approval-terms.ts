/**
 * Whom a call that needs approval waits for: one demand for every rule that asked, each to be fulfilled on its own, so
 * that no rule's people can speak for another's. Later stages of a demand add groups; they never take any away.
 */
import { policyRule } from '@writ/contracts';
import type {
  ApprovalRule,
  ApprovalTerms,
  Demand,
  EventData,
  GroupsSpec,
  Instant,
  PolicyRule,
} from '@writ/contracts';
import { MAX_APPROVER_GROUPS, MAX_RECORDED_RULES } from './limits.ts';

/** What a rule without `approval:` means. */
const DEFAULT_RULE: ApprovalRule = policyRule.shape.approval.unwrap().parse({});

/** The demand of a soft limit bears this name where those of rules bear their policies' names. */
export const SOFT_LIMIT = 'writ:soft-limit';

/** All demands, the earliest expiry and the shortest validity. Rules that ask for the same share one demand. */
export function mergeTerms(asking: readonly PolicyRule[], now: Instant): ApprovalTerms {
  const rules = asking.map((rule) => rule.approval ?? DEFAULT_RULE);
  const demands = new Map<string, Demand>();
  for (const [index, rule] of rules.entries()) {
    const demand = demandOf(rule);
    const key = JSON.stringify(demand);
    const policies = [...(demands.get(key)?.policies ?? []), asking[index]?.name ?? ''];
    demands.set(key, { ...demand, policies: policies.slice(0, MAX_RECORDED_RULES) });
  }
  const valid = rules.map(({ validSeconds, expiresSeconds }) => validSeconds ?? expiresSeconds);
  return {
    ...summary([...demands.values()]),
    expiresAtMs: now + Math.min(...rules.map((rule) => rule.expiresSeconds)) * 1_000,
    askedAtMs: now,
    validMs: Math.min(...valid) * 1_000,
  };
}

/** The terms of an approval that a soft limit asks for too, or (`terms` absent) alone. */
export function withSoftLimit(
  terms: ApprovalTerms | undefined,
  { approvers = [], escalate, expiresAt }: EventData<'budget.escalated'>,
  now: Instant,
): ApprovalTerms {
  const stages = escalate ? { escalate } : {};
  const demand: Demand = { policies: [SOFT_LIMIT], approvers, quorum: 1, ...stages };
  const lasts = DEFAULT_RULE.expiresSeconds * 1_000;
  const own = { expiresAtMs: expiresAt ?? now + lasts, askedAtMs: now, validMs: lasts };
  if (!terms) return { ...own, ...summary([demand]) };
  return {
    ...own,
    ...terms,
    ...summary([...demandsOf(terms), demand]),
    expiresAtMs: Math.min(terms.expiresAtMs, expiresAt ?? Infinity),
  };
}

/** Older facts have one demand, written in the terms themselves. */
export function demandsOf({ demands, approvers, quorum }: ApprovalTerms): readonly Demand[] {
  return demands ?? [{ policies: [], approvers, quorum }];
}

/** Who is asked by a demand at `reachedMs`, and how many of them must say yes. */
export function askedBy(
  { approvers, quorum, escalate = [] }: Demand,
  { askedAtMs = 0 }: ApprovalTerms,
  reachedMs: Instant,
): { readonly approvers: readonly string[]; readonly quorum: number } {
  const reached = escalate.filter(({ afterSeconds }) => askedAtMs + afterSeconds * 1_000 <= reachedMs);
  if (reached.length === 0) return { approvers, quorum };
  return {
    approvers: [...approvers, ...reached.flatMap((stage) => stage.approvers)],
    quorum: reached.reduce((asked, stage) => stage.quorum ?? asked, quorum),
  };
}

/** When the next stage of any demand is due after `reachedMs`. */
export function nextStageMs(terms: ApprovalTerms, reachedMs: Instant): Instant | undefined {
  const { askedAtMs = 0, expiresAtMs } = terms;
  let next: Instant | undefined;
  for (const { escalate = [] } of demandsOf(terms)) {
    for (const { afterSeconds } of escalate) {
      const due = askedAtMs + afterSeconds * 1_000;
      if (due > reachedMs && due < expiresAtMs && due < (next ?? Infinity)) next = due;
    }
  }
  return next;
}

/** The groups of all stages. */
export function everAsked({ approvers, escalate = [] }: Demand): readonly string[] {
  return [...approvers, ...escalate.flatMap((stage) => stage.approvers)];
}

/** A group by its own name only: `constructor` is no group that every tenant has. */
export function membersOf(groups: GroupsSpec, group: string): readonly string[] {
  return Object.hasOwn(groups, group) ? (groups[group] ?? []) : [];
}

function demandOf(rule: ApprovalRule): Demand {
  const { approvers, quorum, separationOfDuties, escalate, breakGlass } = rule;
  return {
    policies: [],
    approvers: [...new Set(approvers)].sort(),
    quorum,
    ...(separationOfDuties ? { separationOfDuties } : {}),
    ...(escalate?.length ? { escalate } : {}),
    ...(breakGlass ? { breakGlass } : {}),
  };
}

function summary(demands: readonly Demand[]): Pick<ApprovalTerms, 'approvers' | 'quorum' | 'demands'> {
  const approvers = [...new Set(demands.flatMap((demand) => demand.approvers))].sort();
  return {
    approvers: approvers.slice(0, MAX_APPROVER_GROUPS),
    quorum: Math.max(...demands.map((demand) => demand.quorum)),
    demands: [...demands],
  };
}
