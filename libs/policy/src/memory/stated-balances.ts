/**
 * Balances as the budget states them (ADR 027): a copy of its last word on every limit, with no arithmetic but what time
 * takes off. They are as of a place in the ledger, so a call is decided once they are as of the last fact before its request
 * that moved money, and whoever asks again when a run has ended does not meet the balance of before.
 */
import { EVENT_SCHEMAS, limitKey } from '@writ/contracts';
import type { Instant, RecordedFact } from '@writ/contracts';

/** One limit of one account and what counts against it, in millionths. */
export interface StatedLimit {
  readonly unit: string;
  /** The tool whose calls alone it limits. */
  readonly tool: string | undefined;
  readonly limit: bigint;
  readonly used: bigint;
  /** From `at` on `amount` less counts, in order. */
  readonly falls: readonly { readonly at: Instant; readonly amount: bigint }[];
}

interface StatedAccount {
  /** Ledger sequence since which its limits are stated. */
  readonly since: number;
  /** By `limitKey`. */
  readonly limits: Map<string, StatedLimit>;
}

export interface StatedBalances {
  /** The publish since which they are stated. */
  readonly begun: number;
  /** Ledger sequence up to which all that moved money is in the balances. */
  asOf: number;
  /** The publish or definition that they have to be as of before anything is decided on them. */
  since: number;
  /** The latest fact that moved money. */
  moved: number;
  readonly accounts: Map<string, StatedAccount>;
}

/** Begins with a publish: nothing is known until the budget has stated everything. */
export function statedFrom(seq: number): StatedBalances {
  return { begun: seq, asOf: 0, since: seq, moved: seq, accounts: new Map() };
}

/** Whether they are as of all that a call has to see; `needed` as `moved` was when it was asked for. */
export function isStated({ asOf, since }: StatedBalances, needed: number): boolean {
  return asOf >= since && asOf >= needed;
}

/** Folds a definition or a retirement: what was stated of the account is over, and it is stated anew. */
export function forgetAccount(stated: StatedBalances, path: string, seq: number): void {
  stated.since = seq;
  stated.accounts.set(path, { since: seq, limits: new Map() });
}

/** Folds a fact that moves money: what is asked for after it waits until it is in the balances. */
export function noteMove(stated: StatedBalances, seq: number): void {
  stated.moved = Math.max(stated.moved, seq);
}

/** Folds a statement. What it says of an account that was defined anew meanwhile is over already. */
export function foldStatement(stated: StatedBalances, fact: RecordedFact<'budget.stated'>): void {
  const { success, data } = EVENT_SCHEMAS['budget.stated'].safeParse(fact.data);
  if (!success || data.asOf < stated.begun) return;
  const { asOf, at, limits, more } = data;
  for (const { account: path, unit, tool, window, limit, used, falls = [] } of limits) {
    const account: StatedAccount = stated.accounts.get(path) ?? { since: stated.begun, limits: new Map() };
    if (asOf < account.since) continue;
    stated.accounts.set(path, account);
    const key = limitKey(unit, tool, window);
    const told = falls.map((fall) => ({ at: fall.at, amount: BigInt(fall.amount) }));
    const from = told[0]?.at ?? Number.POSITIVE_INFINITY;
    const kept = account.limits.get(key)?.falls.filter((fall) => fall.at > at && fall.at < from) ?? [];
    account.limits.set(key, {
      unit,
      tool,
      limit: BigInt(limit),
      used: BigInt(used),
      falls: [...kept, ...told],
    });
  }
  if (!more && asOf >= stated.since) stated.asOf = asOf;
}

/** The limits of an account as far as they bind calls of a tool. */
export function limitsFor({ accounts }: StatedBalances, path: string, tool: string): StatedLimit[] {
  const limits = [...(accounts.get(path)?.limits.values() ?? [])];
  return limits.filter((limit) => limit.tool === undefined || limit.tool === tool);
}

/** What counts against the limit at `now`. */
export function usedAt({ used, falls }: StatedLimit, now: Instant): bigint {
  let left = used;
  for (const { at, amount } of falls) {
    if (at > now) break;
    left -= amount;
  }
  return left;
}
