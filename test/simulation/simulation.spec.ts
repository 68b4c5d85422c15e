/** What makes the simulation worth its seeds: a seed is one run, and a planted bug is found. */
import { describe, expect, it } from 'vitest';
import { budget } from '@writ/budget';
import { STEPS } from './seeds.ts';
import { World } from './world.ts';

describe('the simulation', () => {
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
