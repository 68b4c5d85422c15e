/**
 * A binary heap that can also remove any item, and be read in order without being changed. `before` must be a total
 * order: then what comes out does not depend on the layout, so a restored heap behaves exactly like the one it was
 * saved from. All operations are O(log n).
 */

/** Where an item keeps its position; -1 while it is in no heap of this kind. */
export interface Position<T> {
  get(item: T): number;
  set(item: T, position: number): void;
}

export class Heap<T> {
  readonly #items: T[] = [];
  readonly #before: (a: T, b: T) => boolean;
  readonly #position: Position<T> | undefined;

  /** Without `position` items can be pushed and popped only. */
  constructor(before: (a: T, b: T) => boolean, position?: Position<T>) {
    this.#before = before;
    this.#position = position;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  /** What would be first without the first. */
  second(): T | undefined {
    const left = this.#items[1];
    const right = this.#items[2];
    return left !== undefined && right !== undefined && this.#before(right, left) ? right : left;
  }

  push(item: T): void {
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  pop(): T | undefined {
    const first = this.#items[0];
    if (first !== undefined) this.#removeAt(0);
    return first;
  }

  /** Removes an item that is in this heap; one that is in none is left alone. */
  remove(item: T): void {
    const position = this.#position?.get(item) ?? -1;
    if (position >= 0) this.#removeAt(position);
  }

  /** Restores the order after `item`, which is in this heap, has changed its rank. */
  moved(item: T): void {
    this.#settle(item, this.#position?.get(item) ?? -1);
  }

  /** The items in order; the heap must not change while they are read. The first k cost O(k log k). */
  *inOrder(): Generator<T, undefined> {
    const items = this.#items;
    if (items.length === 0) return;
    yield items[0] as T;
    const frontier = new Heap<number>((a, b) => this.#before(items[a] as T, items[b] as T));
    let last = 0;
    for (;;) {
      for (let child = 2 * last + 1; child <= 2 * last + 2 && child < items.length; child++)
        frontier.push(child);
      const next = frontier.pop();
      if (next === undefined) return;
      yield items[next] as T;
      last = next;
    }
  }

  #removeAt(position: number): void {
    const items = this.#items;
    this.#position?.set(items[position] as T, -1);
    const last = items.pop() as T;
    if (position < items.length) this.#settle(last, position);
  }

  #settle(item: T, position: number): void {
    const parent = (position - 1) >> 1;
    if (position > 0 && this.#before(item, this.#items[parent] as T)) this.#rise(item, position);
    else this.#sink(item, position);
  }

  #rise(item: T, from: number): void {
    const items = this.#items;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = items[parent] as T;
      if (!this.#before(item, above)) break;
      this.#put(above, at);
      at = parent;
    }
    this.#put(item, at);
  }

  #sink(item: T, from: number): void {
    const items = this.#items;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.#before(items[child + 1] as T, items[child] as T)) child++;
      const below = items[child] as T;
      if (!this.#before(below, item)) break;
      this.#put(below, at);
      at = child;
    }
    this.#put(item, at);
  }

  #put(item: T, at: number): void {
    this.#items[at] = item;
    this.#position?.set(item, at);
  }
}
