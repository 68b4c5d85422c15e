/**
 * The calls of a lane in their order. Nearly all come in it, and stand in a row that is read from its front without
 * touching the others: at a million calls what costs time is memory that is not in a cache. Those that come late stand
 * in a heap beside the row. Pushing and removing are O(1) in the row, O(log n) in the heap.
 */
import { Heap } from '@writ/contracts';
import type { Instant, Position } from '@writ/contracts';
import { AGEING_BOUND_SECONDS } from './limits.ts';
import type { Due } from './phase.ts';

/** What the order of a queue follows from, and where a call stands in it. */
export interface Queued {
  /** Absent for a call without a deadline. */
  readonly due: Pick<Due, 'latestStartMs' | 'inYielding'> | undefined;
  readonly arrival: number;
  /** Ledger time, in seconds, at which it last became ready. */
  readonly readyAt: number;
  inLane: number;
}

/** Least slack first, then who asked first. Slack shrinks alike for all, so the latest time to start decides. */
export function callBefore(a: Queued, b: Queued): boolean {
  const slack = (a.due?.latestStartMs ?? Infinity) - (b.due?.latestStartMs ?? Infinity);
  // Two calls without a deadline: infinity from infinity is not a number.
  return slack === 0 || Number.isNaN(slack) ? a.arrival < b.arrival : slack < 0;
}

/** Whether a call is to end by a deadline, and still can. */
export function isTimed({ due }: Queued): boolean {
  return due !== undefined && due.latestStartMs < Infinity;
}

/** Until when a ready call whose turn it is gives way to calls of its tenant with less slack. */
export function yieldsUntil({ due, readyAt }: Queued): Instant {
  const readyMs = readyAt * 1_000;
  const slackMs = due ? Math.max(0, due.latestStartMs - readyMs) : Infinity;
  return readyMs + Math.min(AGEING_BOUND_SECONDS * 1_000, slackMs / 2);
}

/** Front places of the row that are empty before it is cut. */
const PIECE = 1_024;

export class CallQueue<C extends Queued> {
  /** From `#front` on; removed calls leave gaps, but neither at the front nor at the end. */
  #row: (C | undefined)[] = [];
  #front = 0;
  /** Places of the row that were cut off. */
  #cut = 0;
  readonly #late = new Heap<C>(callBefore, IN_LATE);
  /** Calls to be in time, by when they stop giving way: their order in the row says nothing about that. */
  readonly #yielding = new Heap<C>(yieldsBefore, IN_YIELDING);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  peek(): C | undefined {
    const first = this.#row[this.#front];
    if (this.#late.size === 0) return first;
    const late = this.#late.peek() as C;
    return first && callBefore(first, late) ? first : late;
  }

  /** When the first of its calls stops giving way; of calls without a deadline the first one stands for all. */
  get yieldsUntil(): Instant {
    const next = this.#yielding.peek() ?? this.peek();
    return next ? yieldsUntil(next) : Infinity;
  }

  push(call: C): void {
    const last = this.#row.at(-1);
    this.#size++;
    if (isTimed(call)) this.#yielding.push(call);
    if (last && callBefore(call, last)) this.#late.push(call);
    else call.inLane = this.#cut + this.#row.push(call) - 1;
  }

  /** Removes a call that is in this queue. */
  remove(call: C): void {
    this.#size--;
    this.#yielding.remove(call);
    if (call.inLane < 0) return this.#late.remove(call);
    const row = this.#row;
    row[call.inLane - this.#cut] = undefined;
    call.inLane = -1;
    while (row.length > this.#front && row.at(-1) === undefined) row.pop();
    while (this.#front < row.length && row[this.#front] === undefined) this.#front++;
    if (this.#front < PIECE && this.#front < row.length) return;
    this.#row = row.slice(this.#front);
    this.#cut = this.#row.length === 0 ? 0 : this.#cut + this.#front;
    this.#front = 0;
  }

  /** The calls in order; the queue must not change while they are read. */
  *inOrder(): Generator<C, undefined> {
    const late = this.#late.inOrder();
    let next = late.next().value;
    for (let place = this.#front; place < this.#row.length; place++) {
      const call = this.#row[place];
      if (!call) continue;
      for (; next && callBefore(next, call); next = late.next().value) yield next;
      yield call;
    }
    for (; next; next = late.next().value) yield next;
  }
}

/** Whether a call stands in a queue. */
export function isQueued({ inLane }: Queued): boolean {
  return inLane !== -1;
}

function yieldsBefore(a: Queued, b: Queued): boolean {
  const difference = yieldsUntil(a) - yieldsUntil(b);
  return difference === 0 ? a.arrival < b.arrival : difference < 0;
}

const IN_YIELDING: Position<Queued> = {
  get: ({ due }) => due?.inYielding ?? -1,
  set: ({ due }, position) => {
    if (due) due.inYielding = position;
  },
};

/** Places in the heap are told from places in the row by their sign; -1 is no place. */
const IN_LATE: Position<Queued> = {
  get: ({ inLane }) => (inLane < -1 ? -2 - inLane : -1),
  set: (call, position) => {
    call.inLane = position < 0 ? -1 : -2 - position;
  },
};
