/** What operators publish on `writ.<tenant>.catalog` (`writ apply`). The last fact about a name is in force. */
import { z } from 'zod';
import { digest } from '../digest.ts';
import { budgetSpec, breakerSpec, environmentSpec, groupsSpec } from '../files/governance-file.ts';
import { policyRule } from '../files/policy-file.ts';
import { toolSpec } from '../files/tool-file.ts';
import { token, toolName } from '../ids.ts';

export const toolRegistered = z.object({ tool: toolSpec });
export const toolRetired = z.object({ tool: toolName });
/** The tenant's whole bundle; replaces the one before. */
export const policyPublished = z.object({ bundle: digest, policies: z.array(policyRule).max(10_000) });
export const budgetDefined = z.object({ budget: budgetSpec });
/** The account is no longer limited; what is held stays until it is closed. */
export const budgetRetired = z.object({ account: z.string() });
export const breakerConfigured = z.object({ breaker: breakerSpec });
export const environmentDefined = z.object({ environment: environmentSpec });
export const groupsDefined = z.object({ groups: groupsSpec });
/** `parallelEnabled: false` makes every step sequential: a kill switch. */
export const schedulingConfigured = z.object({ parallelEnabled: z.boolean(), pool: token.optional() });
