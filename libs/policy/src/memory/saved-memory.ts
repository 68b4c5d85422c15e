/** The memory as JSON and back. Order is part of it: what is forgotten first stands first. */
import type { Instant, InvocationId } from '@writ/contracts';
import type { KeyedCounts } from './keyed-counts.ts';
import type { Memory } from './memory.ts';
import type { SlidingCount } from './sliding-count.ts';
import type { StatedBalances, StatedLimit } from './stated-balances.ts';

type Entries<K, V> = readonly (readonly [K, V])[];

type CountsJson = Entries<number, Entries<string, SlidingCount>>;

export interface MemoryJson {
  readonly limits: CountsJson;
  readonly denials: Entries<string, { readonly times: number; readonly at: Instant }>;
  readonly history?: {
    readonly counts: CountsJson;
    readonly running: Entries<InvocationId, string>;
  };
  readonly budget: {
    readonly accounts: Entries<
      string,
      {
        readonly parent?: string;
        readonly inForce: boolean;
        readonly limits: Entries<string, string>;
        readonly used: Entries<string, string>;
      }
    >;
    readonly holds: Entries<InvocationId, readonly { account: string; unit: string; amount: string }[]>;
    readonly incomplete: boolean;
  };
  readonly stated?: StatedJson;
}

type StatedJson = Omit<StatedBalances, 'accounts'> & {
  readonly accounts: Entries<string, { readonly since: number; readonly limits: Entries<string, LimitJson> }>;
};

interface LimitJson {
  readonly unit: string;
  readonly tool?: string;
  readonly limit: string;
  readonly used: string;
  readonly falls: readonly (readonly [at: Instant, amount: string])[];
}

export function memoryJson({ limits, denials, history, derived, stated }: Memory): MemoryJson {
  return {
    limits: countsJson(limits),
    denials: [...denials],
    ...(history ? { history: { counts: countsJson(history.counts), running: [...history.running] } } : {}),
    budget: {
      accounts: [...derived.accounts].map(([path, account]) => [
        path,
        {
          ...(account.parent === undefined ? {} : { parent: account.parent }),
          inForce: account.inForce,
          limits: amountsJson(account.limits),
          used: amountsJson(account.used),
        },
      ]),
      holds: [...derived.holds].map(([invocation, lines]) => [
        invocation,
        lines.map(({ account, unit, amount }) => ({ account, unit, amount: amount.toString() })),
      ]),
      incomplete: derived.incomplete,
    },
    ...(stated ? { stated: statedJson(stated) } : {}),
  };
}

export function memoryOf({ limits, denials, history, budget, stated }: MemoryJson): Memory {
  return {
    limits: countsOf(limits),
    denials: new Map(denials),
    history: history && { counts: countsOf(history.counts), running: new Map(history.running) },
    derived: {
      accounts: new Map(
        budget.accounts.map(([path, account]) => [
          path,
          {
            path,
            parent: account.parent,
            inForce: account.inForce,
            limits: amountsOf(account.limits),
            used: amountsOf(account.used),
          },
        ]),
      ),
      holds: new Map(
        budget.holds.map(([invocation, lines]) => [
          invocation,
          lines.map(({ account, unit, amount }) => ({ account, unit, amount: BigInt(amount) })),
        ]),
      ),
      incomplete: budget.incomplete,
    },
    stated: stated && statedOf(stated),
  };
}

function statedJson({ accounts, ...places }: StatedBalances): StatedJson {
  return {
    ...places,
    accounts: Array.from(accounts, ([path, { since, limits }]) => [
      path,
      { since, limits: Array.from(limits, ([key, limit]) => [key, limitJson(limit)]) },
    ]),
  };
}

function limitJson({ unit, tool, limit, used, falls }: StatedLimit): LimitJson {
  return {
    unit,
    ...(tool === undefined ? {} : { tool }),
    limit: limit.toString(),
    used: used.toString(),
    falls: falls.map(({ at, amount }) => [at, amount.toString()]),
  };
}

function statedOf({ accounts, ...places }: StatedJson): StatedBalances {
  return {
    ...places,
    accounts: new Map(
      accounts.map(([path, { since, limits }]) => [
        path,
        { since, limits: new Map(limits.map(([key, limit]) => [key, limitOf(limit)])) },
      ]),
    ),
  };
}

function limitOf({ unit, tool, limit, used, falls }: LimitJson): StatedLimit {
  return {
    unit,
    tool,
    limit: BigInt(limit),
    used: BigInt(used),
    falls: falls.map(([at, amount]) => ({ at, amount: BigInt(amount) })),
  };
}

/** Counts change in place, so what is saved has to be its own. */
function countsJson(counts: KeyedCounts): CountsJson {
  return Array.from(counts, ([windowMs, byKey]) => [windowMs, copied(byKey)]);
}

function countsOf(entries: CountsJson): KeyedCounts {
  return new Map(entries.map(([windowMs, byKey]) => [windowMs, new Map(copied(byKey))]));
}

function copied(byKey: Iterable<readonly [string, SlidingCount]>): [string, SlidingCount][] {
  return Array.from(byKey, ([key, sliding]) => [key, { ...sliding, counts: [...sliding.counts] }]);
}

function amountsJson(amounts: ReadonlyMap<string, bigint>): Entries<string, string> {
  return [...amounts].map(([unit, amount]) => [unit, amount.toString()]);
}

function amountsOf(entries: Entries<string, string>): Map<string, bigint> {
  return new Map(entries.map(([unit, amount]) => [unit, BigInt(amount)]));
}
