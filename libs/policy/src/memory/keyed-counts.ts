/**
 * Sliding counts by key, in bounded space, apart for each length of window: so the keys whose last event is longest ago
 * are the ones that are past first. When there is no room left, the oldest key goes; who must not miss an event asks
 * `isFull` before a new key comes.
 */
import { countEvent, isPast, slidingCount } from './sliding-count.ts';
import type { SlidingCount } from './sliding-count.ts';

/** By the length of the window in milliseconds; within it in the order of the last event, oldest first. */
export type KeyedCounts = Map<number, Map<string, SlidingCount>>;

/** Most keys of one window that a tenant has counted at once. */
const MAX_KEYS = 20_000;

/** Counts one more event of `key`. */
export function countKey(counts: KeyedCounts, windowMs: number, key: string, at: number): void {
  let byKey = counts.get(windowMs);
  if (!byKey) counts.set(windowMs, (byKey = new Map<string, SlidingCount>()));
  let sliding = byKey.get(key);
  if (sliding) byKey.delete(key);
  else sliding = slidingCount(windowMs);
  countEvent(sliding, at);
  byKey.set(key, sliding);
  for (const [oldest, last] of byKey) {
    if (byKey.size <= MAX_KEYS && !isPast(last, at)) break;
    byKey.delete(oldest);
  }
}

/** Whether a new key would push out one that still counts. */
export function isFull(counts: KeyedCounts, windowMs: number, now: number): boolean {
  const byKey = counts.get(windowMs);
  if (!byKey || byKey.size < MAX_KEYS) return false;
  const [oldest] = byKey.values();
  return oldest !== undefined && !isPast(oldest, now);
}
