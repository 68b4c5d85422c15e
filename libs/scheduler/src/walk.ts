/**
 * Reading the queue ahead: the calls of several lanes in their one order, without changing anything, because an
 * answer of many grants is made before any of them is folded. The first k calls cost O(k log k), however many wait.
 */
import { Heap } from '@writ/contracts';
import { callBefore } from './call-queue.ts';
import type { Call, Lane } from './model.ts';

export class Walk {
  readonly #lanes: Generator<Lane, undefined>;
  readonly #admits: (lane: Lane) => boolean;
  /** The call that stands behind the last one in its lane. */
  behind: Call | undefined;
  readonly #cursors = new Heap<Cursor>((a, b) => callBefore(a.call, b.call));

  /** `admits` is asked before each call of a lane; a lane that was denied once is left out from then on. */
  constructor(lanes: Heap<Lane>, admits: (lane: Lane) => boolean) {
    this.#lanes = lanes.inOrder();
    this.#admits = admits;
  }

  next(): Call | undefined {
    for (;;) {
      // Lanes come by their first calls, so the k-th best call is in one of the first k lanes.
      const opened = this.#lanes.next().value;
      if (opened) this.#advance(opened, opened.calls.inOrder());
      const cursor = this.#cursors.pop();
      if (!cursor) return undefined;
      if (!this.#admits(cursor.lane)) continue;
      this.behind = this.#advance(cursor.lane, cursor.rest);
      return cursor.call;
    }
  }

  #advance(lane: Lane, rest: Generator<Call, undefined>): Call | undefined {
    const call = rest.next().value;
    if (call) this.#cursors.push({ lane, rest, call });
    return call;
  }
}

interface Cursor {
  readonly lane: Lane;
  readonly rest: Generator<Call, undefined>;
  readonly call: Call;
}
