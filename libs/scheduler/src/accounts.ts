/**
 * Who should get how much: tenants, their projects, their campaigns, each with a share among its siblings and the
 * node-seconds it has used (Slurm's Fair Tree: https://slurm.schedmd.com/fair_tree.html). Usage halves every
 * `USAGE_HALF_LIFE_MS`. Instead of shrinking what was used, what is used now counts more: all accounts decay alike, so
 * ranks among siblings move only when one of them is charged.
 */
import { compareText } from '@writ/contracts';
import type { Instant, ShareSpec, TenantId } from '@writ/contracts';
import { MAX_IDLE_ACCOUNTS, USAGE_HALF_LIFE_MS } from './limits.ts';
import type { Account, Berth } from './model.ts';

/** The tree, and the time from which its usage is counted. */
export interface Accounts {
  readonly cell: Account;
  epoch: Instant;
  count: number;
  /** Idle accounts are swept when there are more accounts than this. */
  sweepAt: number;
}

/** Half-lives after which the epoch moves on, long before a number could overflow. */
const HALF_LIVES_PER_EPOCH = 256;

/** Less usage than this, in node-seconds, is nothing. */
const NEGLIGIBLE = 0.001;

export function noAccounts(): Accounts {
  return { cell: account('', undefined), epoch: 0, count: 0, sweepAt: MAX_IDLE_ACCOUNTS };
}

/** The account of a campaign; `campaign` is absent for calls that name none. */
export function accountOf(
  accounts: Accounts,
  tenant: TenantId,
  project: string,
  campaign: string | undefined,
): Account {
  return below(accounts, below(accounts, below(accounts, accounts.cell, tenant), project), campaign ?? '');
}

/** The account of this name below another; made when it is new. */
export function below(accounts: Accounts, parent: Account, name: string): Account {
  let child = parent.children.get(name);
  if (!child) {
    child = account(name, parent);
    parent.children.set(name, child);
    accounts.count++;
  }
  return child;
}

/** The berth of a campaign's calls in a band. */
export function berthOf(campaign: Account, band: number): Berth {
  return (campaign.berths[band] ??= { account: campaign, band });
}

/** `tenant`, `project` and `campaign` of a campaign's account. */
export function pathOf(campaign: Account): readonly [TenantId, string, string] {
  const project = campaign.parent as Account;
  return [project.parent?.name as TenantId, project.name, campaign.name];
}

/** Whether `a`, with this usage, has had less of its share than its sibling `b`. */
export function isOwedMore(a: Account, b: Account, usage: number = a.usage): boolean {
  const difference = rankOf(a, usage) - rankOf(b, b.usage);
  // Two accounts with share 0 are both infinitely served, and their difference is not a number.
  return difference === 0 || Number.isNaN(difference) ? compareText(a.name, b.name) < 0 : difference < 0;
}

/** What an account with this usage has had for each of its shares. */
export function rankOf({ share }: Account, usage: number): number {
  return share > 0 ? usage / share : Infinity;
}

/** What node-seconds used at `at` count, beside those of other times. */
export function weigh(accounts: Accounts, nodeSeconds: number, at: Instant): number {
  return nodeSeconds * 2 ** ((at - accounts.epoch) / USAGE_HALF_LIFE_MS);
}

/** Node-seconds as they count at `at`: what was used long ago is forgotten by half and half again. */
export function decayed(accounts: Accounts, usage: number, at: Instant): number {
  return usage * 2 ** ((accounts.epoch - at) / USAGE_HALF_LIFE_MS);
}

/** Adds weighed usage to a campaign and all accounts above it; a negative amount takes a penalty back. */
export function charge(campaign: Account, usage: number): void {
  for (let one: Account = campaign; one.parent; one = one.parent) {
    one.usage = Math.max(0, one.usage + usage);
    moveBranches(one);
  }
}

/** Sets the shares below one account: those listed, all others 1. Depth 1 for tenants, 2 for projects and campaigns. */
export function setShares(accounts: Accounts, root: Account, shares: readonly ShareSpec[]): void {
  const listed = new Set<Account>();
  for (const { account: path, share } of shares) {
    const one = path.split('/').reduce((parent, name) => below(accounts, parent, name), root);
    listed.add(one);
    one.share = share;
    moveBranches(one);
  }
  const reset = (one: Account): void => {
    if (!listed.has(one) && one.share !== 1) {
      one.share = 1;
      moveBranches(one);
    }
    if (root.parent) for (const child of one.children.values()) reset(child);
  };
  for (const child of root.children.values()) reset(child);
}

/** Whether the epoch or the number of accounts calls for `tidy`. */
export function isUntidy({ epoch, count, sweepAt }: Accounts, at: Instant): boolean {
  return count > sweepAt || at - epoch > HALF_LIVES_PER_EPOCH * USAGE_HALF_LIFE_MS;
}

/**
 * Keeps numbers and accounts bounded, at times that depend on nothing but the facts. A power of two scales every usage
 * without rounding, so no rank changes. Returns the accounts that are forgotten: all that are not `inUse`, have the usual
 * share and next to no usage.
 */
export function tidy(accounts: Accounts, at: Instant, inUse: Iterable<Account>): readonly Account[] {
  const age = Math.max(0, Math.floor((at - accounts.epoch) / USAGE_HALF_LIFE_MS));
  accounts.epoch += age * USAGE_HALF_LIFE_MS;
  scale(accounts.cell, 2 ** -age);
  const forgotten: Account[] = [];
  sweep(accounts, accounts.cell, at, new Set(inUse), forgotten);
  accounts.count -= forgotten.length;
  accounts.sweepAt = Math.max(MAX_IDLE_ACCOUNTS, 2 * accounts.count);
  return forgotten;
}

function scale(root: Account, factor: number): void {
  root.usage *= factor;
  for (const child of root.children.values()) scale(child, factor);
}

function sweep(
  accounts: Accounts,
  root: Account,
  at: Instant,
  inUse: ReadonlySet<Account>,
  forgotten: Account[],
): void {
  for (const child of root.children.values()) {
    sweep(accounts, child, at, inUse, forgotten);
    const idle = !inUse.has(child) && child.children.size === 0 && child.share === 1;
    if (!idle || decayed(accounts, child.usage, at) >= NEGLIGIBLE) continue;
    root.children.delete(child.name);
    forgotten.push(child);
  }
}

function moveBranches(one: Account): void {
  for (const branch of one.branches.values()) if (branch.inParent >= 0) branch.parent?.branches.moved(branch);
}

function account(name: string, parent: Account | undefined): Account {
  const fresh = { children: new Map(), branches: new Map(), berths: [], lanes: new Map() };
  return { ...fresh, name, parent, share: 1, usage: 0 };
}
