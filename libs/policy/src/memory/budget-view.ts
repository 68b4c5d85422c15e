/**
 * What accounts have left, for rules that read `budget`: a small view of the budget's own facts, kept only while such
 * a rule is published. Who publishes the first one after calls were allowed cannot know what those spent; then
 * `budget` is not known, a rule that reads it fails, and the call is denied. Limits with a window or for one tool are not
 * in view: the budget itself keeps them.
 */
import { WritError, accountWay, limitsOf, windowName } from '@writ/contracts';
import type { Amounts, BudgetSpec, InvocationId, RecordedFact } from '@writ/contracts';
import { UNLIMITED_MICROS } from '@writ/expressions';
import type { BudgetView } from '@writ/expressions';

/** Limits and what is spent or held of them, in millionths by unit. */
interface Account {
  parent: string | undefined;
  /** Whether the catalog defines it now. */
  inForce: boolean;
  limits: ReadonlyMap<string, bigint>;
  readonly used: Map<string, bigint>;
}

interface HeldLine {
  readonly account: string;
  readonly unit: string;
  readonly amount: bigint;
}

export interface BudgetAccounts {
  /** By path. An account that is retired keeps what it used. */
  readonly accounts: Map<string, Account>;
  readonly holds: Map<InvocationId, readonly HeldLine[]>;
  /** Whether a call was allowed whose money was not followed. */
  incomplete: boolean;
}

const MICROS = 1_000_000;
const NO_LIMITS: ReadonlyMap<string, bigint> = new Map();

export function noAccounts(): BudgetAccounts {
  return { accounts: new Map(), holds: new Map(), incomplete: false };
}

export function defineAccount(budget: BudgetAccounts, { account: path, parent, limits }: BudgetSpec): void {
  const inMicros = Object.entries(limits).flatMap(([unit, given]) =>
    limitsOf(given)
      .filter((limit) => limit.tool === undefined && windowName(limit) === '')
      .map(({ hard }) => [unit, BigInt(Math.round(hard * MICROS))] as const),
  );
  const account = accountAt(budget, path);
  account.parent = parent;
  account.inForce = true;
  account.limits = new Map(inMicros);
}

export function retireAccount({ accounts }: BudgetAccounts, path: string): void {
  const account = accounts.get(path);
  if (account) account.inForce = false;
}

/** What the open calls use in the end will not be seen: from here on the balances are not known. */
export function stopFollowing(budget: BudgetAccounts): void {
  if (budget.holds.size > 0) budget.incomplete = true;
  budget.holds.clear();
}

/** Takes what is held; what people are asked about is held already when they have said yes. */
export function hold(
  budget: BudgetAccounts,
  { data }: RecordedFact<'budget.reserved' | 'budget.escalated'>,
): void {
  if (budget.holds.has(data.invocation) || !Array.isArray(data.holds)) return;
  const lines = data.holds.map(({ account, unit, amount }) => ({ account, unit, amount: microsOf(amount) }));
  budget.holds.set(data.invocation, lines);
  for (const { account, unit, amount } of lines) use(budget, account, unit, amount);
}

/** Closes a hold: what was not used of it is free again. Without `usage`, all of it. */
export function settle(budget: BudgetAccounts, invocation: InvocationId, usage: Amounts | undefined): void {
  const lines = budget.holds.get(invocation);
  if (!lines) return;
  budget.holds.delete(invocation);
  for (const { account, unit, amount } of lines) {
    const measured = usage ? usage[unit] : '0';
    const used = measured === undefined ? amount : microsOf(measured);
    if (used < amount) use(budget, account, unit, used - amount);
  }
}

/** What runs used beyond their holds. */
export function adjust(budget: BudgetAccounts, { data }: RecordedFact<'budget.adjusted'>): void {
  if (!Array.isArray(data.lines)) return;
  for (const { account, unit, amount } of data.lines) use(budget, account, unit, microsOf(amount));
}

/** The accounts on the way of one call, as its rules see them. */
export function budgetView(
  budget: BudgetAccounts,
  project: string,
  campaign: string | undefined,
): BudgetView {
  const way = (): Account[] => {
    if (budget.incomplete) throw new WritError('budget-unknown', UNKNOWN);
    return accountWay((path) => inForce(budget.accounts.get(path)), project, campaign);
  };
  return {
    remaining: (unit) =>
      way().reduce((least, account) => {
        const limit = account.limits.get(unit);
        const free = limit === undefined ? least : limit - (account.used.get(unit) ?? 0n);
        return free < least ? free : least;
      }, UNLIMITED_MICROS),
    utilisation: () => Math.max(0, ...way().flatMap(shares)),
  };
}

const UNKNOWN =
  'what the budget has left is not known: calls were allowed before the first policy that reads `budget` was published';

function shares({ limits, used }: Account): number[] {
  return [...limits].map(([unit, limit]) => {
    const spent = used.get(unit) ?? 0n;
    return limit === 0n ? Number(spent > 0n) : Number(spent) / Number(limit);
  });
}

/** What our own services wrote is not validated again, and a fold never throws. */
function microsOf(text: string): bigint {
  return /^\d{1,30}$/.test(text) ? BigInt(text) : 0n;
}

function use(budget: BudgetAccounts, path: string, unit: string, amount: bigint): void {
  const { used } = accountAt(budget, path);
  used.set(unit, (used.get(unit) ?? 0n) + amount);
}

function accountAt({ accounts }: BudgetAccounts, path: string): Account {
  let account = accounts.get(path);
  if (!account) {
    account = { parent: undefined, inForce: false, limits: NO_LIMITS, used: new Map() };
    accounts.set(path, account);
  }
  return account;
}

function inForce(account: Account | undefined): Account | undefined {
  return account?.inForce ? account : undefined;
}
