/**
 * Alerts: each share of a limit is told once a window, when what counts against it first reaches it. Another limit, or
 * other shares, is another definition and is told anew; the same definition applied again is not.
 */
import type { Fact, TenantId } from '@writ/contracts';
import type { Purse } from './purse.ts';
import type { BudgetState, OwedNote, TenantBudget } from './state.ts';
import type { Terms } from './terms.ts';
import { nameOf } from './windows.ts';

/** Whether what was told under the one need not be told again under the other. */
export function sameAlerts(before: Terms | undefined, after: Terms | undefined): boolean {
  const text = (terms: Terms | undefined): string | undefined =>
    terms && `${terms.limit} ${terms.alerts.map(({ share }) => share).join()}`;
  return text(before) === text(after);
}

/** Owes an alert for every share that is newly reached. */
export function notePassedShares(state: BudgetState, tenant: TenantBudget, purse: Purse): void {
  const { terms } = purse;
  if (!terms) return;
  const { used } = purse;
  for (let next = terms.alerts[purse.passed]; next && used >= next.at; next = terms.alerts[++purse.passed]) {
    state.notes.push({ answered: false, fact: alertOf(tenant.id, purse, next.share, used, terms.limit) });
  }
}

/** Takes a recorded note off what is owed: the first one, whenever it is our own answer that is folded. */
export function noteRecorded(state: BudgetState, fact: OwedNote['fact']): void {
  for (const owed of state.notes) {
    if (isSame(owed.fact, fact)) return state.notes.remove(owed);
  }
}

function alertOf(
  tenant: TenantId,
  purse: Purse,
  share: number,
  used: bigint,
  limit: bigint,
): Fact<'budget.alerted'> {
  return {
    type: 'budget.alerted',
    tenant,
    data: { ...limitName(purse), share, used: used.toString(), limit: limit.toString() },
  };
}

/** The names of a limit, as far as it needs them. */
export function limitName({ account, unit, tool, window }: Purse): {
  account: string;
  unit: string;
  tool?: NonNullable<Purse['tool']>;
  window?: string;
} {
  return {
    account,
    unit,
    ...(tool === undefined ? {} : { tool }),
    ...(window.kind === 'allocation' ? {} : { window: nameOf(window) }),
  };
}

function isSame(owed: OwedNote['fact'], told: OwedNote['fact']): boolean {
  if (owed.data === told.data) return true;
  const same = owed.type === told.type && owed.tenant === told.tenant;
  return same && JSON.stringify(owed.data) === JSON.stringify(told.data);
}
