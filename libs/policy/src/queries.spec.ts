/** What a person is shown of an open approval. */
import { describe, expect, it } from 'vitest';
import type { TenantId } from '@writ/contracts';
import {
  START,
  asks,
  delegates,
  gives,
  given,
  groups,
  holds,
  later,
  owners,
  published,
  registered,
  rule,
  votes,
} from '../test/scenario.ts';
import { givenAhead, openApprovals } from './index.ts';

const ACME = 'acme' as TenantId;
const lab = given(
  published(
    rule('ask', 'require-approval', 'tool.cost > 5 node-hours', {
      approval: {
        approvers: ['pi'],
        quorum: 2,
        expiresSeconds: 600,
        breakGlass: ['directors'],
        escalate: [{ afterSeconds: 60, approvers: ['directors'] }],
      },
    }),
    rule('fine', 'allow', 'true'),
  ),
  groups({ pi: ['grace', 'lise', 'ada', 'hopper'], directors: ['emmy'] }),
  owners({ ada: 'hopper' }),
  registered('simulate', { cost: { 'node-hours': '10 node-hours' } }),
  asks('a', 'simulate', {}, { request: { campaign: 'fall' } }),
  holds('a'),
);

describe('an open approval', () => {
  it('tells who is asked, who was heard, who does not count, what comes next', () => {
    const { state, now } = lab.and(votes('grace', 'approve', 'a')).state();
    expect(openApprovals(state, ACME, now)).toMatchObject([
      {
        invocation: 'a',
        project: 'lab',
        campaign: 'fall',
        rules: [{ policy: 'ask', because: 'tool.cost = 10 node-hours' }],
        causes: ['policy'],
        asked: ['pi'],
        waitingFor: ['lise'],
        barred: ['ada', 'hopper'],
        mayBreakGlass: ['emmy'],
        escalatesAtMs: START + 60_000,
        votes: [{ by: 'grace', vote: 'approve' }],
        history: { granted: 0, denied: 0, expired: 0, latest: [] },
      },
    ]);
  });
  it('after its stage: asks more people, and nothing comes but its end', () => {
    const { state, now } = lab.and(later(61, registered('other'))).state();
    const [open] = openApprovals(state, ACME, now);
    expect(open).toMatchObject({ asked: ['directors', 'pi'], waitingFor: ['emmy', 'grace', 'lise'] });
    expect(open).not.toHaveProperty('escalatesAtMs');
  });
  it('tells what came of the agent’s earlier ones', () => {
    const yes = [votes('grace', 'approve', 'a'), votes('lise', 'approve', 'a')];
    const { state, now } = lab
      .and(
        ...yes,
        asks('b', 'simulate'),
        holds('b'),
        votes('grace', 'deny', 'b'),
        asks('c', 'simulate'),
        holds('c'),
      )
      .state();
    expect(openApprovals(state, ACME, now)[0]?.history).toMatchObject({
      granted: 1,
      denied: 1,
      expired: 0,
      latest: [
        { invocation: 'a', tool: 'simulate', outcome: 'granted' },
        { invocation: 'b', tool: 'simulate', outcome: 'denied' },
      ],
    });
  });
});

describe('what was given ahead', () => {
  it('is listed while it is in force', () => {
    const { state } = lab.and(gives('grace', 's1'), delegates('lise', 'bob', 900)).state();
    expect(givenAhead(state, ACME, START)).toMatchObject({
      standing: [{ standing: 's1', by: 'grace', usesLeft: 10 }],
      delegations: [{ from: 'lise', to: 'bob' }],
    });
    expect(givenAhead(state, ACME, START + 9_000_000)).toEqual({ standing: [], delegations: [] });
    expect(givenAhead(state, 'nobody' as TenantId, START)).toEqual({ standing: [], delegations: [] });
  });
});
