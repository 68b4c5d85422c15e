/** A policy as its author writes it. Conditions are expressions of `libs/expressions`, checked when a file is loaded. */
import { z } from 'zod';
import { token } from '../ids.ts';
import { MAX_TEXT_LENGTH } from '../limits.ts';

export const PolicyAction = {
  allow: 'allow',
  deny: 'deny',
  requireApproval: 'require-approval',
} as const;
export type PolicyAction = (typeof PolicyAction)[keyof typeof PolicyAction];

/** An enforced rule decides; a shadow rule is evaluated and recorded, never applied. */
export const PolicyMode = { enforce: 'enforce', shadow: 'shadow' } as const;
export type PolicyMode = (typeof PolicyMode)[keyof typeof PolicyMode];

export const approvalRule = z.strictObject({
  /** Groups of the catalog whose members may vote; empty: any approver of the tenant. */
  approvers: z.array(token).max(16).default([]),
  /** How many different persons must approve. */
  quorum: z.number().int().min(1).max(16).default(1),
  /** Seconds until an unanswered approval counts as denied. */
  expiresSeconds: z
    .number()
    .int()
    .min(1)
    .max(30 * 86_400)
    .default(86_400),
});
export type ApprovalRule = z.infer<typeof approvalRule>;

/** `policies:` of a governance file. */
export const policyRule = z.strictObject({
  name: token,
  description: z.string().max(MAX_TEXT_LENGTH).optional(),
  /** Boolean expression over `tool`, `args`, `agent`, `request`, `env`. */
  condition: z.string().min(1).max(4_000),
  action: z.enum(PolicyAction),
  mode: z.enum(PolicyMode).default('enforce'),
  approval: approvalRule.optional(),
});
export type PolicyRule = z.infer<typeof policyRule>;
