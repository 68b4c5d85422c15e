/** Who has had how much: usage of every account in a list, charged at the grant and settled at the end. */
import { USAGE_HALF_LIFE_MS } from '../src/limits.ts';
import { RunTimes } from '../src/run-times.ts';
import type { Watched } from './watched.ts';

/** Of every test tool. */
const TIMEOUT_MS = 60_000;

export class ShareReferee {
  readonly #usage = new Map<string, number>();
  readonly #times = new Map<string, RunTimes>();

  /** The account that has had less first, from the tenant down. */
  compare(a: Watched, b: Watched): number {
    for (const [level, one] of a.accounts.entries()) {
      const other = b.accounts[level] as string;
      if (one !== other)
        return (this.#usage.get(one) ?? 0) - (this.#usage.get(other) ?? 0) || (one < other ? -1 : 1);
    }
    return 0;
  }

  usualMs(call: Watched): number {
    return this.#timesOf(call).medianMs ?? TIMEOUT_MS;
  }

  leastMs(call: Watched): number {
    return this.#timesOf(call).leastMs;
  }

  charge(call: Watched, nodeSeconds: number, now: number, penalty = 0): number {
    const usage = nodeSeconds * 2 ** (now / USAGE_HALF_LIFE_MS);
    for (const one of call.accounts)
      this.#usage.set(one, Math.max(0, (this.#usage.get(one) ?? 0) + (usage - penalty)));
    return usage;
  }

  complete(call: Watched, runMs: number, succeeded: boolean, now: number): void {
    this.charge(call, runMs / 1_000, now, call.penalty);
    if (succeeded) this.#timesOf(call).add(runMs);
  }

  #timesOf({ tool }: Watched): RunTimes {
    const times = this.#times.get(tool) ?? new RunTimes();
    this.#times.set(tool, times);
    return times;
  }
}
