/**
 * Alerts: each share of a limit is told once, when what is spent and held first reaches it. Another limit, or other
 * shares, is another definition and is told anew; the same definition applied again is not.
 */
import { MICROS_PER_UNIT, toMicros } from '@writ/contracts';
import type { EventData, TenantId } from '@writ/contracts';
import type { Account, BudgetState, Purse, TenantBudget } from './state.ts';

/** The use at which the next share of the limit is reached; undefined when there is none left. */
export function nextAlertAt(account: Account, purse: Purse): bigint | undefined {
  const share = account.shares[purse.passed];
  if (share === undefined || purse.limit === undefined) return undefined;
  const at = (purse.limit * toMicros(share) + MICROS_PER_UNIT - 1n) / MICROS_PER_UNIT;
  return at > 0n ? at : 1n;
}

/** Owes an alert for every share that is newly reached. */
export function notePassedShares(
  state: BudgetState,
  tenant: TenantBudget,
  account: Account,
  purse: Purse,
): void {
  const used = purse.spent + purse.held;
  while (purse.alertAt !== undefined && used >= purse.alertAt) {
    state.alerts.push({ answered: false, tenant: tenant.id, alert: alertOf(account, purse, used) });
    purse.passed++;
    purse.alertAt = nextAlertAt(account, purse);
  }
}

/** Takes a recorded alert off what is owed: the first one, whenever it is our own answer that is folded. */
export function alertRecorded(
  state: BudgetState,
  tenant: TenantId,
  alert: EventData<'budget.alerted'>,
): void {
  for (const owed of state.alerts) {
    if (owed.tenant === tenant && isSame(owed.alert, alert)) return state.alerts.remove(owed);
  }
}

function alertOf(account: Account, purse: Purse, used: bigint): EventData<'budget.alerted'> {
  const share = account.shares[purse.passed] ?? 1;
  const limit = purse.limit ?? 0n;
  return { account: account.path, unit: purse.unit, share, used: used.toString(), limit: limit.toString() };
}

function isSame(owed: EventData<'budget.alerted'>, told: EventData<'budget.alerted'>): boolean {
  return (
    owed.account === told.account &&
    owed.unit === told.unit &&
    owed.share === told.share &&
    owed.limit === told.limit
  );
}
