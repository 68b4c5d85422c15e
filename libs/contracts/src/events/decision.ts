/** What the policy service writes on `writ.<tenant>.decisions`, and the votes it counts. */
import { z } from 'zod';
import { digest } from '../digest.ts';
import { PolicyAction, PolicyMode } from '../files/policy-file.ts';
import { agentId, invocationId, token, toolName } from '../ids.ts';
import { MAX_TEXT_LENGTH } from '../limits.ts';
import { denial } from '../outcome.ts';
import { amounts } from '../quantities.ts';
import { demand } from './approval.ts';
import { softLimitPassed } from './budget.ts';

export const Verdict = { allow: 'allow', deny: 'deny', requireApproval: 'require-approval' } as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

/** A rule whose condition held, or could not be evaluated. */
export const matchedRule = z.object({
  policy: z.string(),
  action: z.enum(PolicyAction),
  mode: z.enum(PolicyMode),
  /** The values that made it match, `tool.cost = 1200 node-hours`; not for rules that plainly allowed. */
  because: z.string().optional(),
});

/** Who must say yes, how many of them, and until when (epoch milliseconds). */
export const approvalTerms = z.object({
  /** All groups that are asked at first; empty: any approver. */
  approvers: z.array(token),
  /** The greatest quorum of all demands. */
  quorum: z.number().int().positive(),
  expiresAtMs: z.number().int(),
  /** Each must be fulfilled; absent in older facts: the one demand that `approvers` and `quorum` say. */
  demands: z.array(demand).optional(),
  askedAtMs: z.number().int().optional(),
  /** How long a granted call may wait for its run. */
  validMs: z.number().int().positive().optional(),
});
export type ApprovalTerms = z.infer<typeof approvalTerms>;

/** The verdict over one call, with all that the next pillars need, so that they need not fold the request's inputs. */
export const policyDecided = z.object({
  invocation: invocationId,
  agent: agentId,
  tool: toolName,
  argsDigest: digest,
  verdict: z.enum(Verdict),
  project: token,
  campaign: token.optional(),
  /** The most that the call may use: the budget holds this much. */
  ceiling: amounts,
  rules: z.array(matchedRule),
  bundle: digest,
  /** Ledger sequence of the catalog commit in force. */
  catalogRevision: z.number().int().nonnegative(),
  denial: denial.optional(),
  approval: approvalTerms.optional(),
  /** Standing grants that spoke for their givers. */
  standing: z.array(token).optional(),
  /** Groups whose members are told of the call. */
  notify: z.array(token).optional(),
  /** Why the agent needs the call, when it says: what a budget asks for above its soft limits. */
  justification: z.string().max(MAX_TEXT_LENGTH).optional(),
});
export type PolicyDecided = z.infer<typeof policyDecided>;

/** A request that cannot be decided because it is not well formed, or repeats an id with other arguments. */
export const requestRejected = z.object({
  agent: agentId,
  /** Absent when the message was too broken to name one. */
  invocation: invocationId.optional(),
  /** The CloudEvents id of the message, when it had one. */
  event: z.string().optional(),
  reason: z.enum([
    'malformed',
    'too-large',
    'digest-mismatch',
    'duplicate-id',
    'invalid-inputs',
    'unsupported-type',
  ]),
  /** What is wrong, where, and what would be right. */
  detail: z.string(),
});

export const approvalOpened = z.object({
  invocation: invocationId,
  agent: agentId,
  tool: toolName,
  argsDigest: digest,
  terms: approvalTerms,
  ceiling: amounts,
  /** Names of the policies that asked. */
  policies: z.array(z.string()),
  justification: z.string().optional(),
  /** Why people are asked: a rule, a soft limit of the budget, or both. */
  causes: z.array(z.enum(['policy', 'budget'])).optional(),
  over: z.array(softLimitPassed).optional(),
  bundle: digest.optional(),
  /** Ledger sequence of the fact that holds its money. */
  hold: z.number().int().nonnegative().optional(),
});

export const approvalVoted = z
  .strictObject({
    invocation: invocationId,
    vote: z.enum(['approve', 'deny']),
    /** What the voter saw; a vote over other arguments does not count. */
    argsDigest: digest,
    reason: z.string().max(MAX_TEXT_LENGTH).optional(),
    /** Grants alone, where the rule names the voter's group for emergencies; everyone skipped is told. */
    breakGlass: z.literal(true).optional(),
  })
  .refine(({ breakGlass, vote }) => !breakGlass || vote === 'approve', 'only an approval can break the glass')
  .refine(({ breakGlass, reason }) => !breakGlass || reason, 'breaking the glass needs a reason');

export const approvalGranted = z.object({
  invocation: invocationId,
  argsDigest: digest,
  by: z.array(token),
  /** Of those who voted in another's name: whose. */
  inNameOf: z.record(token, token).optional(),
  /** Standing grants that spoke for their givers. */
  standing: z.array(token).optional(),
  /** Until when the call may be handed to an executor, epoch milliseconds. */
  validUntilMs: z.number().int().optional(),
  /** One person alone granted, in an emergency; `skipped` were not heard and are told. */
  breakGlass: z.object({ by: token, reason: z.string(), skipped: z.array(token) }).optional(),
});

/**
 * What a person found out about a call that is indeterminate; written on that person's own approvals subject. It ends
 * the call only through `schedule.resolved`.
 */
export const invocationResolved = z.strictObject({
  invocation: invocationId,
  outcome: z.enum(['succeeded', 'failed']),
  reason: z.string().max(MAX_TEXT_LENGTH).optional(),
  /** What it used; absent: the budget charges its ceiling, because nobody can show that it used less. */
  used: amounts.optional(),
});

export const approvalDenied = z.object({
  invocation: invocationId,
  by: token,
  inNameOf: token.optional(),
  reason: z.string().optional(),
});
export const approvalExpired = z.object({ invocation: invocationId, votes: z.array(token) });

/** The call ends here because its agent asked for that before it ran; written by whoever held it. */
export const invocationCancelled = z.object({
  invocation: invocationId,
  agent: agentId,
  reason: z.string().optional(),
});
