/**
 * The account tree. A call pays from every account on its way (`accountWay`). What is spent and held stays with an account
 * whatever the catalog says of its limits.
 */
import { accountWay, limitKey, limitsOf } from '@writ/contracts';
import type { BudgetSpec } from '@writ/contracts';
import { notePassedShares, sameAlerts } from './alerts.ts';
import { MAX_WAYS } from './limits.ts';
import { rollTo } from './purse.ts';
import type { Purse } from './purse.ts';
import type { Account, BudgetState, TenantBudget } from './state.ts';
import { termsOf } from './terms.ts';
import type { Terms } from './terms.ts';
import { nameOf, spanAt, windowOf } from './windows.ts';
import type { Window } from './windows.ts';

const NO_ACCOUNTS: readonly Account[] = [];

/** The accounts in force that a call of this project and campaign pays from, from the tenant down. */
export function accountsOf(
  tenant: TenantBudget,
  project: string,
  campaign: string | undefined,
): readonly Account[] {
  if (tenant.inForce === 0) return NO_ACCOUNTS;
  const known = tenant.ways.get(project)?.get(campaign);
  if (known) return known;
  const find = (path: string): Account | undefined => {
    const account = tenant.accounts.get(path);
    return account?.inForce ? account : undefined;
  };
  const way = accountWay(find, project, campaign);
  if (tenant.waysKept >= MAX_WAYS) forgetWays(tenant);
  const campaigns = tenant.ways.get(project) ?? new Map();
  tenant.ways.set(project, campaigns.set(campaign, way));
  tenant.waysKept++;
  return way;
}

function forgetWays(tenant: TenantBudget): void {
  tenant.ways.clear();
  tenant.waysKept = 0;
}

/** Puts new limits in force. What is spent and held stays; a limit that is no longer set is no longer applied. */
export function defineAccount(state: BudgetState, tenant: TenantBudget, spec: BudgetSpec): void {
  const account = accountAt(tenant, spec.account);
  if (!account.inForce) tenant.inForce++;
  account.inForce = true;
  account.parent = spec.parent;
  forgetWays(tenant);
  const wanted = new Map<Purse, Terms>();
  for (const [unit, given] of Object.entries(spec.limits)) {
    for (const limit of limitsOf(given)) {
      const purse = purseOf(account, unit, limit.tool, windowOf(limit), state.now);
      wanted.set(purse, termsOf(unit, limit, spec.alerts));
    }
  }
  account.limits = [...wanted.keys()];
  for (const purse of account.purses.values()) {
    rollTo(purse, state.now);
    const terms = wanted.get(purse);
    if (!sameAlerts(purse.terms, terms)) purse.passed = 0;
    purse.terms = terms;
    notePassedShares(state, tenant, purse);
  }
}

/** Takes the account's limits away. Its sums stay, so that retiring and defining it again makes nobody richer. */
export function retireAccount(state: BudgetState, tenant: TenantBudget, path: string): void {
  const account = tenant.accounts.get(path);
  if (!account?.inForce) return;
  tenant.inForce--;
  forgetWays(tenant);
  account.inForce = false;
  account.limits = [];
  for (const purse of account.purses.values()) {
    rollTo(purse, state.now);
    purse.terms = undefined;
    purse.passed = 0;
  }
}

/** The account of that path, begun without limits when it is new. */
export function accountAt(tenant: TenantBudget, path: string): Account {
  let account = tenant.accounts.get(path);
  if (!account) {
    account = { path, parent: undefined, inForce: false, purses: new Map(), limits: [] };
    tenant.accounts.set(path, account);
  }
  return account;
}

/** The account's purse of that limit, begun empty when it is new. */
export function purseOf(
  account: Account,
  unit: string,
  tool: Purse['tool'],
  window: Window,
  now: number,
): Purse {
  const key = limitKey(unit, tool, nameOf(window));
  let purse = account.purses.get(key);
  if (purse) return purse;
  const calendar = window.kind === 'calendar' ? spanAt(window.per, window.timeZone, now) : undefined;
  purse = {
    account: account.path,
    unit,
    tool,
    window,
    terms: undefined,
    spent: 0n,
    overrun: 0n,
    debt: 0n,
    used: 0n,
    passed: 0,
    since: calendar?.since ?? now,
    until: calendar?.until ?? Number.POSITIVE_INFINITY,
    buckets: [],
    lines: 0,
    oldest: undefined,
    newest: undefined,
    place: 0,
    changed: undefined,
  };
  account.purses.set(key, purse);
  return purse;
}
