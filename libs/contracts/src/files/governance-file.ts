/**
 * A governance file: what `writ apply -f <folder>` reads. Each file of the folder holds any of these top-level keys;
 * together they are the tenant's catalog.
 */
import { z } from 'zod';
import { token } from '../ids.ts';
import { planMode } from '../plan-mode.ts';
import { breakerSpec } from './breaker-file.ts';
import { budgetSpec } from './budget-file.ts';
import { policyFileRule } from './policy-file.ts';
import { toolSpec } from './tool-file.ts';
import { nodeType } from './workflow-file.ts';

/** `scheduling:`: how the calls of one step may overlap. */
export const schedulingSpec = z.strictObject({
  /** `false` makes every step sequential: a kill switch. */
  parallelEnabled: z.boolean().default(true),
  /** How steps are planned that do not say it themselves; absent: as the cell says, else in waves. */
  plan: planMode.optional(),
});
export type SchedulingSpec = z.infer<typeof schedulingSpec>;

/**
 * `shares:`: how much of the machines an account should get, in proportion to its siblings. `account` is `project` or
 * `project/campaign`; in the catalog of the cell it is a tenant. Accounts without an entry have share 1.
 */
export const shareSpec = z.strictObject({
  account: z
    .string()
    .regex(/^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)?$/, 'must be "project" or "project/campaign"')
    .max(256),
  /** 0: only what nobody else wants. */
  share: z.number().min(0).max(1_000_000),
});
export type ShareSpec = z.infer<typeof shareSpec>;

const most = z.number().int().min(1).max(1_000_000);

/** `concurrency:`: how many calls may be with executors at once, of a tool, of a project, or holding a resource key. */
export const concurrencySpec = z.union([
  z.strictObject({ tool: token, most }),
  z.strictObject({ project: token, most }),
  z.strictObject({ key: z.string().min(1).max(256), most }),
]);
export type ConcurrencySpec = z.infer<typeof concurrencySpec>;

/** `environment:`: facts that policies see as `env.*`, for example `production: true`. */
export const environmentSpec = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'must be a plain identifier'),
  z.union([z.boolean(), z.string().max(256), z.number()]),
);
export type EnvironmentSpec = z.infer<typeof environmentSpec>;

/** `groups:`: who belongs to which group of approvers. */
export const groupsSpec = z.record(token, z.array(token).max(1_000));
export type GroupsSpec = z.infer<typeof groupsSpec>;

/** `owners:`: the person who answers for an agent, and so can never approve its calls. */
export const ownersSpec = z.record(token, token);
export type OwnersSpec = z.infer<typeof ownersSpec>;

/** One YAML file of a governance folder. */
export const governanceFile = z.strictObject({
  tools: z.array(toolSpec).max(10_000).optional(),
  policies: z.array(policyFileRule).max(10_000).optional(),
  budgets: z.array(budgetSpec).max(10_000).optional(),
  breakers: z.array(breakerSpec).max(10_000).optional(),
  scheduling: schedulingSpec.optional(),
  shares: z.array(shareSpec).max(10_000).optional(),
  concurrency: z.array(concurrencySpec).max(10_000).optional(),
  environment: environmentSpec.optional(),
  groups: groupsSpec.optional(),
  owners: ownersSpec.optional(),
  nodeTypes: z.array(nodeType).max(1_000).optional(),
});
export type GovernanceFile = z.infer<typeof governanceFile>;
