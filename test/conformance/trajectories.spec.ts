import { describe, expect, it } from 'vitest';
import { RECORDED, contractLines, readTrajectories } from './trajectories.ts';

const trajectories = readTrajectories();
if (!trajectories) console.log(`recorded runs are not here (${RECORDED}): skipped`);

describe.skipIf(!trajectories)('recorded runs of a model, held against the built-in contracts', () => {
  it('each is judged, and which contracts broke is always the same', () => {
    const lines = contractLines(trajectories ?? []);
    console.log(JSON.stringify(lines, undefined, 1));
    expect(trajectories).toHaveLength(89);
  });
});
