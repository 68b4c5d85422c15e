/**
 * A queue that gives up its head in constant time: an array whose used front is cut off once it is the larger
 * half.
 */

/** The front is not cut off before it is this long, so that short queues are never copied. */
const SHORTEST_CUT = 1_024;

export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  peek(): T | undefined {
    return this.#items[this.#head];
  }

  shift(): void {
    if (this.size === 0) return;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head < SHORTEST_CUT || this.#head * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }

  /** All that waits, oldest first. */
  items(): readonly T[] {
    return this.#items.slice(this.#head) as T[];
  }
}
