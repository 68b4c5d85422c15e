/** What the accounts say, for the service's API and the command line. */
import type { Instant, TenantId, ToolName } from '@writ/contracts';
import { freeOf, heldOf, purseAt } from './purse.ts';
import type { Purse } from './purse.ts';
import type { Terms } from './terms.ts';
import type { BudgetState } from './state.ts';
import { nameOf } from './windows.ts';

const HOUR_MS = 3_600_000;

/** One limit of one account in force; amounts in micro-units. */
export interface Balance {
  readonly account: string;
  readonly unit: string;
  /** The tool whose calls alone are limited. */
  readonly tool: ToolName | undefined;
  /** `day Europe/Berlin`, `rolling 60 min`; undefined: the whole allocation. */
  readonly window: string | undefined;
  readonly limit: bigint;
  readonly softLimit: bigint | undefined;
  /** Settled in the window, within what was held. */
  readonly spent: bigint;
  /** In open holds: reserved at the ceiling, not yet settled or released. */
  readonly held: bigint;
  /** What may still be reserved. */
  readonly free: bigint;
  /** Charged beyond holds in the window; not part of `spent`. */
  readonly overrun: bigint;
  /** Overdrawn in windows before and to be repaid by this one. */
  readonly debt: bigint;
  /** What counts against the soft limit beyond it, debt included. */
  readonly overdraft: bigint;
  /** What was settled an hour, on average since the window began or the limit was set. */
  readonly burnPerHour: bigint;
  /** When nothing is free any more at that rate; undefined when the window gives back earlier, or nothing burns. */
  readonly exhaustedAtMs: Instant | undefined;
  /** When the calendar window begins anew. */
  readonly resetsAtMs: Instant | undefined;
}

/** Every limit in force of a tenant at `now`, or of one account of it, in the order of the catalog. */
export function balances(
  state: BudgetState,
  tenant: TenantId,
  now: Instant,
  account?: string,
): readonly Balance[] {
  const at = Math.max(now, state.now);
  const all: Balance[] = [];
  for (const { path, limits } of state.tenants.get(tenant)?.accounts.values() ?? []) {
    if (account !== undefined && account !== path) continue;
    for (const purse of limits) if (purse.terms) all.push(balanceOf(purseAt(purse, at), purse.terms, at));
  }
  return all;
}

function balanceOf(purse: Purse, terms: Terms, now: Instant): Balance {
  const { account, unit, tool, window, spent, overrun, debt, until } = purse;
  const { used } = purse;
  const soft = terms.soft ?? terms.limit;
  const burnPerHour = burnOf(purse, now);
  return {
    account,
    unit,
    tool,
    window: nameOf(window) || undefined,
    limit: terms.limit,
    softLimit: terms.soft,
    spent,
    held: heldOf(purse),
    free: freeOf(purse, terms),
    overrun,
    debt,
    overdraft: used > soft ? used - soft : 0n,
    burnPerHour,
    exhaustedAtMs: exhaustion(purse, terms, burnPerHour, now),
    resetsAtMs: window.kind === 'calendar' ? until : undefined,
  };
}

function burnOf({ spent, overrun, since, window }: Purse, now: Instant): bigint {
  const elapsed = window.kind === 'rolling' ? Math.min(now - since, window.lengthMs) : now - since;
  if (elapsed < 1) return 0n;
  return ((spent + overrun) * BigInt(HOUR_MS)) / BigInt(Math.floor(elapsed));
}

/** A rolling window that burns evenly gives back as much as it takes. */
function exhaustion(purse: Purse, terms: Terms, burn: bigint, now: Instant): Instant | undefined {
  if (burn === 0n || purse.window.kind === 'rolling') return undefined;
  const at = now + Number((freeOf(purse, terms) * BigInt(HOUR_MS)) / burn);
  return at < purse.until && Number.isSafeInteger(Math.floor(at)) ? Math.floor(at) : undefined;
}
