/** Pulls as executors see them: what each answer says. */
import { describe, expect, it } from 'vitest';
import type { ExecutorId, Grant, PullReply, PullRequest } from '@writ/contracts';
import { MAX_GRANTS_PER_PULL } from './limits.ts';
import { Pulls } from './pulls.ts';

const NODE = 'node-1' as ExecutorId;
const grants = (count: number): Grant[] => Array.from({ length: count }, () => ({ attempt: 1 }) as Grant);

/** Holds a pull; returns its answers, filled as they come. */
function hold(pulls: Pulls, heldSince: number, executor = NODE): PullReply[] {
  const answers: PullReply[] = [];
  const answer = (payload: string): void => void answers.push(JSON.parse(payload) as PullReply);
  pulls.hold({ request: { executor, slots: 1, pool: 'default' } as PullRequest, heldSince, answer });
  return answers;
}

describe('a pull that is held open', () => {
  it('given grants: stays open, and is offered on', () => {
    const pulls = new Pulls();
    const answers = hold(pulls, 0);
    pulls.grant(NODE, grants(1));
    pulls.grant(NODE, grants(2));
    expect(answers).toEqual([
      { grants: grants(1), more: true },
      { grants: grants(2), more: true },
    ]);
    expect(pulls.executors()).toHaveLength(1);
  });

  it('given as many grants as it may carry: ends with the last of them', () => {
    const pulls = new Pulls();
    const answers = hold(pulls, 0);
    pulls.grant(NODE, grants(MAX_GRANTS_PER_PULL - 1));
    pulls.grant(NODE, grants(1));
    expect(answers.map(({ more }) => more)).toEqual([true, undefined]);
    expect(pulls.executors()).toEqual([]);
  });

  it('told to end a grant: stays open', () => {
    const pulls = new Pulls();
    const answers = hold(pulls, 0);
    pulls.stop(NODE, [{ grant: 'lab/a/1', cause: 'cancelled' }]);
    expect(answers).toEqual([{ grants: [], stops: [{ grant: 'lab/a/1', cause: 'cancelled' }], more: true }]);
    expect(pulls.held(NODE)).toBeDefined();
  });

  it('for its whole time: ends with nothing; younger ones stay', () => {
    const pulls = new Pulls();
    const old = hold(pulls, 1_000);
    const young = hold(pulls, 3_000, 'node-2' as ExecutorId);
    pulls.expire(6_000, 5_000);
    expect(old).toEqual([{ grants: [] }]);
    expect(young).toEqual([]);
    expect(pulls.executors().map(({ executor }) => executor)).toEqual(['node-2']);
  });

  it('when its executor sends another: ends with nothing, and the new one is held for its own time', () => {
    const pulls = new Pulls();
    const first = hold(pulls, 1_000);
    const second = hold(pulls, 5_000);
    pulls.expire(6_000, 5_000);
    expect([first, second]).toEqual([[{ grants: [] }], []]);
  });
});
