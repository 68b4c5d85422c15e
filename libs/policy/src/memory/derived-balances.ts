/**
 * What accounts have left, added up from the budget's own facts: for tenants whose policies were published before the budget
 * stated balances (`stated-balances.ts`), and for trials of recorded calls. Who publishes the first rule that reads `budget`
 * after calls were allowed cannot know what those spent; then `budget` is not known, a rule that reads it fails, and the call
 * is denied. Limits with a window or for one tool are not in view.
 */
import { limitsOf, windowName } from '@writ/contracts';
import type { Amounts, BudgetSpec, InvocationId, RecordedFact } from '@writ/contracts';

/** Limits and what is spent or held of them, in millionths by unit. */
export interface Account {
  readonly path: string;
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

export interface DerivedBalances {
  /** By path. An account that is retired keeps what it used. */
  readonly accounts: Map<string, Account>;
  readonly holds: Map<InvocationId, readonly HeldLine[]>;
  /** Whether a call was allowed whose money was not followed. */
  incomplete: boolean;
}

const MICROS = 1_000_000;
const NO_LIMITS: ReadonlyMap<string, bigint> = new Map();

export function nothingDerived(): DerivedBalances {
  return { accounts: new Map(), holds: new Map(), incomplete: false };
}

export function defineAccount(budget: DerivedBalances, { account: path, parent, limits }: BudgetSpec): void {
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

export function retireAccount({ accounts }: DerivedBalances, path: string): void {
  const account = accounts.get(path);
  if (account) account.inForce = false;
}

/** What the open calls use in the end will not be seen: from here on the balances are not known. */
export function stopFollowing(budget: DerivedBalances): void {
  if (budget.holds.size > 0) budget.incomplete = true;
  budget.holds.clear();
}

/** Takes what is held; what people are asked about is held already when they have said yes. */
export function hold(
  budget: DerivedBalances,
  { data }: RecordedFact<'budget.reserved' | 'budget.escalated'>,
): void {
  if (budget.holds.has(data.invocation) || !Array.isArray(data.holds)) return;
  const lines = data.holds.map(({ account, unit, amount }) => ({ account, unit, amount: microsOf(amount) }));
  budget.holds.set(data.invocation, lines);
  for (const { account, unit, amount } of lines) use(budget, account, unit, amount);
}

/** Closes a hold: what was not used of it is free again. Without `usage`, all of it. */
export function settle(budget: DerivedBalances, invocation: InvocationId, usage: Amounts | undefined): void {
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
export function adjust(budget: DerivedBalances, { data }: RecordedFact<'budget.adjusted'>): void {
  if (!Array.isArray(data.lines)) return;
  for (const { account, unit, amount } of data.lines) use(budget, account, unit, microsOf(amount));
}

/** What our own services wrote is not validated again, and a fold never throws. */
function microsOf(text: string): bigint {
  return /^\d{1,30}$/.test(text) ? BigInt(text) : 0n;
}

function use(budget: DerivedBalances, path: string, unit: string, amount: bigint): void {
  const { used } = accountAt(budget, path);
  used.set(unit, (used.get(unit) ?? 0n) + amount);
}

function accountAt({ accounts }: DerivedBalances, path: string): Account {
  let account = accounts.get(path);
  if (!account) {
    account = { path, parent: undefined, inForce: false, limits: NO_LIMITS, used: new Map() };
    accounts.set(path, account);
  }
  return account;
}
