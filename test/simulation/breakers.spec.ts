/**
 * Breakers under crashes, rival leaders and lost answers: after every commit live state is the fold of the ledger, and a
 * trial has one prober. `WRIT_BREAKER_SEED` replays one run; `WRIT_BREAKER_SEEDS` makes a longer or shorter search.
 */
import { describe, expect, it } from 'vitest';
import { scheduler } from '@writ/scheduler';
import { BreakerCell } from './breaker-cell.ts';

const { WRIT_BREAKER_SEED: SEED, WRIT_BREAKER_SEEDS: SEEDS } = process.env;
const FIRST = Number(SEED ?? 1);
const COUNT = Number(SEEDS ?? (SEED === undefined ? 1_000 : 1));
const STEPS = 90;
const TIMEOUT_MS = 300_000;
/** In a search of so many seeds each must happen more often than once in ten: where nothing happens nothing is proved. */
const LEAST_SEEDS = 100;
const SEEDS_FOR_EACH = 10;
const TURNS = [
  'breaker.opened',
  'breaker.half-opened',
  'breaker.closed',
  'breaker.force-expired',
  'schedule.refused',
  'executor.lost',
];

describe('breakers of every scope', () => {
  it(
    `${COUNT} seeds: state is the fold at every prefix, and one leader at a time gives out the probes`,
    { timeout: TIMEOUT_MS },
    async () => {
      const seen = new Map<string, number>();
      let leaders = 0;
      for (let seed = FIRST; seed < FIRST + COUNT; seed++) {
        const cell = new BreakerCell({ seed, steps: STEPS });
        await cell.run();
        const { referee, diverged, compared } = cell;
        expect({ seed, violations: referee.violations, diverged }).toEqual({
          seed,
          violations: [],
          diverged: [],
        });
        expect(compared).toBeGreaterThan(0);
        leaders += cell.leaders;
        for (const [type, times] of referee.seen) seen.set(type, (seen.get(type) ?? 0) + times);
        // With one permit there is one prober in the whole cell.
        for (const name of ['lab/tool:dock', '_cell/tool:dock', '_cell/all']) {
          expect(referee.mostProbes().get(name) ?? 0).toBeLessThanOrEqual(1);
        }
      }
      if (COUNT < LEAST_SEEDS) return;
      expect(leaders).toBeGreaterThan(2 * COUNT);
      for (const type of TURNS) expect(seen.get(type) ?? 0, type).toBeGreaterThan(COUNT / SEEDS_FOR_EACH);
    },
  );

  it('a planted bug: a core that forgets who probes is found out', { timeout: TIMEOUT_MS }, async () => {
    const core = {
      ...scheduler,
      evolve: ((state, fact) =>
        scheduler.evolve(
          state,
          fact.type === 'breaker.half-opened' ? { ...fact, data: { ...fact.data, permits: 5 } } : fact,
        )) as typeof scheduler.evolve,
    };
    for (let seed = 1; seed <= 50; seed++) {
      const cell = new BreakerCell({ seed, steps: STEPS, core });
      await cell.run();
      if (cell.referee.violations.length > 0 && cell.diverged.length > 0) return;
    }
    expect.unreachable('50 seeds did not notice that every trial had five probes');
  });
});
