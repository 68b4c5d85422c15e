/**
 * A first-in-first-out queue whose entries may also leave from its middle, all in O(1). A `Map` is no substitute: its
 * first key is found by walking over all that were deleted in front of it, so draining 100,000 entries takes seconds.
 */
import { MAX_SPENT_SLOTS } from './limits.ts';

/** What can wait in a queue. Only the queue sets `answered`. */
export interface Waiting {
  answered: boolean;
}

export class Queue<T extends Waiting> {
  #slots: T[] = [];
  #head = 0;

  /** The entry that has waited longest. */
  get first(): T | undefined {
    return this.#slots[this.#head];
  }

  push(entry: T): void {
    this.#slots.push(entry);
  }

  /** Takes an entry out, wherever it stands. */
  remove(entry: T): void {
    entry.answered = true;
    while (this.#slots[this.#head]?.answered) this.#head++;
    if (this.#head > MAX_SPENT_SLOTS && this.#head * 2 > this.#slots.length) {
      this.#slots = this.#slots.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Every waiting entry, longest waiting first. */
  *[Symbol.iterator](): Generator<T> {
    for (let slot = this.#head; slot < this.#slots.length; slot++) {
      const entry = this.#slots[slot];
      if (entry && !entry.answered) yield entry;
    }
  }
}
