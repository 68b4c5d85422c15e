/** What the budget service writes on `writ.<tenant>.budget`. Settling is a fold of `execution.completed`: no fact. */
import { z } from 'zod';
import { digest } from '../digest.ts';
import { escalationStage } from '../files/policy-file.ts';
import { agentId, invocationId, token, toolName } from '../ids.ts';
import { MAX_TEXT_LENGTH } from '../limits.ts';
import { micros, unitName } from '../quantities.ts';

/** Part of a hold: so much of one unit in one account, under every limit that the account sets on it for the call's tool. */
export const holdLine = z.object({ account: z.string(), unit: unitName, amount: micros });
export type HoldLine = z.infer<typeof holdLine>;

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

/** The call's ceiling is held in every account on its path, all or nothing. */
export const budgetReserved = z.object({
  invocation: invocationId,
  holds: z.array(holdLine),
  /** It goes over soft limits: as a recorded debt, or as people granted after `budget.escalated`. */
  overdraft: z.literal(true).optional(),
  over: z.array(softLimitPassed).optional(),
});

/** Instead of `budget.reserved`: people are asked whether it may go over soft limits. The hold is taken already. */
export const budgetEscalated = z.object({
  invocation: invocationId,
  argsDigest: digest,
  justification: z.string().max(MAX_TEXT_LENGTH),
  holds: z.array(holdLine),
  over: z.array(softLimitPassed),
  /** Groups whose members may vote; absent: any approver of the tenant. */
  approvers: z.array(token).optional(),
  /** Who else is asked while nobody decides, the earliest first. */
  escalate: z.array(escalationStage).optional(),
  /** When silence counts as a no, epoch milliseconds; absent: as long as approvals wait by default. */
  expiresAt: z.number().int().optional(),
});

/** What would have to happen for a refused call to fit, if nothing else is asked meanwhile. */
const fit = {
  /** When the limit's window gives back enough by itself, epoch milliseconds. */
  fitsAtMs: z.number().int().optional(),
  /** Open holds that would have to end without being used: how much of them, and the first of those calls. */
  afterHolds: z
    .object({ amount: micros, calls: z.number().int().nonnegative(), oldest: z.array(invocationId) })
    .optional(),
};

export const budgetRefused = z.object({
  invocation: invocationId,
  agent: agentId,
  reason: z.enum(['exhausted', 'unknown-account', 'justification-required', 'no-estimate']),
  account: z.string(),
  unit: unitName.optional(),
  ...limitName,
  asked: micros.optional(),
  free: micros.optional(),
  limit: micros.optional(),
  softLimit: micros.optional(),
  ...fit,
  /** What is short, and when or with what change it would fit. */
  detail: z.string(),
});

/** A hold closed without being used. */
export const budgetReleased = z.object({
  invocation: invocationId,
  reason: z.enum(['denied', 'expired', 'cancelled', 'refused']),
});

/** A run used more than was held: charged on top of the hold, and said. */
export const budgetAdjusted = z.object({
  invocation: invocationId,
  reason: z.literal('overrun'),
  lines: z.array(holdLine),
});

/** Spent plus held passed a share of the limit. */
export const budgetAlerted = z.object({
  account: z.string(),
  unit: unitName,
  ...limitName,
  share: z.number(),
  used: micros,
  limit: micros,
});

/** One limit in force and all that counts against it: held, settled in its window, and owed by windows before. */
export const statedLimit = z.object({
  account: z.string(),
  unit: unitName,
  ...limitName,
  limit: micros,
  used: micros,
  /**
   * What time alone takes off `used`, in order: from `at` on so much less counts. Told in place of all that was told before
   * from the first `at` on. Absent: nothing new.
   */
  falls: z.array(z.object({ at: z.number().int(), amount: micros })).optional(),
});
export type StatedLimit = z.infer<typeof statedLimit>;

/**
 * Balances of a tenant whose policies read `budget`: each limit that changed since it was stated last; all of them after a
 * publish that begins it, all of an account after its definition. Written only for such tenants (ADR 027).
 */
export const budgetStated = z.object({
  /** Ledger sequence: every fact of `MOVING_TYPES` up to there is in the balances. */
  asOf: z.number().int().nonnegative(),
  /** Ledger time of `used`, epoch milliseconds. */
  at: z.number(),
  limits: z.array(statedLimit),
  /** More facts of the same statement follow; balances are as of `asOf` with the last. */
  more: z.literal(true).optional(),
});

/** What others write that moves money, or changes the accounts. What the budget itself writes is in its statements at once. */
export const MOVING_TYPES: ReadonlySet<string> = new Set([
  'budget.defined',
  'budget.retired',
  'payload.removed',
  'storage.returned',
  'schedule.resolved',
  'execution.attempted',
  'execution.completed',
]);
