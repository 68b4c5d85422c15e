/**
 * Sliding counts by key, in bounded space. What is out of its window is dropped when room is needed; when there is
 * still none, a new key is not counted and reads as `full`, so that who asks can fail closed.
 */
import { countEvent, isPast, slidingCount } from './sliding-count.ts';
import type { SlidingCount } from './sliding-count.ts';

/** In the order of their last event, oldest first. */
export type KeyedCounts = Map<string, SlidingCount>;

/** Most keys of one kind that a tenant has counted at once. */
const MAX_KEYS = 50_000;

/** Counts one more event of `key`. */
export function countKey(counts: KeyedCounts, key: string, windowMs: number, at: number): void {
  let sliding = counts.get(key);
  if (sliding) counts.delete(key);
  else if (!hasRoom(counts, at)) return;
  else sliding = slidingCount(windowMs);
  countEvent(sliding, at);
  counts.set(key, sliding);
}

/** Whether another key would be counted. */
export function isFull(counts: KeyedCounts, now: number): boolean {
  if (counts.size < MAX_KEYS) return false;
  const [oldest] = counts.values();
  return oldest !== undefined && !isPast(oldest, now);
}

function hasRoom(counts: KeyedCounts, at: number): boolean {
  for (const [key, sliding] of counts) {
    if (counts.size < MAX_KEYS || !isPast(sliding, at)) break;
    counts.delete(key);
  }
  return counts.size < MAX_KEYS;
}
