/** What an agent expects of its tenant before its first call: policies that are in force, a scheduling order. */
import { WritError, subjects } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import { z } from 'zod';
import type { Transport } from './transport.ts';

const policyCatalog = z.object({
  policies: z.array(z.string()),
  tools: z.array(z.unknown()),
  revision: z.number(),
});
export type PolicyCatalog = z.infer<typeof policyCatalog>;

const schedulerStatus = z.object({ schedulers: z.array(z.string()) });

/** What is published for the tenant. @throws WritError `unavailable` when the policy service does not answer. */
export async function publishedCatalog(transport: Transport, tenant: TenantId): Promise<PolicyCatalog> {
  const reply = await transport.query(subjects.api(tenant, 'policy', 'catalog'), {});
  const parsed = policyCatalog.safeParse(reply);
  if (parsed.success) return parsed.data;
  throw new WritError(
    'query-failed',
    `the policy service's catalog cannot be read: ${z.prettifyError(parsed.error)}`,
  );
}

/** @throws WritError `policy-not-in-force` that lists what is published. */
export async function requirePolicies(
  transport: Transport,
  tenant: TenantId,
  names: readonly string[],
): Promise<void> {
  const { policies } = await publishedCatalog(transport, tenant);
  const missing = names.filter((name) => !policies.includes(name));
  if (missing.length === 0) return;
  const published = policies.length > 0 ? policies.join(', ') : 'none';
  throw new WritError(
    'policy-not-in-force',
    `tenant ${tenant} has no policy named ${missing.map((name) => `"${name}"`).join(', ')}; published: ${published}`,
    { details: { missing, published: policies } },
  );
}

/**
 * Checked only where the scheduler says which orders it knows; without an answer the wish is recorded and no more.
 * @throws WritError `scheduler-unknown` that lists what there is.
 */
export async function requireScheduler(
  transport: Transport,
  tenant: TenantId,
  scheduler: string,
): Promise<void> {
  const reply = await transport.query(subjects.api(tenant, 'scheduler', 'status'), {}).catch(() => undefined);
  const status = schedulerStatus.safeParse(reply);
  if (!status.success || status.data.schedulers.includes(scheduler)) return;
  const known = status.data.schedulers.join(', ');
  throw new WritError(
    'scheduler-unknown',
    `this cell does not schedule by "${scheduler}"; it knows: ${known}`,
  );
}
