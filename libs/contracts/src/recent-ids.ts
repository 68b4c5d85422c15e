/**
 * Bounded memory of invocation ids: what makes a repeated request harmless. Forgets by ledger time and by count,
 * oldest first; insertion order of a `Map` is its age order.
 */
import type { Instant, Json } from './decider.ts';
import { ID_HORIZON_MS, MAX_REMEMBERED_IDS } from './limits.ts';

/** Times are dropped from the front of their array in pieces of this size, so that dropping costs nothing per id. */
const PIECE = 4_096;

export class RecentIds {
  /** Digests by key, oldest key first. */
  readonly #digests = new Map<string, string>();
  /** When each key of `#digests` was first seen, in the same order, from `#first` on: a number a key, not an object. */
  #times: Instant[] = [];
  #first = 0;
  /**
   * Walks the keys in age order, one step a forgotten key. It lives on, because a new walk has to step over all that
   * was deleted since the map's last rehash: 50 us a call at 200,000 ids instead of less than 2.
   */
  #ages = this.#digests.keys();
  readonly #horizonMs: number;
  readonly #most: number;

  constructor(horizonMs: number = ID_HORIZON_MS, most: number = MAX_REMEMBERED_IDS) {
    this.#horizonMs = horizonMs;
    this.#most = most;
  }

  get size(): number {
    return this.#digests.size;
  }

  /** The digest under which `key` was first seen, if it is still remembered. */
  digestOf(key: string): string | undefined {
    return this.#digests.get(key);
  }

  /** Remembers `key`; the first digest stays. Drops what is older than the horizon. */
  remember(key: string, digest: string, at: Instant): void {
    if (!this.#digests.has(key)) {
      this.#digests.set(key, digest);
      this.#times.push(at);
    }
    while (this.#digests.size > this.#most || at - (this.#times[this.#first] ?? at) > this.#horizonMs)
      this.#forgetOldest();
  }

  snapshot(): Json {
    let index = this.#first;
    return [...this.#digests].map(([key, digest]) => [key, digest, this.#times[index++] as Instant]);
  }

  /** Rebuilds from `snapshot()`; the bounds are those of this instance. */
  restore(json: Json): this {
    for (const [key, digest, at] of json as [string, string, Instant][]) {
      this.#digests.set(key, digest);
      this.#times.push(at);
    }
    return this;
  }

  #forgetOldest(): void {
    let oldest = this.#ages.next();
    if (oldest.done) {
      this.#ages = this.#digests.keys();
      oldest = this.#ages.next();
    }
    this.#digests.delete(oldest.value as string);
    this.#first += 1;
    if (this.#first < PIECE) return;
    this.#times = this.#times.slice(this.#first);
    this.#first = 0;
  }
}
