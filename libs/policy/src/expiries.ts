/**
 * When open approvals run out, earliest first: a binary heap. An approval that is closed early leaves its
 * entry behind; the owner says which entries are live, and the heap drops the dead ones from its top and,
 * once they are the greater part, altogether. Equal times are ordered by name, so that a rebuilt heap answers
 * in the same order.
 */
import type { Instant, InvocationId, TenantId } from '@writ/contracts';

export interface Expiry {
  readonly atMs: Instant;
  readonly tenant: TenantId;
  readonly invocation: InvocationId;
}

/** A heap smaller than this is not swept. */
const SMALLEST_SWEEP = 64;

export class Expiries {
  #heap: Expiry[] = [];
  #dead = 0;

  get size(): number {
    return this.#heap.length;
  }

  add(expiry: Expiry): void {
    this.#heap.push(expiry);
    this.#rise(this.#heap.length - 1);
  }

  /** The earliest entry; live as long as `sweep` is called after each approval that closes. */
  earliest(): Expiry | undefined {
    return this.#heap[0];
  }

  /** One entry has died. */
  sweep(isLive: (expiry: Expiry) => boolean): void {
    this.#dead += 1;
    if (this.#heap.length > SMALLEST_SWEEP && this.#dead * 2 > this.#heap.length) {
      this.#heap = this.#heap.filter(isLive).sort(byTimeThenName);
      this.#dead = 0;
    }
    for (let top = this.#heap[0]; top && !isLive(top); top = this.#heap[0]) this.#drop();
  }

  #drop(): void {
    const last = this.#heap.pop();
    this.#dead -= 1;
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink();
  }

  #rise(index: number): void {
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfEarlier(index, parent)) return;
      index = parent;
    }
  }

  #sink(): void {
    for (let index = 0; ;) {
      const left = 2 * index + 1;
      const child = this.#isEarlier(left + 1, left) ? left + 1 : left;
      if (!this.#swapIfEarlier(child, index)) return;
      index = child;
    }
  }

  #isEarlier(index: number, than: number): boolean {
    const [one, other] = [this.#heap[index], this.#heap[than]];
    return one !== undefined && other !== undefined && byTimeThenName(one, other) < 0;
  }

  #swapIfEarlier(index: number, than: number): boolean {
    if (!this.#isEarlier(index, than)) return false;
    [this.#heap[index], this.#heap[than]] = [this.#heap[than] as Expiry, this.#heap[index] as Expiry];
    return true;
  }
}

function byTimeThenName(a: Expiry, b: Expiry): number {
  return a.atMs - b.atMs || compare(a.tenant, b.tenant) || compare(a.invocation, b.invocation);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
