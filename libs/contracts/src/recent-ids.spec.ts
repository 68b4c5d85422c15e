/** Remembered ids against a plain list. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentIds } from './recent-ids.ts';

const LARGEST_FINGERPRINT = 2 ** 48 - 1;

interface Remembered {
  readonly key: string;
  readonly fingerprint: number;
  readonly at: number;
}

describe('remembered ids', () => {
  const operation = fc.oneof(
    {
      weight: 9,
      arbitrary: fc.record({
        key: fc.nat(90).map(String),
        fingerprint: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: LARGEST_FINGERPRINT })),
        after: fc.nat(4),
      }),
    },
    { weight: 1, arbitrary: fc.constant('restart' as const) },
  );
  // Rings of 16, 32 and 64 places, all of them gone through several times.
  it('any ids at any times: the youngest within the horizon, with their first fingerprint', () => {
    fc.assert(
      fc.property(
        fc.array(operation, { maxLength: 400, size: 'max' }),
        fc.integer({ min: 1, max: 60 }),
        (operations, most) => {
          const HORIZON = 100;
          let ids = new RecentIds(HORIZON, most);
          let model: Remembered[] = [];
          let at = 1_763_000_000_000;
          for (const next of operations) {
            if (next === 'restart') {
              ids = restarted(ids, HORIZON, most);
              continue;
            }
            const { key, fingerprint, after } = next;
            at += after;
            ids.remember(key, fingerprint, at);
            if (!model.some((one) => one.key === key)) model.push({ key, fingerprint, at });
            model = model.filter((one) => at - one.at <= HORIZON).slice(-most);
            expect(ids.size).toBe(model.length);
            expect(ids.has(key)).toBe(model.some((one) => one.key === key));
          }
          for (let key = 0; key <= 90; key++) {
            const known = model.find((one) => one.key === String(key));
            expect(ids.fingerprintOf(String(key))).toBe(known?.fingerprint);
            expect(ids.has(String(key))).toBe(known !== undefined);
          }
          expect(ids.snapshot()).toEqual(restarted(ids, HORIZON, most).snapshot());
          expect(ids.snapshot()).toEqual(rememberedAs(model));
        },
      ),
      { numRuns: 200 },
    );
  });
  it('saved: one text of fingerprints, and times by their distance', () => {
    const ids = new RecentIds().remember('a', 1, 1_000).remember('b', LARGEST_FINGERPRINT, 1_250);
    expect(ids.snapshot()).toEqual({
      keys: ['a', 'b'],
      fingerprints: 'AQAAAAAA////////',
      times: [1_000, 250],
    });
  });
  it('saved without any fingerprint: no text of zeros', () =>
    expect(new RecentIds().remember('a', 0, 5).snapshot()).toEqual({ keys: ['a'], times: [5] }));
});

function restarted(ids: RecentIds, horizon: number, most: number): RecentIds {
  return new RecentIds(horizon, most).restore(JSON.parse(JSON.stringify(ids.snapshot())));
}

/** Without a ring, a bound or a past. */
function rememberedAs(model: readonly Remembered[]): unknown {
  const ids = new RecentIds(Infinity, Infinity);
  for (const { key, fingerprint, at } of model) ids.remember(key, fingerprint, at);
  return ids.snapshot();
}
