/**
 * Bounded memory of invocation ids: what makes a repeated request harmless. Forgets by ledger time and by count,
 * oldest first. There may be a million of them a tenant, and all are saved in one moment with the state that they are
 * part of. So what is known of an id are two numbers in rings, no objects, and a snapshot is a few long texts.
 */
import type { Instant, Json } from './decider.ts';
import { FINGERPRINT_BYTES } from './fingerprint.ts';
import type { Fingerprint } from './fingerprint.ts';
import { ID_HORIZON_MS, MAX_REMEMBERED_IDS } from './limits.ts';

const SMALLEST_RING = 16;
/** Turns are counted up to here, so that they stay small integers; a multiple of every ring's length. */
const TURNS = 2 ** 30;

/** Oldest id first. */
interface SavedIds {
  readonly keys: readonly string[];
  /** `FINGERPRINT_BYTES` an id, little-endian, as base64; absent when all are 0. */
  readonly fingerprints?: string;
  /** The first time, then by how much each is later than the one before. */
  readonly times: readonly number[];
}

export class RecentIds {
  /** When it was each key's turn, oldest key first: insertion order of a `Map` is its age order. */
  readonly #turns = new Map<string, number>();
  /** By turn, modulo their length, which is a power of two. */
  #fingerprints = new Float64Array(SMALLEST_RING);
  #times = new Float64Array(SMALLEST_RING);
  /** Turn of the next key. */
  #next = 0;
  /**
   * Walks the keys in age order, one step a forgotten key. It lives on, because a new walk has to step over all that
   * was deleted since the map's last rehash: 50 us a call at 200,000 ids instead of less than 2. It begins with the first
   * forgotten key, because a walk that stands still keeps every table that the map has outgrown: 7 MB at 200,000 ids.
   */
  #ages: MapIterator<string> | undefined;
  readonly #horizonMs: number;
  readonly #most: number;

  constructor(horizonMs: number = ID_HORIZON_MS, most: number = MAX_REMEMBERED_IDS) {
    this.#horizonMs = horizonMs;
    this.#most = most;
  }

  get size(): number {
    return this.#turns.size;
  }

  has(key: string): boolean {
    return this.#turns.has(key);
  }

  /** The fingerprint under which `key` was first seen, if it is still remembered. */
  fingerprintOf(key: string): Fingerprint | undefined {
    const turn = this.#turns.get(key);
    return turn === undefined ? undefined : this.#fingerprints[this.#place(turn)];
  }

  /** Remembers `key`; the first fingerprint stays. Drops what is older than the horizon. */
  remember(key: string, fingerprint: Fingerprint, at: Instant): this {
    if (!this.#turns.has(key)) this.#add(key, fingerprint, at);
    while (this.size > this.#most || (this.size > 0 && at - this.#timeOf(this.#oldest) > this.#horizonMs))
      this.#forgetOldest();
    return this;
  }

  snapshot(): Json {
    const times: number[] = [];
    const fingerprints = Buffer.alloc(this.size * FINGERPRINT_BYTES);
    let isMarked = false;
    let before = 0;
    for (let nth = 0; nth < this.size; nth++) {
      const place = this.#place(this.#oldest + nth);
      const time = this.#times[place] as Instant;
      times.push(time - before);
      before = time;
      const fingerprint = this.#fingerprints[place] as Fingerprint;
      if (fingerprint === 0) continue;
      isMarked = true;
      fingerprints.writeUIntLE(fingerprint, nth * FINGERPRINT_BYTES, FINGERPRINT_BYTES);
    }
    const saved: SavedIds = {
      keys: [...this.#turns.keys()],
      ...(isMarked ? { fingerprints: fingerprints.toString('base64') } : {}),
      times,
    };
    return saved as unknown as Json;
  }

  /** Rebuilds from `snapshot()`; the bounds are those of this instance. */
  restore(json: Json): this {
    const { keys, fingerprints = '', times } = json as unknown as SavedIds;
    const bytes = Buffer.from(fingerprints, 'base64');
    let time = 0;
    for (const [nth, key] of keys.entries()) {
      time += times[nth] as number;
      const from = nth * FINGERPRINT_BYTES;
      this.#add(key, from < bytes.length ? bytes.readUIntLE(from, FINGERPRINT_BYTES) : 0, time);
    }
    return this;
  }

  get #oldest(): number {
    return this.#next - this.size + TURNS;
  }

  #place(turn: number): number {
    return turn & (this.#times.length - 1);
  }

  #timeOf(turn: number): Instant {
    return this.#times[this.#place(turn)] as Instant;
  }

  #add(key: string, fingerprint: Fingerprint, at: Instant): void {
    if (this.size === this.#times.length) this.#grow();
    const place = this.#place(this.#next);
    this.#fingerprints[place] = fingerprint;
    this.#times[place] = at;
    this.#turns.set(key, this.#next);
    this.#next = (this.#next + 1) % TURNS;
  }

  /** Full rings hold every turn from the oldest on, and in rings of twice the length each has a place of its own again. */
  #grow(): void {
    const { length } = this.#times;
    const fingerprints = new Float64Array(2 * length);
    const times = new Float64Array(2 * length);
    for (let turn = this.#oldest; turn < this.#oldest + length; turn++) {
      const place = turn & (2 * length - 1);
      fingerprints[place] = this.#fingerprints[this.#place(turn)] as Fingerprint;
      times[place] = this.#timeOf(turn);
    }
    this.#fingerprints = fingerprints;
    this.#times = times;
  }

  #forgetOldest(): void {
    let oldest = this.#ages?.next();
    if (!oldest || oldest.done) {
      this.#ages = this.#turns.keys();
      oldest = this.#ages.next();
    }
    this.#turns.delete(oldest.value as string);
  }
}
