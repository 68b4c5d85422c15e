/**
 * What the accounts on the way of a call have left, for rules that read `budget`: as the budget states it, or added up here
 * where it does not state it yet.
 */
import { WritError, accountWay } from '@writ/contracts';
import type { Instant } from '@writ/contracts';
import { UNLIMITED_MICROS } from '@writ/expressions';
import type { BudgetView } from '@writ/expressions';
import type { AskedCall } from '../asked-call.ts';
import type { Account, DerivedBalances } from './derived-balances.ts';
import { isStated, limitsFor, usedAt } from './stated-balances.ts';
import type { StatedBalances } from './stated-balances.ts';

/** One limit on the way of a call. */
interface Standing {
  readonly unit: string;
  /** In millionths of the unit. */
  readonly free: bigint;
  /** How much of the limit is spent or held. */
  readonly share: number;
}

interface Balances {
  readonly derived: DerivedBalances;
  readonly stated: StatedBalances | undefined;
}

/** The limits that bind one call at `now`, as its rules see them. */
export function budgetView(balances: Balances, { tool, request }: AskedCall, now: Instant): BudgetView {
  const { derived, stated } = balances;
  const standings = (): Standing[] => {
    if (stated ? !isStated(stated, 0) : derived.incomplete)
      throw new WritError('budget-unknown', stated ? UNSTATED : INCOMPLETE);
    const find = (path: string): Account | undefined => inForce(derived.accounts.get(path));
    const way = accountWay(find, request.project, request.campaign);
    return way.flatMap((account) => (stated ? statedOf(stated, account, tool, now) : derivedOf(account)));
  };
  return {
    remaining: (wanted) =>
      standings().reduce(
        (least, { unit, free }) => (unit === wanted && free < least ? free : least),
        UNLIMITED_MICROS,
      ),
    utilisation: () => Math.max(0, ...standings().map(({ share }) => share)),
  };
}

/** Nothing is free, not less, where a limit was lowered below what is used: as the budget says it. */
function statedOf(stated: StatedBalances, { path }: Account, tool: string, now: Instant): Standing[] {
  return limitsFor(stated, path, tool).map((one) => {
    const used = usedAt(one, now);
    const free = one.limit > used ? one.limit - used : 0n;
    return { unit: one.unit, free, share: shareOf(used, one.limit) };
  });
}

function derivedOf({ limits, used: all }: Account): Standing[] {
  return [...limits].map(([unit, limit]) => {
    const used = all.get(unit) ?? 0n;
    return { unit, free: limit - used, share: shareOf(used, limit) };
  });
}

const INCOMPLETE =
  'what the budget has left is not known: calls were allowed before the first policy that reads `budget` was published';

const UNSTATED = 'what the budget has left is not stated yet';

function shareOf(used: bigint, limit: bigint): number {
  return limit === 0n ? Number(used > 0n) : Number(used) / Number(limit);
}

function inForce(account: Account | undefined): Account | undefined {
  return account?.inForce ? account : undefined;
}
