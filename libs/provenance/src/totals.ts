/** Exact sums by name, read back in the order of the names. */
import { formatMicros } from '@writ/contracts';

export class Totals {
  readonly #sums = new Map<string, bigint>();

  add(name: string, amount: bigint): void {
    this.#sums.set(name, (this.#sums.get(name) ?? 0n) + amount);
  }

  get(name: string): bigint {
    return this.#sums.get(name) ?? 0n;
  }

  names(): string[] {
    return [...this.#sums.keys()].sort();
  }

  /** Amounts of micro-units as decimal text in whole units. */
  amounts(): Record<string, string> {
    return Object.fromEntries(this.names().map((name) => [name, formatMicros(this.get(name))]));
  }

  counts(): Record<string, number> {
    return Object.fromEntries(this.names().map((name) => [name, Number(this.get(name))]));
  }
}
