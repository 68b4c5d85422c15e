/** What the budget service writes on `writ.<tenant>.budget`. Settling is a fold of `execution.completed`: no fact. */
import { z } from 'zod';
import { digest } from '../digest.ts';
import { agentId, invocationId, token, toolName } from '../ids.ts';
import { MAX_TEXT_LENGTH } from '../limits.ts';
import { micros, unitName } from '../quantities.ts';

/** Part of a hold: so much of one unit in one account. */
export const holdLine = z.object({ account: z.string(), unit: unitName, amount: micros });
export type HoldLine = z.infer<typeof holdLine>;

/** The call's ceiling is held in every account on its path, all or nothing. */
export const budgetReserved = z.object({ invocation: invocationId, holds: z.array(holdLine) });

export const budgetRefused = z.object({
  invocation: invocationId,
  agent: agentId,
  reason: z.enum(['exhausted', 'unknown-account']),
  account: z.string(),
  unit: unitName.optional(),
  asked: micros.optional(),
  free: micros.optional(),
  limit: micros.optional(),
  /** What is short, and when or with what change it would fit. */
  detail: z.string(),
});

/** Which of an account's limits on one unit is meant, where it has several. */
const limitName = {
  /** The tool whose calls alone it limits. */
  tool: toolName.optional(),
  /** `day Europe/Berlin`, `rolling 60 min`; absent: the whole allocation. */
  window: z.string().optional(),
};

/** A soft limit that a call goes over, with what there was when it was asked. */
export const softLimitPassed = z.object({
  account: z.string(),
  unit: unitName,
  ...limitName,
  asked: micros,
  softLimit: micros,
  limit: micros,
  /** Settled in the window, what was overdrawn before included. */
  spent: micros,
  held: micros,
});
export type SoftLimitPassed = z.infer<typeof softLimitPassed>;

/** Instead of `budget.reserved`: people are asked whether it may go over soft limits. The hold is taken already. */
export const budgetEscalated = z.object({
  invocation: invocationId,
  argsDigest: digest,
  justification: z.string().max(MAX_TEXT_LENGTH),
  holds: z.array(holdLine),
  over: z.array(softLimitPassed),
  /** Groups whose members may vote; absent: any approver of the tenant. */
  approvers: z.array(token).optional(),
  /** When silence counts as a no, epoch milliseconds; absent: as long as approvals wait by default. */
  expiresAt: z.number().int().optional(),
});

/** A hold closed without being used. */
export const budgetReleased = z.object({
  invocation: invocationId,
  reason: z.enum(['denied', 'expired', 'cancelled', 'refused']),
});

/** Spent plus held passed a share of the limit. */
export const budgetAlerted = z.object({
  account: z.string(),
  unit: unitName,
  share: z.number(),
  used: micros,
  limit: micros,
});
