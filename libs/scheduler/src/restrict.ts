/** New concurrency limits of a tenant: counted from the calls that run already, with the queues and keys in step. */
import type { ConcurrencySpec, TenantId } from '@writ/contracts';
import { isQueued } from './call-queue.ts';
import { tenantIn } from './catalog.ts';
import { quotasOf } from './quotas.ts';
import { claimAgain, holdsKeys } from './leases.ts';
import { queueUp } from './lifecycle.ts';
import { dequeue, lanesUnder, settleLane } from './queue.ts';
import type { SchedulerState } from './state.ts';
import type { Call } from './model.ts';

/** Puts a tenant under these limits and no others, the calls that already run included. */
export function restrict(state: SchedulerState, id: TenantId, limits: readonly ConcurrencySpec[]): void {
  const tenant = tenantIn(state, id);
  tenant.limits = limits;
  tenant.quotas.clear();
  for (const one of limits) {
    if ('key' in one) continue;
    const name = 'tool' in one ? `tool:${one.tool}` : `project:${one.project}`;
    tenant.quotas.set(name, { name, most: one.most, running: 0, lanes: new Set() });
  }
  const account = state.accounts.cell.children.get(id);
  const lanes = account ? lanesUnder(account) : [];
  for (const lane of lanes) {
    lane.quotas = quotasOf(state, id, lane.version.spec.name, lane.campaign.parent?.name ?? '');
    for (const quota of lane.quotas) quota.lanes.add(lane);
  }
  const calls = [...tenant.calls.values()];
  for (const { phase, lane } of calls) {
    if (phase.status === 'granted') for (const quota of lane?.quotas ?? []) quota.running++;
  }
  for (const lane of lanes) settleLane(state, lane);
  renewLeases(state, id, calls);
}

/** Has all keys claimed again in the order in which they were, because it may have other limits now. */
function renewLeases(state: SchedulerState, id: TenantId, calls: readonly Call[]): void {
  const keyed = calls.filter(({ lease }) => lease).sort(byHolding);
  tenantIn(state, id).leases.clear();
  for (const call of keyed) {
    claimAgain(state, call, call.lease?.ticket ?? 0);
    if (call.phase.status !== 'ready') continue;
    if (holdsKeys(call) && !isQueued(call)) queueUp(state, call);
    else if (!holdsKeys(call) && call.lane && isQueued(call)) dequeue(state, call.lane, call);
  }
}

/** Those with an executor first, then as they asked. */
export function byHolding(a: Call, b: Call): number {
  const first = Number(a.phase.status === 'ready') - Number(b.phase.status === 'ready');
  return first || (a.lease?.ticket ?? 0) - (b.lease?.ticket ?? 0);
}
