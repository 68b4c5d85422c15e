/**
 * The account tree. A call pays from every account on its way, and one rule says which those are: the tenant (`/`), the
 * account named like its project, the one named `project/campaign`, and the one named by the campaign alone. The last
 * lets a lab give a campaign its money whatever project the agents file it under.
 */
import { limitsOf, toMicros } from '@writ/contracts';
import type { BudgetSpec } from '@writ/contracts';
import { nextAlertAt, notePassedShares } from './alerts.ts';
import type { Account, BudgetState, Purse, TenantBudget } from './state.ts';

/** Path of the account that limits the whole tenant. */
const TENANT_PATH = '/';

/** The accounts in force that a call of this project and campaign pays from, from the tenant down. */
export function accountsOf(tenant: TenantBudget, project: string, campaign: string | undefined): Account[] {
  const accounts: Account[] = [];
  if (tenant.inForce === 0) return accounts;
  addInForce(tenant, TENANT_PATH, accounts);
  addInForce(tenant, project, accounts);
  if (campaign === undefined) return accounts;
  addInForce(tenant, `${project}/${campaign}`, accounts);
  if (campaign !== project) addInForce(tenant, campaign, accounts);
  return accounts;
}

/** Puts new limits in force. What is spent and held stays; a unit that is no longer named is no longer limited. */
export function defineAccount(state: BudgetState, tenant: TenantBudget, spec: BudgetSpec): void {
  const account = accountAt(tenant, spec.account);
  if (!account.inForce) tenant.inForce++;
  account.inForce = true;
  const shares = [...new Set(spec.alerts)].sort((a, b) => a - b);
  const sameShares = shares.join() === account.shares.join();
  account.shares = shares;
  for (const unit of Object.keys(spec.limits)) purseOf(account, unit);
  for (const purse of account.purses.values()) {
    const given = Object.hasOwn(spec.limits, purse.unit) ? spec.limits[purse.unit] : undefined;
    const limit = given === undefined ? undefined : toMicros(limitsOf(given)[0]?.hard ?? 0);
    if (limit !== purse.limit || !sameShares) purse.passed = 0;
    purse.limit = limit;
    purse.alertAt = nextAlertAt(account, purse);
    notePassedShares(state, tenant, account, purse);
  }
}

/** Takes the account's limits away. Its sums stay, so that retiring and defining it again makes nobody richer. */
export function retireAccount(tenant: TenantBudget, path: string): void {
  const account = tenant.accounts.get(path);
  if (!account?.inForce) return;
  tenant.inForce--;
  account.inForce = false;
  for (const purse of account.purses.values()) {
    purse.limit = undefined;
    purse.alertAt = undefined;
  }
}

/** The account of that path, begun without limits when it is new. */
export function accountAt(tenant: TenantBudget, path: string): Account {
  let account = tenant.accounts.get(path);
  if (!account)
    tenant.accounts.set(path, (account = { path, inForce: false, shares: [], purses: new Map() }));
  return account;
}

/** The account's purse of that unit, begun empty when it is new. */
export function purseOf(account: Account, unit: string): Purse {
  let purse = account.purses.get(unit);
  if (!purse) {
    const sums = { spent: 0n, held: 0n, overrun: 0n };
    purse = { account: account.path, unit, limit: undefined, ...sums, passed: 0, alertAt: undefined };
    account.purses.set(unit, purse);
  }
  return purse;
}

/** What may still be reserved; nothing, not less, when the limit was lowered below what is spent and held. */
export function freeOf(purse: Purse, limit: bigint): bigint {
  const free = limit - purse.spent - purse.held;
  return free > 0n ? free : 0n;
}

function addInForce(tenant: TenantBudget, path: string, accounts: Account[]): void {
  const account = tenant.accounts.get(path);
  if (account?.inForce) accounts.push(account);
}
