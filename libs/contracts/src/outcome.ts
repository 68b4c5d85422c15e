/** How an invocation can end. Exactly one of these is recorded for every invocation that was asked for. */
import { z } from 'zod';

export const Outcome = {
  succeeded: 'succeeded',
  failed: 'failed',
  timedOut: 'timed-out',
  denied: 'denied',
  refused: 'refused',
  rejected: 'rejected',
  expired: 'expired',
  cancelled: 'cancelled',
  /** Nobody saw how it ended; a person said what became of it. */
  indeterminateResolved: 'indeterminate-resolved',
} as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

/** The outcomes of a call that ran. */
export const RunOutcome = {
  succeeded: 'succeeded',
  failed: 'failed',
  timedOut: 'timed-out',
  cancelled: 'cancelled',
} as const;
export type RunOutcome = (typeof RunOutcome)[keyof typeof RunOutcome];

/**
 * Why a call was not allowed, for the agent's next move: `structural` never passes as it stands, `permission` needs a
 * person or another rule, `transient` may pass later.
 */
export const DenialClass = {
  structural: 'structural',
  permission: 'permission',
  transient: 'transient',
} as const;
export type DenialClass = (typeof DenialClass)[keyof typeof DenialClass];

export const denial = z.object({
  class: z.enum(DenialClass),
  /** The rule that decided; a built-in rule starts with `writ:`. */
  rule: z.string(),
  reason: z.string(),
  /** The smallest change that would pass, when it is known. */
  remedy: z.string().optional(),
  /** How often this agent has been denied this very call, this time included; absent the first time. */
  repeats: z.number().int().positive().optional(),
  /** The agent has to stop: the same call was denied before, and nothing but a change of it will pass. */
  final: z.literal(true).optional(),
});
export type Denial = z.infer<typeof denial>;
