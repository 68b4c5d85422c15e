/**
 * How many events there were within the last so many milliseconds, in constant space: the window is cut into
 * pieces, and a piece counts until all of it is out of the window. So a count is never too low; it may include
 * what happened up to one piece before the window.
 */

/** Pieces of one window: what is counted reaches back at most a sixteenth further. */
const PIECES = 16;

export interface SlidingCount {
  readonly windowMs: number;
  /** Number of the piece that `counts[0]` belongs to; pieces are numbered from the epoch. */
  first: number;
  /** Events by piece, oldest first; the last one is not empty. */
  readonly counts: number[];
}

export function slidingCount(windowMs: number): SlidingCount {
  return { windowMs, first: 0, counts: [] };
}

/** Counts one more event; time never goes back. */
export function countEvent(sliding: SlidingCount, at: number): void {
  const { counts } = sliding;
  const piece = pieceAt(sliding, at);
  forgetBefore(sliding, piece - PIECES);
  if (counts.length === 0) sliding.first = piece;
  while (sliding.first + counts.length <= piece) counts.push(0);
  counts[counts.length - 1] = (counts.at(-1) ?? 0) + 1;
}

/** Events within the window that ends now. */
export function countWithin(sliding: SlidingCount, now: number): number {
  const { counts, first } = sliding;
  let sum = 0;
  for (let index = Math.max(0, oldestCounted(sliding, now) - first); index < counts.length; index++)
    sum += counts[index] ?? 0;
  return sum;
}

/** When fewer than `most` events will be within the window, if no more come. */
export function belowFrom(sliding: SlidingCount, most: number, now: number): number {
  let left = countWithin(sliding, now);
  let piece = Math.max(sliding.first, oldestCounted(sliding, now));
  for (; left >= most; piece++) left -= sliding.counts[piece - sliding.first] ?? 0;
  return Math.max(now, Math.ceil((piece + PIECES) * (sliding.windowMs / PIECES)));
}

/** Whether nothing is counted any more. */
export function isPast(sliding: SlidingCount, now: number): boolean {
  return sliding.first + sliding.counts.length <= oldestCounted(sliding, now);
}

function oldestCounted(sliding: SlidingCount, now: number): number {
  return pieceAt(sliding, now) - PIECES;
}

function pieceAt({ windowMs }: SlidingCount, at: number): number {
  return Math.floor(at / (windowMs / PIECES));
}

function forgetBefore(sliding: SlidingCount, oldest: number): void {
  const gone = Math.min(sliding.counts.length, Math.max(0, oldest - sliding.first));
  sliding.counts.splice(0, gone);
  sliding.first += gone;
}
