/** Whom a call that needs approval waits for: the terms of all rules that asked, merged to the strictest. */
import { policyRule } from '@writ/contracts';
import type { ApprovalRule, ApprovalTerms, GroupsSpec, Instant, PolicyRule } from '@writ/contracts';
import { MAX_APPROVER_GROUPS } from './limits.ts';

/** What a rule without `approval:` means. */
const DEFAULT_RULE: ApprovalRule = policyRule.shape.approval.unwrap().parse({});

/**
 * The union of the groups, the greatest quorum, the earliest expiry. A rule that names no group is content
 * with any approver, so it is content with the groups that another one names.
 */
export function mergeTerms(asking: readonly PolicyRule[], now: Instant): ApprovalTerms {
  const rules = asking.map((rule) => rule.approval ?? DEFAULT_RULE);
  const approvers = [...new Set(rules.flatMap((rule) => rule.approvers))].sort();
  return {
    approvers: approvers.slice(0, MAX_APPROVER_GROUPS),
    quorum: Math.max(...rules.map((rule) => rule.quorum)),
    expiresAtMs: now + Math.min(...rules.map((rule) => rule.expiresSeconds)) * 1_000,
  };
}

/** Whether a person may vote: in one of the named groups as they stand now, or anyone when none is named. */
export function mayVote(person: string, { approvers }: ApprovalTerms, groups: GroupsSpec): boolean {
  return approvers.length === 0 || approvers.some((group) => members(groups, group).includes(person));
}

/** A group by its own name only: `constructor` is no group that every tenant has. */
function members(groups: GroupsSpec, group: string): readonly string[] {
  return Object.hasOwn(groups, group) ? (groups[group] ?? []) : [];
}
