/**
 * Bounded memory of invocation ids: what makes a repeated request harmless. Forgets by ledger time and by count,
 * oldest first; insertion order of a `Map` is its age order.
 */
import type { Instant, Json } from './decider.ts';
import { ID_HORIZON_MS, MAX_REMEMBERED_IDS } from './limits.ts';

interface Remembered {
  readonly digest: string;
  readonly at: Instant;
}

export class RecentIds {
  readonly #entries = new Map<string, Remembered>();
  /**
   * Walks the entries in age order, one step a forgotten entry. It lives on, because a new walk has to step over all
   * that was deleted since the map's last rehash: 50 us a call at 200,000 ids instead of less than 2.
   */
  #ages = this.#entries.entries();
  #oldest: [string, Remembered] | undefined;
  readonly #horizonMs: number;
  readonly #most: number;

  constructor(horizonMs: number = ID_HORIZON_MS, most: number = MAX_REMEMBERED_IDS) {
    this.#horizonMs = horizonMs;
    this.#most = most;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The digest under which `key` was first seen, if it is still remembered. */
  digestOf(key: string): string | undefined {
    return this.#entries.get(key)?.digest;
  }

  /** Remembers `key`; the first digest stays. Drops what is older than the horizon. */
  remember(key: string, digest: string, at: Instant): void {
    if (!this.#entries.has(key)) this.#entries.set(key, { digest, at });
    this.#oldest ??= this.#nextOldest();
    while (this.#oldest && (this.#entries.size > this.#most || at - this.#oldest[1].at > this.#horizonMs)) {
      this.#entries.delete(this.#oldest[0]);
      this.#oldest = this.#nextOldest();
    }
  }

  snapshot(): Json {
    return [...this.#entries].map(([key, entry]) => [key, entry.digest, entry.at]);
  }

  /** Rebuilds from `snapshot()`; the bounds are those of this instance. */
  restore(json: Json): this {
    for (const [key, digest, at] of json as [string, string, Instant][])
      this.#entries.set(key, { digest, at });
    return this;
  }

  #nextOldest(): [string, Remembered] | undefined {
    const next = this.#ages.next();
    if (!next.done) return next.value;
    this.#ages = this.#entries.entries();
    return undefined;
  }
}
