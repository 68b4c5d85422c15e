/**
 * Statements: what the limits of a tenant stand at, for policies that read `budget` (ADR 027). A purse says when it has
 * changed; what changed is stated behind the answers of a reaction, so a loaded budget states once for many calls. A tenant
 * whose policies do not read balances has no watch, and its calls pay nothing.
 */
import { MOVING_TYPES, limitKey } from '@writ/contracts';
import type { Fact, Instant, RecordedFact, StatedLimit } from '@writ/contracts';
import { limitName } from './alerts.ts';
import { MAX_ANSWERS_UNSTATED, MAX_STATED, MAX_WINDOWS_AHEAD } from './limits.ts';
import { debtAfter, heldOf, purseAt } from './purse.ts';
import type { Purse } from './purse.ts';
import type { Account, BudgetState, TenantBudget, Watch } from './state.ts';

/** Folds a publish: balances are stated from the first one on that says so, until one does not. */
export function watchBalances(state: BudgetState, tenant: TenantBudget, stated: boolean, seq: number): void {
  const { watches, owed } = state.statements;
  const watch = watches.get(tenant.id);
  if ((watch !== undefined) === stated) return;
  if (watch) {
    watches.delete(tenant.id);
    owed.delete(watch);
    for (const purse of pursesOf(tenant)) purse.changed = undefined;
    return;
  }
  const begun = { tenant, moved: seq, stated: 0, changed: new Set<Purse>(), partsStated: new Map() };
  watches.set(tenant.id, begun);
  for (const account of tenant.accounts.values()) restate(begun, account);
}

/** Notes what a fact of this tenant has changed, once it is folded. */
export function noteFolded({ statements }: BudgetState, fact: RecordedFact): void {
  const { watches, owed } = statements;
  if (owed.size > 0 && fact.seq === 0) statements.delayed += 1;
  const watch = watches.get(fact.tenant);
  if (!watch) return;
  if (MOVING_TYPES.has(fact.type)) watch.moved = Math.max(watch.moved, fact.seq);
  const account = definedBy(watch.tenant, fact);
  if (account) restate(watch, account);
  if (watch.changed.size === 0 && watch.moved === watch.stated) return void owed.delete(watch);
  if (owed.size === 0) statements.delayed = 0;
  owed.add(watch);
}

/** Who is to state its balances now: nobody waits for an answer, or enough were given meanwhile. */
export function dueStatement({ owed, statements }: BudgetState): Watch | undefined {
  if (statements.owed.size === 0) return undefined;
  if (owed.first && statements.delayed < MAX_ANSWERS_UNSTATED) return undefined;
  const [watch] = statements.owed;
  return watch;
}

export function statementOf({ tenant, moved, changed, partsStated }: Watch, at: Instant): Fact {
  const limits: StatedLimit[] = [];
  let size = 0;
  let more = false;
  for (const purse of changed) {
    if (!purse.terms) continue;
    if ((more = size >= MAX_STATED)) break;
    const then = purseAt(purse, at);
    const falls = fallsOf(then, partsStated.get(purse) ?? 0);
    limits.push({
      ...limitName(purse),
      limit: purse.terms.limit.toString(),
      used: then.used.toString(),
      ...(falls.length === 0 ? {} : { falls }),
    });
    size += 1 + falls.length;
  }
  const data = { asOf: moved, at, limits, ...(more ? { more } : {}) } as const;
  return { type: 'budget.stated', tenant: tenant.id, data };
}

/** Folds a recorded statement; with its last fact everything is told. */
export function foldStated(
  { statements }: BudgetState,
  { tenant, data }: RecordedFact<'budget.stated'>,
): void {
  const watch = statements.watches.get(tenant);
  if (!watch) return;
  for (const { account, unit, tool, window, falls } of data.limits) {
    const purse = watch.tenant.accounts.get(account)?.purses.get(limitKey(unit, tool, window));
    const last = falls?.at(-1);
    if (!purse) continue;
    watch.changed.delete(purse);
    if (last && purse.window.kind === 'rolling') watch.partsStated.set(purse, last.at);
  }
  if (data.more) return;
  watch.changed.clear();
  watch.stated = data.asOf;
}

/** All limits of the account are stated anew, because whoever reads statements forgets them with its definition. */
export function restate(watch: Watch, account: Account): void {
  for (const purse of account.purses.values()) {
    purse.changed = watch.changed;
    watch.changed.delete(purse);
    watch.partsStated.delete(purse);
  }
  for (const purse of account.limits) watch.changed.add(purse);
}

/** What time alone takes off a purse: of a rolling window its parts that leave from `since` on, of a calendar one its ends. */
function fallsOf(purse: Purse, since: Instant): NonNullable<StatedLimit['falls']> {
  const falls: NonNullable<StatedLimit['falls']> = [];
  for (const { leavesAt, spent, overrun } of purse.buckets)
    if (leavesAt >= since) falls.push({ at: leavesAt, amount: (spent + overrun).toString() });
  if (purse.window.kind !== 'calendar') return falls;
  let then = purse;
  for (let ahead = 0; ahead < MAX_WINDOWS_AHEAD; ahead++) {
    const settled = then.used - heldOf(then);
    if (settled === 0n) break;
    const debt = debtAfter(then);
    falls.push({ at: then.until, amount: (settled - debt).toString() });
    // The next window need not be known when nothing is left to repay in it.
    if (debt === 0n) break;
    then = purseAt(then, then.until);
  }
  return falls;
}

function definedBy({ accounts }: TenantBudget, { type, data }: RecordedFact): Account | undefined {
  if (type === 'budget.defined') return accounts.get(data.budget.account);
  return type === 'budget.retired' ? accounts.get(data.account) : undefined;
}

function* pursesOf({ accounts }: TenantBudget): Generator<Purse> {
  for (const { purses } of accounts.values()) yield* purses.values();
}
