/** Hundreds of seeded runs with crashes, lost answers, duplicates and rivals: ARCHITECTURE §8 holds in each of them. */
import { describe, expect, it } from 'vitest';
import { budget } from '@writ/budget';
import { World } from './world.ts';
import type { Outcome } from './world.ts';

/** `WRIT_SIMULATION_SEED` replays one run; `WRIT_SIMULATION_SEEDS` makes a longer search. */
const FIRST = Number(process.env['WRIT_SIMULATION_SEED'] ?? 1);
const SEEDS = Number(process.env['WRIT_SIMULATION_SEEDS'] ?? (process.env['WRIT_SIMULATION_SEED'] ? 1 : 500));
const STEPS = 150;

const run = (seed: number): Promise<Outcome> => new World({ seed, steps: STEPS }).run();

describe('a cell under crashes, lost answers and rivals', () => {
  it(
    `${SEEDS} seeds: no overspend, nothing denied runs, one end each, state equals the fold`,
    { timeout: 300_000 },
    async () => {
      const ends: Record<string, number> = {};
      for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
        const { violations, open, diverged, terminals } = await run(seed);
        expect({ seed, violations, open, diverged }).toEqual({
          seed,
          violations: [],
          open: [],
          diverged: [],
        });
        for (const [end, count] of Object.entries(terminals)) ends[end] = (ends[end] ?? 0) + count;
      }
      // A simulation in which nothing interesting happens proves nothing.
      if (SEEDS < 100) return;
      for (const end of [
        'policy.decided',
        'budget.refused',
        'schedule.refused',
        'invocation.cancelled',
        'execution.completed',
        'indeterminate',
      ]) {
        expect(ends[end] ?? 0, `calls that ended by ${end}`).toBeGreaterThan(10);
      }
    },
  );

  it('one seed: gives the same ledger again, byte for byte', async () => {
    const worlds = [7, 7].map((seed) => new World({ seed, steps: STEPS }));
    for (const world of worlds) await world.run();
    expect(worlds[0]?.digest()).toBe(worlds[1]?.digest());
  });

  it('a planted bug: a budget that forgets every third hold is found out', { timeout: 60_000 }, async () => {
    let holds = 0;
    const forgetful = {
      ...budget,
      evolve: ((state, fact) =>
        fact.type === 'budget.reserved' && ++holds % 3 === 0
          ? budget.evolve(state, { ...fact, data: { ...fact.data, holds: [] } })
          : budget.evolve(state, fact)) as typeof budget.evolve,
    };
    for (let seed = 1; seed <= 50; seed++) {
      const { violations } = await new World({ seed, steps: STEPS, budget: forgetful }).run();
      if (violations.some((sentence) => sentence.includes('overspends'))) return;
    }
    expect.unreachable('50 seeds did not notice that holds were forgotten');
  });
});
