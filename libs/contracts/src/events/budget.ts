/** What the budget service writes on `writ.<tenant>.budget`. Settling is a fold of `execution.completed`: no fact. */
import { z } from 'zod';
import { digest } from '../digest.ts';
import { agentId, invocationId, token } from '../ids.ts';
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

/** A soft limit that a call goes over. */
export const overSoftLimit = z.object({
  account: z.string(),
  unit: unitName,
  asked: micros,
  softLimit: micros,
  spent: micros,
  held: micros,
});

/** The hold is taken, but over a soft limit: people decide whether it may be used. */
export const budgetEscalated = z.object({
  invocation: invocationId,
  argsDigest: digest,
  justification: z.string(),
  over: z.array(overSoftLimit),
  approvers: z.array(token).optional(),
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
