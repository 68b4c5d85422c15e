/** The accounts of one tenant: their definitions, their purses, and who pays for whom. */
import { limitsOf, windowName } from '@writ/contracts';
import type { BudgetLimit, BudgetSpec } from '@writ/contracts';
import { NaivePurse } from './naive-purse.ts';

export class NaiveAccounts {
  readonly #specs = new Map<string, BudgetSpec>();
  /** By account, in the order in which its limits were first heard of. */
  readonly #purses = new Map<string, Map<string, NaivePurse>>();
  #now = 0;

  /** How many are defined now. */
  get size(): number {
    return this.#specs.size;
  }

  advance(now: number): void {
    this.#now = Math.max(this.#now, now);
    for (const purse of this.purses()) purse.advance(this.#now);
  }

  /** All there ever were. */
  purses(): NaivePurse[] {
    return [...this.#purses.values()].flatMap((purses) => [...purses.values()]);
  }

  /** Puts a definition in force; the purses that it may have changed. */
  define(spec: BudgetSpec): NaivePurse[] {
    this.#specs.set(spec.account, spec);
    const purses = this.#purses.get(spec.account) ?? new Map<string, NaivePurse>();
    this.#purses.set(spec.account, purses);
    const wanted = new Map<NaivePurse, BudgetLimit>();
    for (const [unit, limit] of this.#limits(spec)) wanted.set(this.#purse(purses, spec, unit, limit), limit);
    for (const purse of purses.values()) {
      const limit = wanted.get(purse);
      const same = limit?.hard === purse.limit?.hard && String(spec.alerts) === String(purse.alerts);
      purse.limit = limit;
      purse.alerts = spec.alerts;
      if (!same) purse.told.clear();
    }
    return [...purses.values()];
  }

  retire(path: string): void {
    if (!this.#specs.delete(path)) return;
    for (const purse of this.#purses.get(path)?.values() ?? []) {
      purse.limit = undefined;
      purse.told.clear();
    }
  }

  /** The limits in force on a way, account by account, as the definitions name them. */
  pursesOf(way: readonly string[], tool: string | undefined): NaivePurse[] {
    return way.flatMap((path) => {
      const spec = this.#specs.get(path);
      const purses = this.#purses.get(path);
      if (!spec || !purses) return [];
      const all = this.#limits(spec).map(([unit, limit]) => this.#purse(purses, spec, unit, limit));
      return all.filter((purse) => purse.tool === undefined || purse.tool === tool);
    });
  }

  /** The defined accounts that pay, each once, whoever stands above before whom it stands above. */
  way(project: string, campaign: string | undefined): string[] {
    const leaves = campaign ? [project, `${project}/${campaign}`, campaign] : [project];
    const way = leaves.flatMap((leaf) => this.#upFrom(leaf, []).toReversed());
    return [...new Set(way)].filter((path) => this.#specs.has(path));
  }

  #upFrom(path: string, below: string[]): string[] {
    if (below.includes(path)) return below;
    const chain = [...below, path];
    const parent = this.#specs.get(path)?.parent;
    if (parent) return this.#upFrom(parent, chain);
    if (path === '/') return chain;
    return this.#upFrom(path.split('/').slice(0, -1).join('/') || '/', chain);
  }

  #limits(spec: BudgetSpec): [string, BudgetLimit][] {
    return Object.entries(spec.limits).flatMap(([unit, given]) =>
      limitsOf(given).map((limit): [string, BudgetLimit] => [unit, limit]),
    );
  }

  #purse(
    purses: Map<string, NaivePurse>,
    { account }: BudgetSpec,
    unit: string,
    limit: BudgetLimit,
  ): NaivePurse {
    const key = `${unit} ${limit.tool} ${windowName(limit)}`;
    const purse = purses.get(key) ?? new NaivePurse(account, unit, limit, this.#now);
    purses.set(key, purse);
    return purse;
  }
}
