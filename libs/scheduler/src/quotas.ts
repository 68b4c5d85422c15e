/**
 * Concurrency limits: how many calls of a tool or a project may be with executors at once. A quota that is full closes
 * its queues and leaves all others alone. (Limits of resource keys are kept where keys are: `leases.ts`.)
 */
import type { TenantId } from '@writ/contracts';
import type { SchedulerState } from './state.ts';
import type { Lane, Quota } from './model.ts';

const NONE: readonly Quota[] = [];

/** Whether a queue's limits let one more call through. */
export function quotasLeft({ quotas }: Lane): boolean {
  return quotas.every(({ running, most }) => running < most);
}

/** The limits that calls of a tool in a project are under. */
export function quotasOf(
  state: SchedulerState,
  tenant: TenantId,
  tool: string,
  project: string,
): readonly Quota[] {
  const quotas = state.tenants.get(tenant)?.quotas;
  if (!quotas || quotas.size === 0) return NONE;
  const all = [quotas.get(`tool:${tool}`), quotas.get(`project:${project}`)];
  return all.filter((quota) => quota !== undefined);
}
