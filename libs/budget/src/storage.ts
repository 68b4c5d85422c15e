/**
 * Storage is a level, not a flow: what is kept counts until it is given back. Bytes in the payload store are known by
 * their digest, so the same bytes stored twice count once and are given back once; what tools keep elsewhere is given
 * back when an operator says so.
 */
import { Unit } from '@writ/contracts';
import type { Digest, EventData } from '@writ/contracts';
import { accountsOf } from './accounts.ts';
import { amountOf } from './amounts.ts';
import { giveBack } from './purse.ts';
import type { Purse } from './purse.ts';
import type { TenantBudget } from './state.ts';

/** Notes that the purse pays for these bytes; how much that adds to what it pays for already. */
export function storePayload(tenant: TenantBudget, digest: Digest, amount: bigint, purse: Purse): bigint {
  let payload = tenant.payloads.get(digest);
  if (!payload) tenant.payloads.set(digest, (payload = { amount, purses: [] }));
  if (payload.purses.includes(purse)) return 0n;
  payload.purses.push(purse);
  return payload.amount;
}

/** Folds the end of a payload; one that is not known was given back before, or is not limited. */
export function removePayload(tenant: TenantBudget, digest: Digest): void {
  const payload = tenant.payloads.get(digest);
  if (!payload) return;
  tenant.payloads.delete(digest);
  for (const purse of payload.purses) giveBack(purse, payload.amount);
}

/** Folds storage outside of Writ that is free again. */
export function returnStorage(
  tenant: TenantBudget,
  { project, campaign, amount }: EventData<'storage.returned'>,
): void {
  for (const account of accountsOf(tenant, project, campaign)) {
    for (const purse of account.limits) {
      if (purse.unit === Unit.storage && purse.tool === undefined) giveBack(purse, amountOf(amount) ?? 0n);
    }
  }
}
