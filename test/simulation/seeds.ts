/**
 * The seeded runs of a search: ARCHITECTURE §8 holds in each of them. It is walked in two halves, each in a spec of its
 * own, so that two processes share it. `WRIT_SIMULATION_SEED` replays one run; `WRIT_SIMULATION_SEEDS` makes a longer
 * search.
 */
import { describe, expect, it } from 'vitest';
import { World } from './world.ts';

export const STEPS = 150;

const { WRIT_SIMULATION_SEED: SEED, WRIT_SIMULATION_SEEDS: SEEDS } = process.env;
const FIRST = Number(SEED ?? 1);
const COUNT = Number(SEEDS ?? (SEED === undefined ? 500 : 1));
const MIDDLE = FIRST + Math.ceil(COUNT / 2);
const HALVES = {
  first: { from: FIRST, below: MIDDLE },
  second: { from: MIDDLE, below: FIRST + COUNT },
};

/** Each way in which a call can end; a simulation in which nothing interesting happens proves nothing. */
const ENDS = [
  'policy.decided',
  'budget.refused',
  'schedule.refused',
  'invocation.cancelled',
  'execution.completed',
  'schedule.resolved',
  'indeterminate',
  // What happens to a call on its way.
  'failed',
  'preempted',
  'returned',
  'not-done',
  'unknown',
];
/** How often each must occur in a search of at least so many seeds. */
const LEAST_OF_EACH = 10;
const LEAST_SEEDS = 100;
const TIMEOUT_MS = 300_000;

export function describeSeeds(half: keyof typeof HALVES): void {
  const { from, below } = HALVES[half];
  const count = below - from;
  describe.skipIf(count === 0)('a cell under crashes, lost answers and rivals', () => {
    it(
      `${count} seeds: no overspend, nothing denied runs, one end each, state equals the fold`,
      { timeout: TIMEOUT_MS },
      async () => {
        const ends = new Map<string, number>();
        for (let seed = from; seed < below; seed++) {
          const { terminals, commits: _, ...wrong } = await new World({ seed, steps: STEPS }).run();
          const nothing = { violations: [], open: [], diverged: [], differences: [] };
          expect({ seed, ...wrong }).toEqual({ seed, ...nothing });
          for (const [end, times] of Object.entries(terminals)) ends.set(end, (ends.get(end) ?? 0) + times);
        }
        if (count < LEAST_SEEDS) return;
        for (const end of ENDS)
          expect(ends.get(end) ?? 0, `calls that ended by ${end}`).toBeGreaterThan(LEAST_OF_EACH);
      },
    );
  });
}
