import { describe, expect, it } from 'vitest';
import { RECORDED, contractLines, readTrajectories } from './trajectories.ts';

const trajectories = readTrajectories();
if (!trajectories) console.log(`recorded runs are not here (${RECORDED}): skipped`);

/** Table: `npm run bench workflow`. Keeping a contract says how a run went about it, not whether its task came out right. */
describe.skipIf(!trajectories)('89 recorded runs of a model, held against the built-in contracts', () => {
  const lines = contractLines(trajectories ?? []);
  const of = (contract: string) => lines.find((line) => line.contract === contract);

  it('data: all but one looked before they acted', () =>
    expect(of('data')).toMatchObject({ kept: { runs: 88 }, broke: { runs: 1, reward: 1 } }));

  it('decision: a third decided with a tool before they acted, and they were rewarded less often', () => {
    expect(of('decision')).toMatchObject({
      kept: { runs: 31 },
      broke: { runs: 58 },
      rules: { 'final-tool': 58 },
    });
    expect(of('decision')?.kept.reward).toBeCloseTo(9 / 31);
    expect(of('decision')?.broke.reward).toBeCloseTo(31 / 58);
  });

  it('executor: all but one of those that acted have an action that succeeded', () =>
    expect(of('executor')).toMatchObject({ kept: { runs: 73 }, broke: { runs: 1 } }));
});
