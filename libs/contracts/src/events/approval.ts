/**
 * The life of an approval beside its votes: who is asked later, what ends it early, its use, and what people give
 * ahead of time. What a person writes (delegations, standing grants) stands on that person's own subject and is
 * strict, as all that comes from outside.
 */
import { z } from 'zod';
import { digest } from '../digest.ts';
import { escalationStage, quorum } from '../files/policy-file.ts';
import { agentId, invocationId, token, toolName } from '../ids.ts';
import { MAX_TEXT_LENGTH } from '../limits.ts';
import { denial } from '../outcome.ts';
import { amounts } from '../quantities.ts';

/** Longest life of a standing grant. */
export const MAX_STANDING_SECONDS = 8 * 3_600;

/** What one rule asks of people; a call that several rules ask for is granted when each of them has its own. */
export const demand = z.object({
  /** Names of the policies that ask for exactly this. */
  policies: z.array(z.string()),
  approvers: z.array(token),
  quorum,
  separationOfDuties: z.boolean().optional(),
  /** `afterSeconds` counts from `askedAtMs` of the terms. */
  escalate: z.array(escalationStage).optional(),
  breakGlass: z.array(token).optional(),
});
export type Demand = z.infer<typeof demand>;

/** A stage of one or several demands has come: these are asked besides all others. */
export const approvalEscalated = z.object({
  invocation: invocationId,
  agent: agentId,
  /** When the stage was due, epoch milliseconds. */
  dueMs: z.number().int(),
  policies: z.array(z.string()),
  approvers: z.array(token),
});

/** A granted call that waits for its run was decided again under a newer catalog, and may still run. */
export const approvalConfirmed = z.object({
  invocation: invocationId,
  argsDigest: digest,
  bundle: digest,
  catalogRevision: z.number().int().nonnegative(),
});

/** It may not run any more under the newer catalog; the scheduler ends it unless it runs already. */
export const approvalRevoked = z.object({
  invocation: invocationId,
  argsDigest: digest,
  bundle: digest,
  catalogRevision: z.number().int().nonnegative(),
  denial,
});

/** The granted call is handed to an executor, in the same commit: an approval is used once. */
export const approvalConsumed = z.object({ invocation: invocationId, argsDigest: digest });

/** From now until `untilMs`, `to` may vote in the writer's name; a time in the past ends it. */
export const approvalDelegated = z.strictObject({
  to: token,
  untilMs: z.number().int(),
  reason: z.string().max(MAX_TEXT_LENGTH).optional(),
});

/** The writer's yes to every call of this exact pattern, until it is used up or over. */
export const standingGranted = z.strictObject({
  standing: token,
  tool: toolName,
  project: token,
  /** Boolean expression over `args` alone. */
  condition: z.string().min(1).max(4_000),
  maxUses: z.number().int().min(1).max(10_000),
  /** Most of each unit over all uses together; a call that costs of another unit does not match. */
  maxCost: amounts,
  lastsSeconds: z.number().int().min(1).max(MAX_STANDING_SECONDS),
  reason: z.string().max(MAX_TEXT_LENGTH).optional(),
});

/** Only its giver takes a standing grant back. */
export const standingWithdrawn = z.strictObject({ standing: token });
