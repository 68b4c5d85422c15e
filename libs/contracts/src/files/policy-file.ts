/** A policy as its author writes it. Conditions are expressions of `libs/expressions`, checked when a file is loaded. */
import { z } from 'zod';
import { token } from '../ids.ts';
import { MAX_TEXT_LENGTH } from '../limits.ts';

/** What a rule does with a call that its condition matches; `libs/policy/README.md` says how several combine. */
export const PolicyAction = {
  allow: 'allow',
  deny: 'deny',
  requireApproval: 'require-approval',
  requireJustification: 'require-justification',
  limit: 'limit',
  notify: 'notify',
} as const;
export type PolicyAction = (typeof PolicyAction)[keyof typeof PolicyAction];

/** An enforced rule decides; a shadow rule is evaluated and recorded, never applied. */
export const PolicyMode = { enforce: 'enforce', shadow: 'shadow' } as const;
export type PolicyMode = (typeof PolicyMode)[keyof typeof PolicyMode];

/** How long an approval waits where nobody says otherwise. */
export const APPROVAL_EXPIRES_SECONDS = 86_400;

const groupNames = z.array(token).max(16);
export const quorum = z.number().int().min(1).max(16);
const waitSeconds = z
  .number()
  .int()
  .min(1)
  .max(30 * 86_400);

/** A later stage of an approval: these are asked too once nobody has decided for so long. */
export const escalationStage = z.strictObject({
  /** Seconds since the approval opened; each stage later than the one before. */
  afterSeconds: waitSeconds,
  /** Groups that are asked besides those of the stages before. */
  approvers: groupNames.min(1),
  /** How many different persons must approve from then on; absent: as many as before. */
  quorum: quorum.optional(),
});

export const approvalRule = z
  .strictObject({
    /** Groups of the catalog whose members may vote; empty: any approver of the tenant. */
    approvers: groupNames.default([]),
    /** How many different persons must approve. */
    quorum: quorum.default(1),
    /** Each of them has to stand for another group. */
    separationOfDuties: z.boolean().optional(),
    /** Seconds until an unanswered approval counts as denied. */
    expiresSeconds: waitSeconds.default(APPROVAL_EXPIRES_SECONDS),
    /** Seconds for which a granted call may wait for its run; absent: as many as `expiresSeconds`. */
    validSeconds: waitSeconds.optional(),
    /** Who else is asked while nobody decides. */
    escalate: z.array(escalationStage).max(4).optional(),
    /** Groups of which one member alone may grant, with a reason; absent: nobody may. */
    breakGlass: groupNames.min(1).optional(),
  })
  .superRefine((rule, context) => {
    const problem = approvalProblem(rule);
    if (problem) context.addIssue({ code: 'custom', ...problem });
  });
export type ApprovalRule = z.infer<typeof approvalRule>;

/** Whose calls a limit counts together. */
export const LimitScope = {
  agent: 'agent',
  tool: 'tool',
  project: 'project',
  agentTool: 'agent-tool',
} as const;
export type LimitScope = (typeof LimitScope)[keyof typeof LimitScope];

/** At most so many allowed calls within any window of this length. */
export const limitRule = z.strictObject({
  calls: z.number().int().min(1).max(1_000_000),
  per: z.enum(LimitScope),
  windowSeconds: z
    .number()
    .int()
    .min(1)
    .max(7 * 86_400),
});
export type LimitRule = z.infer<typeof limitRule>;

export const notifyRule = z.strictObject({
  /** Groups of the catalog whose members are told of the call; the decision names them. */
  groups: groupNames.min(1),
});
export type NotifyRule = z.infer<typeof notifyRule>;

/** A rule as the ledger holds it. */
export const policyRule = z.strictObject({
  name: token,
  description: z.string().max(MAX_TEXT_LENGTH).optional(),
  /** Boolean expression over `tool`, `args`, `agent`, `request`, `env`, `budget`, `history`, `time`. */
  condition: z.string().min(1).max(4_000),
  action: z.enum(PolicyAction),
  mode: z.enum(PolicyMode).default('enforce'),
  approval: approvalRule.optional(),
  limit: limitRule.optional(),
  notify: notifyRule.optional(),
});
export type PolicyRule = z.infer<typeof policyRule>;

/** Told from the words of the conditions, so it may say yes where the word only stands in a string. */
export function readsBudget(policies: readonly Pick<PolicyRule, 'condition'>[]): boolean {
  return policies.some(({ condition }) => /\bbudget\b/.test(condition));
}

/** The field that says more about an action, and whether that action needs it. */
const DETAILS = [
  { field: 'approval', action: PolicyAction.requireApproval, needed: false },
  { field: 'limit', action: PolicyAction.limit, needed: true },
  { field: 'notify', action: PolicyAction.notify, needed: true },
] as const;

/** `policies:` of a governance file: stricter than what older ledgers may hold. */
export const policyFileRule = policyRule.superRefine((rule, context) => {
  for (const { field, action, needed } of DETAILS) {
    const given = rule[field] !== undefined;
    if (given && rule.action !== action) {
      const message = `belongs to the action ${action}; this rule has the action ${rule.action}`;
      context.addIssue({ code: 'custom', path: [field], message });
    }
    if (!given && needed && rule.action === action) {
      const message = `of this rule is "${action}", which needs the field "${field}"`;
      context.addIssue({ code: 'custom', path: ['action'], message });
    }
  }
});

interface Stages {
  readonly approvers: readonly string[];
  readonly quorum: number;
  readonly separationOfDuties?: boolean | undefined;
  readonly expiresSeconds: number;
  readonly escalate?:
    | readonly {
        readonly afterSeconds: number;
        readonly approvers: readonly string[];
        readonly quorum?: number | undefined;
      }[]
    | undefined;
}

/** What no run of the clock could ever reach or fulfil, found when the file is loaded. */
export function approvalProblem(rule: Stages): { path: (string | number)[]; message: string } | undefined {
  const { approvers, separationOfDuties, expiresSeconds, escalate = [] } = rule;
  if (escalate.length > 0 && approvers.length === 0) {
    return {
      path: ['approvers'],
      message: 'must name the groups that are asked before those of "escalate"',
    };
  }
  const groups = new Set(approvers);
  let { quorum: most } = rule;
  if (separationOfDuties && most > groups.size)
    return { path: ['quorum'], message: tooFewGroups(groups.size) };
  let before = 0;
  for (const [index, stage] of escalate.entries()) {
    const path = ['escalate', index];
    if (stage.afterSeconds <= before)
      return {
        path: [...path, 'afterSeconds'],
        message: `must be later than the stage before (${before} s)`,
      };
    if (stage.afterSeconds >= expiresSeconds)
      return {
        path: [...path, 'afterSeconds'],
        message: `must be earlier than the approval runs out (${expiresSeconds} s)`,
      };
    before = stage.afterSeconds;
    for (const group of stage.approvers) groups.add(group);
    most = stage.quorum ?? most;
    if (separationOfDuties && most > groups.size)
      return { path: [...path, 'quorum'], message: tooFewGroups(groups.size) };
  }
  return undefined;
}

function tooFewGroups(groups: number): string {
  return `must be at most ${groups}: each person has to stand for another group (separationOfDuties)`;
}
