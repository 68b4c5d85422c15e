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
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size <= this.#most && at - entry.at <= this.#horizonMs) break;
      this.#entries.delete(oldest);
    }
  }

  snapshot(): Json {
    return [...this.#entries].map(([key, entry]) => [key, entry.digest, entry.at]);
  }

  /** Rebuilds from `snapshot()`; the bounds are those of this instance. */
  restore(json: Json): this {
    for (const [key, digest, at] of json as [string, string, Instant][]) this.#entries.set(key, { digest, at });
    return this;
  }
}
