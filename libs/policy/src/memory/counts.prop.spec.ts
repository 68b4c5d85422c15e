/** Counts over random events, against a list of them; and their bounds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countKey, isFull } from './keyed-counts.ts';
import type { KeyedCounts } from './keyed-counts.ts';
import { belowFrom, countEvent, countWithin, slidingCount } from './sliding-count.ts';

const WINDOW = 16_000;
const PIECE = 1_000;

describe('a sliding count', () => {
  it('any events: never too few, at most those of one piece too many, and it says when it falls', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(5_000), { maxLength: 80 }),
        fc.nat(40_000),
        fc.integer({ min: 1, max: 9 }),
        (gaps, later, most) => {
          const sliding = slidingCount(WINDOW);
          const times: number[] = [];
          let at = 1_760_000_000_123;
          for (const gap of gaps) {
            at += gap;
            times.push(at);
            countEvent(sliding, at);
          }
          const now = at + later;
          const within = (window: number) => times.filter((time) => time > now - window).length;
          const counted = countWithin(sliding, now);
          expect(counted).toBeGreaterThanOrEqual(within(WINDOW));
          expect(counted).toBeLessThanOrEqual(within(WINDOW + PIECE));
          if (counted < most) return;
          const free = belowFrom(sliding, most, now);
          expect(countWithin(sliding, free)).toBeLessThan(most);
          expect(countWithin(sliding, free - 1)).toBeGreaterThanOrEqual(most);
          expect(free - now).toBeLessThanOrEqual(WINDOW + PIECE);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('counts by key', () => {
  it('more keys than there is room for: says so while they count, and keeps the newest', () => {
    const counts: KeyedCounts = new Map();
    for (let key = 0; key < 20_000; key++) countKey(counts, WINDOW, `k${key}`, 15_000);
    expect(isFull(counts, WINDOW, 20_000)).toBe(true);
    expect(isFull(counts, WINDOW * 2, 20_000)).toBe(false);
    expect(isFull(counts, WINDOW, 60_000)).toBe(false);
    countKey(counts, WINDOW, 'new', 20_000);
    expect(counts.get(WINDOW)?.size).toBeLessThanOrEqual(20_000);
    expect(counts.get(WINDOW)?.has('new')).toBe(true);
    expect(counts.get(WINDOW)?.has('k0')).toBe(false);
  });
});
