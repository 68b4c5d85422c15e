/**
 * Events of calls under way whose traces will be made, copied as they pass by. Most calls end when their first facts are
 * stored already: each would cost a question to Postgres and a chunk to unpack.
 */
import type { InvocationId, StoredCommit, TenantId } from '@writ/contracts';
import type { Glimpse } from '@writ/provenance';
import type { Sightings } from './sightings.ts';
import type { InvocationKey } from './trace-batch.ts';

/** A commit with one event of it, or with all. */
interface Piece extends StoredCommit {
  /** Where it begins in the commit. */
  readonly from: number;
}

export class FollowedEvents {
  readonly #isWanted: (request: Glimpse) => boolean;
  readonly #maxBytes: number;
  readonly #tenants = new Map<TenantId, Map<InvocationId, Piece[]>>();
  #bytes = 0;

  /** The oldest calls are forgotten when all have more than `maxBytes`. */
  constructor(isWanted: (request: Glimpse) => boolean, maxBytes: number) {
    this.#isWanted = isWanted;
    this.#maxBytes = maxBytes;
  }

  folded({ place: { tenant }, commit, glimpses, bounds }: Sightings): void {
    let calls = this.#tenants.get(tenant);
    // By index: it is asked of every fact, and an iterator of pairs costs more than what it finds.
    for (let nth = 0; nth < glimpses.length; nth++) {
      const glimpse = glimpses[nth] as Glimpse;
      let pieces = calls?.get(glimpse.invocation);
      if (!pieces) {
        if (glimpse.type !== 'tool.requested' || !this.#isWanted(glimpse)) continue;
        if (!calls) this.#tenants.set(tenant, (calls = new Map()));
        calls.set(glimpse.invocation, (pieces = []));
      }
      this.#keep(pieces, commit, bounds[2 * nth] as number, bounds[2 * nth + 1] as number);
    }
    while (this.#bytes > this.#maxBytes) this.#forgetOldest();
  }

  /** What was kept of a call that has ended, by ledger sequence. */
  take({ tenant, invocation }: InvocationKey): ReadonlyMap<number, readonly StoredCommit[]> {
    const calls = this.#tenants.get(tenant);
    const pieces = calls?.get(invocation);
    if (!calls || !pieces) return NOTHING;
    calls.delete(invocation);
    if (calls.size === 0) this.#tenants.delete(tenant);
    for (const { data } of pieces) this.#bytes -= data.length;
    return Map.groupBy(pieces, ({ seq }) => seq);
  }

  /** What is folded again is there already. */
  #keep(pieces: Piece[], { seq, at, subject, data }: StoredCommit, from: number, to: number): void {
    const last = pieces.at(-1);
    if (last && (last.seq > seq || (last.seq === seq && last.from >= from))) return;
    pieces.push({ seq, at, subject, data: data.slice(from, to), from });
    this.#bytes += to - from;
  }

  #forgetOldest(): void {
    for (const [tenant, calls] of this.#tenants)
      for (const invocation of calls.keys()) return void this.take({ tenant, invocation });
  }
}

const NOTHING: ReadonlyMap<number, readonly StoredCommit[]> = new Map();
