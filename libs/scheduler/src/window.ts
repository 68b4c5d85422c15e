/**
 * What a breaker has seen: the latest so many runs, or those of the latest so many seconds in slots of equal length.
 * Only counts are kept, so a window is bounded whatever the load. Time is that of the facts, never a clock's: a window
 * moves when a run is added, and a restart changes nothing.
 */
import { compareText } from '@writ/contracts';
import type { BreakerSpec, EventData, ExecutorId, Instant } from '@writ/contracts';
import { MAX_WINDOW_SLOTS } from './limits.ts';

export type Evidence = EventData<'breaker.opened'>['evidence'];

/** How one run ended for its breakers: null for a good one, else `f:`, `s:` or `b:` (failed, slow, both) and its executor. */
export type Mark = string | null;

export type SavedWindow =
  | { readonly runs: readonly Mark[] }
  | {
      readonly slots: readonly {
        readonly at: number;
        readonly marks: readonly (readonly [string, number])[];
      }[];
    };

export interface Window {
  readonly tally: Tally;
  add(mark: Mark, at: Instant): void;
  save(): SavedWindow;
}

export function markOf(failed: boolean, slow: boolean, executor: ExecutorId): Mark {
  if (!failed && !slow) return null;
  return `${failed ? (slow ? 'b' : 'f') : 's'}:${executor}`;
}

/** The window that these terms ask for, with what is still of use of an older one. */
export function windowFor({ window, windowSeconds }: BreakerSpec, saved?: SavedWindow): Window {
  if (windowSeconds !== undefined) {
    return new TimeWindow(windowSeconds, saved && 'slots' in saved ? saved.slots : []);
  }
  return new CountWindow(window, saved && 'runs' in saved ? saved.runs : []);
}

/** A window of `size` runs. */
export function countWindow(size: number, saved?: SavedWindow): Window {
  return new CountWindow(size, saved && 'runs' in saved ? saved.runs : []);
}

/** Sums over the marks in a window. */
export class Tally {
  calls = 0;
  failures = 0;
  slow = 0;
  readonly #failedOn = new Map<string, number>();
  readonly #slowOn = new Map<string, number>();

  /** Executors on which calls failed. */
  get failedOn(): number {
    return this.#failedOn.size;
  }

  /** Executors on which calls were slow. */
  get slowOn(): number {
    return this.#slowOn.size;
  }

  get evidence(): Evidence {
    const { calls, failures, slow } = this;
    const slowness = slow > 0 ? { slow, slowExecutors: this.slowOn } : {};
    return { calls, failures, executors: this.failedOn, ...slowness };
  }

  count(mark: Mark, by: number): void {
    this.calls += by;
    if (mark === null) return;
    const executor = mark.slice(2);
    if (!mark.startsWith('s')) {
      this.failures += by;
      countIn(this.#failedOn, executor, by);
    }
    if (!mark.startsWith('f')) {
      this.slow += by;
      countIn(this.#slowOn, executor, by);
    }
  }
}

/** The latest runs, oldest overwritten first. */
class CountWindow implements Window {
  readonly tally = new Tally();
  readonly #runs: Mark[] = [];
  readonly #size: number;
  #next = 0;

  constructor(size: number, runs: readonly Mark[]) {
    this.#size = size;
    for (const run of runs.slice(-size)) this.add(run);
  }

  add(mark: Mark): void {
    if (this.#runs.length === this.#size) this.tally.count(this.#runs[this.#next] ?? null, -1);
    this.tally.count(mark, 1);
    this.#runs[this.#next] = mark;
    this.#next = (this.#next + 1) % this.#size;
  }

  /** Oldest first. */
  save(): SavedWindow {
    if (this.#runs.length < this.#size) return { runs: [...this.#runs] };
    return { runs: [...this.#runs.slice(this.#next), ...this.#runs.slice(0, this.#next)] };
  }
}

interface Slot {
  readonly at: number;
  /** Runs by mark; `-` stands for a good one. */
  readonly marks: Map<string, number>;
}

const GOOD = '-';

class TimeWindow implements Window {
  readonly tally = new Tally();
  readonly #slots: Slot[] = [];
  readonly #slotMs: number;
  readonly #most: number;

  constructor(seconds: number, slots: Extract<SavedWindow, { slots: unknown }>['slots']) {
    this.#slotMs = (1_000 * seconds) / Math.min(seconds, MAX_WINDOW_SLOTS);
    this.#most = Math.min(seconds, MAX_WINDOW_SLOTS);
    for (const { at, marks } of slots) {
      this.#slots.push({ at, marks: new Map(marks) });
      for (const [mark, count] of marks) this.tally.count(mark === GOOD ? null : mark, count);
    }
  }

  add(mark: Mark, at: Instant): void {
    const latest = this.#slots.at(-1);
    // Ledger time does not go back; should it, a run belongs to the latest slot.
    const now = Math.max(Math.floor(at / this.#slotMs), latest?.at ?? 0);
    while (this.#slots[0] && this.#slots[0].at <= now - this.#most) {
      for (const [old, count] of this.#slots.shift()?.marks ?? []) {
        this.tally.count(old === GOOD ? null : old, -count);
      }
    }
    const slot = latest?.at === now ? latest : { at: now, marks: new Map<string, number>() };
    if (slot !== latest) this.#slots.push(slot);
    countIn(slot.marks, mark ?? GOOD, 1);
    this.tally.count(mark, 1);
  }

  save(): SavedWindow {
    const slots = this.#slots.map(({ at, marks }) => ({
      at,
      marks: [...marks].sort(([a], [b]) => compareText(a, b)),
    }));
    return { slots };
  }
}

function countIn(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
