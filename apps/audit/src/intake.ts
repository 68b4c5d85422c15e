/**
 * The way in: commits out of the ledger in bursts, a few times a second, up to a bound in bytes. Bursts, because
 * nothing waits for the audit: delivered one by one, every commit of every service would wake this process too, which
 * cost the deciding services a third of their throughput on two cores (ADR 005). Beyond the bound it reads on only when
 * enough has been stored: this process falls behind rather than out of memory.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Fold, Ledger, LedgerCommit } from '@writ/ledger';
import { Backoff } from './backoff.ts';
import { Bell } from './bell.ts';
import {
  BURST_INTERVAL_MS,
  MAX_UNSTORED_BYTES,
  RESUME_BYTES,
  RETRY_FIRST_MS,
  RETRY_LONGEST_MS,
} from './limits.ts';

export interface IntakeOptions {
  readonly ledger: Ledger;
  readonly onProblem: (error: unknown) => void;
  readonly maxBytes?: number | undefined;
}

export class Intake {
  /** Rings when commits have come. */
  readonly arrived = new Bell();
  readonly #ledger: Ledger;
  readonly #onProblem: (error: unknown) => void;
  readonly #maxBytes: number;
  #queue: LedgerCommit[] = [];
  /** Bytes received and not yet released. */
  #heldBytes = 0;
  #next = 1;
  /** Counts up with every start and stop; what an older run still delivers is not wanted. */
  #generation = 0;
  #fold: Fold | undefined;
  /** Rings when there may be room again, or nothing more is wanted. */
  readonly #wake = new Bell();

  constructor({ ledger, onProblem, maxBytes = MAX_UNSTORED_BYTES }: IntakeOptions) {
    this.#ledger = ledger;
    this.#onProblem = onProblem;
    this.#maxBytes = maxBytes;
  }

  get #resumeBytes(): number {
    return Math.min(RESUME_BYTES, this.#maxBytes / 2);
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Forgets what it holds and reads from `seq` on. */
  async startFrom(seq: number): Promise<void> {
    await this.stop();
    this.#queue = [];
    this.#heldBytes = 0;
    this.#next = seq;
    void this.#run(this.#generation);
  }

  /** Takes nothing more in; what it holds can still be taken out. */
  async stop(): Promise<void> {
    this.#generation += 1;
    this.#wake.ring();
    await this.#fold?.stop();
  }

  /** The next commits in order, at least one when there is any, until they have `bytes` together. */
  take(bytes: number): readonly LedgerCommit[] {
    let taken = 0;
    let count = 0;
    while (count < this.#queue.length && taken < bytes)
      taken += (this.#queue[count++] as LedgerCommit).data.length;
    if (count === this.#queue.length) {
      const all = this.#queue;
      this.#queue = [];
      return all;
    }
    return this.#queue.splice(0, count);
  }

  /** So many bytes of what was taken out are stored. */
  release(bytes: number): void {
    this.#heldBytes -= bytes;
    this.#wake.ring();
  }

  /** Burst after burst until it is stopped or started elsewhere. */
  async #run(generation: number): Promise<void> {
    const backoff = new Backoff(RETRY_FIRST_MS, RETRY_LONGEST_MS);
    while (generation === this.#generation) {
      try {
        await this.#burst(generation);
        backoff.reset();
        await this.#wake.heard(BURST_INTERVAL_MS);
        while (this.#heldBytes > this.#resumeBytes && generation === this.#generation)
          await this.#wake.heard();
      } catch (error) {
        this.#onProblem(error);
        await pause(backoff.next());
      }
    }
  }

  /** Everything that stands in the ledger now, or as much as may be held. */
  async #burst(generation: number): Promise<void> {
    const last = await this.#ledger.lastSequence();
    if (last < this.#next || generation !== this.#generation) return;
    const done = Promise.withResolvers<void>();
    const fold = await this.#ledger.fold(this.#next, (commits) => {
      this.#receive(generation, commits);
      if (this.#next > last || this.#heldBytes >= this.#maxBytes || generation !== this.#generation)
        done.resolve();
    });
    this.#fold = { stop: async () => done.resolve() };
    await done.promise;
    this.#fold = undefined;
    await fold.stop();
  }

  #receive(generation: number, commits: readonly LedgerCommit[]): void {
    for (const commit of commits) {
      if (generation !== this.#generation || this.#heldBytes >= this.#maxBytes) break;
      this.#queue.push(commit);
      this.#heldBytes += commit.data.length;
      this.#next = commit.seq + 1;
    }
    this.arrived.ring();
  }
}
