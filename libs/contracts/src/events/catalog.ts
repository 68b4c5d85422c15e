/** What operators publish on `writ.<tenant>.catalog` (`writ apply`). The last fact about a name is in force. */
import { z } from 'zod';
import { digest } from '../digest.ts';
import { breakerScope, breakerSpec } from '../files/breaker-file.ts';
import { budgetSpec } from '../files/budget-file.ts';
import {
  concurrencySpec,
  environmentSpec,
  groupsSpec,
  ownersSpec,
  shareSpec,
} from '../files/governance-file.ts';
import { policyRule } from '../files/policy-file.ts';
import { toolSpec } from '../files/tool-file.ts';
import { invocationId, token, toolName } from '../ids.ts';
import { MAX_TEXT_LENGTH } from '../limits.ts';
import { planMode } from '../plan-mode.ts';

export const toolRegistered = z.object({ tool: toolSpec });
export const toolRetired = z.object({ tool: toolName });
/** The tenant's whole bundle; replaces the one before. */
export const policyPublished = z.object({
  bundle: digest,
  policies: z.array(policyRule).max(10_000),
  /**
   * A condition reads `budget` (`readsBudget`): from here on the budget states the tenant's balances, and decisions wait for
   * them. Where it is absent, as in older ledgers, policy adds up what it sees of whole allocations (ADR 012).
   */
  balances: z.literal('stated').optional(),
});
export const budgetDefined = z.object({ budget: budgetSpec });
/** The account is no longer limited; what is held stays until it is closed. */
export const budgetRetired = z.object({ account: z.string() });
export const breakerConfigured = z.object({ breaker: breakerSpec });
/** The scope has no terms of its own any more: a tool of a tenant has the defaults, nothing else is watched. */
export const breakerRetired = z.object({ scope: breakerScope });

/**
 * What an operator can make of a circuit: `open` refuses its calls, `paused` lets them wait, `closed` lets them through,
 * `metrics-only` lets them through and goes on counting.
 */
export const ForcedMode = {
  open: 'open',
  paused: 'paused',
  closed: 'closed',
  metricsOnly: 'metrics-only',
} as const;
export type ForcedMode = (typeof ForcedMode)[keyof typeof ForcedMode];

/** The circuit is what the operator says, until the time is over or it is released; its own state waits meanwhile. */
export const breakerForced = z.object({
  scope: breakerScope,
  mode: z.enum(ForcedMode),
  /** Absent: until it is released. */
  ttlSeconds: z
    .number()
    .positive()
    .max(30 * 86_400)
    .optional(),
  reason: z.string().min(1).max(MAX_TEXT_LENGTH),
});
/** What was forced ends now; the circuit goes on from where it was. */
export const breakerReleased = z.object({
  scope: breakerScope,
  reason: z.string().min(1).max(MAX_TEXT_LENGTH),
});
/** A running call of a `resumable` tool gives its place up and goes back into the queue. */
export const preemptionRequested = z.object({
  invocation: invocationId,
  reason: z.string().min(1).max(MAX_TEXT_LENGTH),
});
export const environmentDefined = z.object({ environment: environmentSpec });
export const groupsDefined = z.object({ groups: groupsSpec });
export const ownersDefined = z.object({ owners: ownersSpec });
/** All shares of the tenant, or of the tenants themselves in the catalog of the cell; replaces those before. */
export const sharesDefined = z.object({ shares: z.array(shareSpec).max(10_000) });
/** All concurrency limits of the tenant; replaces those before. */
export const concurrencyDefined = z.object({ limits: z.array(concurrencySpec).max(10_000) });
/** `parallelEnabled: false` makes every step sequential: a kill switch. Of the tenant `_cell` it holds for all tenants. */
export const schedulingConfigured = z.object({
  parallelEnabled: z.boolean(),
  pool: token.optional(),
  plan: planMode.optional(),
});

/**
 * A change of these can change what policy says of a granted call: policy decides it again, and until that is
 * recorded the scheduler does not hand it out.
 */
export const GOVERNING_TYPES: ReadonlySet<string> = new Set([
  'tool.registered',
  'tool.retired',
  'policy.published',
  'environment.defined',
]);
