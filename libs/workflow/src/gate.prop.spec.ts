import { workflowSpec } from '@writ/contracts';
import type { RecordedFact } from '@writ/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge } from '../test/referee.ts';
import { play, story } from '../test/random-runs.ts';
import type { Story } from '../test/random-runs.ts';
import { World } from '../test/scenario.ts';
import { gate } from './index.ts';

/** `WRIT_WORKFLOW_RUNS` makes a longer search. */
const RUNS = Number(process.env['WRIT_WORKFLOW_RUNS'] ?? 20_000);
const TIMEOUT_MS = 600_000;

describe('random workflows with honest, sloppy and lying agents', () => {
  it(
    `${RUNS} runs: no data of a broken contract flows on, one path out of a decision, attempts as agreed`,
    () => {
      const ends = new Map<string, number>();
      fc.assert(
        fc.property(story, (told) => {
          const world = lived(told);
          expect(judge(world.facts, workflowSpec.parse(told.workflow))).toEqual([]);
          const end = world.facts.find((fact) => fact.type === 'run.completed');
          expect(end).toBeDefined();
          expect(world.state.owed).toEqual([]);
          expect(world.state.pendingCalls).toBe(0);
          const status = (end as RecordedFact<'run.completed'>).data.status;
          ends.set(status, (ends.get(status) ?? 0) + 1);
        }),
        { numRuns: RUNS },
      );
      // A search in which everything ends in one way proves little.
      expect(Math.min(ends.get('succeeded') ?? 0, ends.get('failed') ?? 0)).toBeGreaterThan(RUNS / 20);
    },
    TIMEOUT_MS,
  );

  it(
    'a process that takes over anywhere from a snapshot: goes the same way',
    () => {
      fc.assert(
        fc.property(story, fc.nat(60), (told, place) => {
          const whole = lived(told);
          const cut = new World();
          cut.restoreAt = place;
          cut.begin(told.workflow);
          play(cut, told);
          expect(cut.answers).toEqual(whole.answers);
          expect(gate.snapshot(cut.state)).toEqual(gate.snapshot(whole.state));
        }),
        { numRuns: RUNS / 20 },
      );
    },
    TIMEOUT_MS,
  );
});

function lived(told: Story): World {
  const world = new World();
  world.begin(told.workflow);
  play(world, told);
  return world;
}
