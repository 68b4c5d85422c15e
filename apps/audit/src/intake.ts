/**
 * The way in: commits as they come from the ledger, up to a bound in bytes. Beyond it the fold is stopped, and begun
 * again at the same place when enough has been stored: this process falls behind rather than out of memory.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Fold, Ledger, LedgerCommit } from '@writ/ledger';
import { Backoff } from './backoff.ts';
import { Bell } from './bell.ts';
import { MAX_UNSTORED_BYTES, RESUME_BYTES, RETRY_FIRST_MS, RETRY_LONGEST_MS } from './limits.ts';

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
  /** Counts up with every begun or stopped fold; what an older one still delivers is not wanted. */
  #generation = 0;
  #fold: Fold | undefined;
  #full = false;

  constructor({ ledger, onProblem, maxBytes = MAX_UNSTORED_BYTES }: IntakeOptions) {
    this.#ledger = ledger;
    this.#onProblem = onProblem;
    this.#maxBytes = maxBytes;
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
    void this.#open();
  }

  /** Takes nothing more in; what it holds can still be taken out. */
  async stop(): Promise<void> {
    this.#generation += 1;
    this.#full = false;
    const fold = this.#fold;
    this.#fold = undefined;
    await fold?.stop();
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
    if (!this.#full || this.#heldBytes > Math.min(RESUME_BYTES, this.#maxBytes / 2)) return;
    this.#full = false;
    void this.#open();
  }

  async #open(): Promise<void> {
    const generation = ++this.#generation;
    const backoff = new Backoff(RETRY_FIRST_MS, RETRY_LONGEST_MS);
    while (generation === this.#generation) {
      try {
        const fold = await this.#ledger.fold(this.#next, (commits) => this.#receive(generation, commits));
        if (generation === this.#generation) this.#fold = fold;
        else await fold.stop();
        return;
      } catch (error) {
        this.#onProblem(error);
        await pause(backoff.next());
      }
    }
  }

  #receive(generation: number, commits: readonly LedgerCommit[]): void {
    for (const commit of commits) {
      if (generation !== this.#generation) return;
      this.#queue.push(commit);
      this.#heldBytes += commit.data.length;
      this.#next = commit.seq + 1;
      if (this.#heldBytes >= this.#maxBytes) this.#close();
    }
    this.arrived.ring();
  }

  #close(): void {
    this.stop().catch(this.#onProblem);
    this.#full = true;
    this.arrived.ring();
  }
}
