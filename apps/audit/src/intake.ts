/**
 * The way in: commits out of the ledger in bursts, a few times a second, up to a bound in bytes. Bursts, because
 * nothing waits for the audit: delivered one by one, every commit of every service would wake this process too, which
 * cost the deciding services a third of their throughput on two cores (ADR 005). It asks for no more than it
 * has room for: this process falls behind rather than out of memory.
 */
import { Backoff } from '@writ/contracts';
import type { Ledger, LedgerCommit } from '@writ/ledger';
import { Bell } from './bell.ts';
import {
  BURST_BYTES,
  BURST_INTERVAL_MS,
  MAX_UNSTORED_BYTES,
  RETRY_FIRST_MS,
  RETRY_LONGEST_MS,
} from './limits.ts';
import { pause } from './pause.ts';

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
  #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  /** Rings when there may be room again, or nothing more is wanted. */
  readonly #wake = new Bell();

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
    this.#stopping = new AbortController();
    this.#running = this.#run(this.#generation);
  }

  /** Takes nothing more in; what it holds can still be taken out. */
  async stop(): Promise<void> {
    this.#generation += 1;
    this.#wake.ring();
    this.#stopping.abort();
    await this.#running;
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
      const room = this.#maxBytes - this.#heldBytes;
      if (room < this.#maxBytes / 2) {
        await this.#wake.heard();
        continue;
      }
      try {
        const asked = Math.min(room, BURST_BYTES);
        const bytes = this.#receive(generation, await this.#ledger.burst(this.#next, asked));
        backoff.reset();
        if (bytes < asked / 2 && (await this.#isLevel()))
          await pause(BURST_INTERVAL_MS, this.#stopping.signal);
      } catch (error) {
        this.#onProblem(error);
        await pause(backoff.pauseMs(), this.#stopping.signal);
      }
    }
  }

  /** A burst also ends early where the next commit is too large for the rest of it. */
  async #isLevel(): Promise<boolean> {
    return this.#next > (await this.#ledger.lastSequence());
  }

  /** How many bytes came; none when they are not wanted any more. */
  #receive(generation: number, commits: readonly LedgerCommit[]): number {
    if (generation !== this.#generation || commits.length === 0) return 0;
    let bytes = 0;
    for (const commit of commits) {
      this.#queue.push(commit);
      bytes += commit.data.length;
    }
    this.#heldBytes += bytes;
    this.#next = (commits.at(-1) as LedgerCommit).seq + 1;
    this.arrived.ring();
    return bytes;
  }
}
