/** Remembered ids against a plain list. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentIds } from './recent-ids.ts';

describe('remembered ids', () => {
  const operation = fc.oneof(
    fc.record({ key: fc.nat(30).map(String), after: fc.nat(4) }),
    fc.constant('restart' as const),
  );
  it('any ids at any times: the youngest within the horizon, with their first digest', () => {
    fc.assert(
      fc.property(
        fc.array(operation, { maxLength: 200, size: 'max' }),
        fc.integer({ min: 1, max: 12 }),
        (operations, most) => {
          const HORIZON = 20;
          let ids = new RecentIds(HORIZON, most);
          let model: { key: string; digest: string; at: number }[] = [];
          let now = 0;
          for (const next of operations) {
            if (next === 'restart') {
              ids = new RecentIds(HORIZON, most).restore(JSON.parse(JSON.stringify(ids.snapshot())));
              continue;
            }
            now += next.after;
            ids.remember(next.key, `d${now}`, now);
            if (!model.some(({ key }) => key === next.key))
              model.push({ key: next.key, digest: `d${now}`, at: now });
            model = model.filter(({ at }) => now - at <= HORIZON).slice(-most);
            expect(ids.snapshot()).toEqual(model.map(({ key, digest, at }) => [key, digest, at]));
            expect(ids.digestOf(next.key)).toBe(model.find(({ key }) => key === next.key)?.digest);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
