/** What the accounts say, for the service's API and the command line. */
import type { TenantId } from '@writ/contracts';
import { freeOf } from './accounts.ts';
import type { BudgetState } from './state.ts';

/** One unit of one account in force, in micro-units. */
export interface Balance {
  readonly account: string;
  readonly unit: string;
  readonly limit: bigint;
  readonly spent: bigint;
  /** In open holds: reserved at the ceiling, not yet settled or released. */
  readonly held: bigint;
  /** What may still be reserved. */
  readonly free: bigint;
  /** Used by tools beyond what their calls held; not part of `spent`. */
  readonly overrun: bigint;
}

/** Every limit in force of a tenant, in the order in which the accounts were first defined. */
export function balances(state: BudgetState, tenant: TenantId): readonly Balance[] {
  const all: Balance[] = [];
  for (const account of state.tenants.get(tenant)?.accounts.values() ?? []) {
    for (const purse of account.purses.values()) {
      const { unit, limit, spent, held, overrun } = purse;
      if (limit === undefined) continue;
      all.push({ account: account.path, unit, limit, spent, held, free: freeOf(purse, limit), overrun });
    }
  }
  return all;
}
