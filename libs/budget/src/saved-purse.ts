/** A purse as a snapshot keeps it: everything but its open holds. */
import type { Instant, ToolName } from '@writ/contracts';
import { purseOf } from './accounts.ts';
import type { Purse } from './purse.ts';
import type { Account } from './state.ts';
import { restoreTerms, saveTerms } from './terms.ts';
import type { SavedTerms } from './terms.ts';
import type { Window } from './windows.ts';

/** `[unit, tool, window, terms, [spent, overrun, debt], passed, since, until, [leavesAt, spent, overrun][]]` */
export type SavedPurse = readonly [
  string,
  ToolName | null,
  Window,
  SavedTerms | null,
  readonly [string, string, string],
  number,
  Instant,
  Instant | null,
  readonly (readonly [Instant, string, string])[],
];

export function savePurse(purse: Purse): SavedPurse {
  const { unit, tool, window, terms, spent, overrun, debt, passed, since, until, buckets } = purse;
  return [
    unit,
    tool ?? null,
    window,
    terms ? saveTerms(terms) : null,
    [spent.toString(), overrun.toString(), debt.toString()],
    passed,
    since,
    Number.isFinite(until) ? until : null,
    buckets.map((bucket) => [bucket.leavesAt, bucket.spent.toString(), bucket.overrun.toString()]),
  ];
}

export function restorePurse(account: Account, saved: SavedPurse): Purse {
  const [unit, tool, window, terms, [spent, overrun, debt], passed, since, until, buckets] = saved;
  const purse = purseOf(account, unit, tool ?? undefined, window, since);
  purse.terms = terms ? restoreTerms(terms) : undefined;
  purse.spent = BigInt(spent);
  purse.overrun = BigInt(overrun);
  purse.debt = BigInt(debt);
  purse.used = purse.spent + purse.overrun + purse.debt;
  purse.passed = passed;
  purse.since = since;
  purse.until = until ?? Number.POSITIVE_INFINITY;
  for (const [leavesAt, spentThen, overrunThen] of buckets)
    purse.buckets.push({ leavesAt, spent: BigInt(spentThen), overrun: BigInt(overrunThen) });
  return purse;
}
