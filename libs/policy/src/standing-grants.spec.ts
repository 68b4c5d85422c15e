/** Standing grants: one person's yes to a pattern, and no more than that. */
import { describe, expect, it } from 'vitest';
import {
  allowed,
  asks,
  cancelled,
  cancels,
  disapproved,
  denied,
  gives,
  given,
  granted,
  groups,
  holds,
  later,
  opened,
  owners,
  published,
  registered,
  rule,
  votes,
  withdraws,
} from '../test/scenario.ts';
import { patternProblem } from './index.ts';

const COST = { 'node-hours': '10 node-hours * args.n' };
function lab(approval: object = {}) {
  const ask = rule('ask', 'require-approval', 'true', { approval: { approvers: ['pi'], ...approval } });
  return given(published(ask), groups({ pi: ['grace', 'lise'] }), registered('simulate', { cost: COST }));
}
const request = (id: string, inputs: object = { n: 1 }, more: object = {}) =>
  asks(id, 'simulate', inputs, more);
const call = (...args: Parameters<typeof request>) => [request(...args), holds(args[0])];
const small = gives('grace', 's1', { condition: 'args.n <= 2' });

describe('a standing grant', () => {
  it('says yes to a call of its pattern at once, and both facts name it', () => {
    const { got, then } = lab().and(small, request('a')).when(holds('a'));
    then(opened('a'), granted('a', 'grace'), allowed('a'));
    expect(got.slice(1).map(({ data }) => data)).toMatchObject([{ standing: ['s1'] }, { standing: ['s1'] }]);
  });
  it.each([
    ['another argument', request('a', { n: 3 })],
    ['an argument of another type', request('a', { n: 1, x: 'y' })],
    ['another project', request('a', { n: 1 }, { request: { project: 'mill' } })],
  ])('%s: is asked as ever', (_what, news) => {
    lab()
      .and(gives('grace', 's1', { condition: 'args.n <= 2 && !has(args.x)' }), news)
      .when(holds('a'))
      .then(opened('a'));
  });
  it('another tool: is asked as ever', () =>
    lab()
      .and(small, registered('dock'))
      .and(asks('a', 'dock', { n: 1 }))
      .when(holds('a'))
      .then(opened('a')));
  it('also speaks for calls that wait already', () =>
    lab()
      .and(...call('a'), ...call('b', { n: 3 }))
      .when(small)
      .then(granted('a', 'grace'), allowed('a')));
  it('is one vote of a quorum', () => {
    const two = lab({ quorum: 2 }).and(small, ...call('a'));
    two.when(votes('lise', 'approve', 'a', { n: 1 })).then(granted('a', 'lise', 'grace'), allowed('a'));
    lab({ quorum: 2 }).and(small, gives('grace', 's2')).and(request('a')).when(holds('a')).then(opened('a'));
  });
  it('of two persons: makes a quorum of two', () => {
    const { got } = lab({ quorum: 2 }).and(small, gives('lise', 's2')).and(request('a')).when(holds('a'));
    expect(got[1]?.data).toMatchObject({ by: ['grace', 'lise'], standing: ['s1', 's2'] });
  });
  it('of somebody who is not asked, or owns the agent: says nothing', () => {
    lab()
      .and(gives('oscar', 's1'), ...call('a'))
      .after(1)
      .thenNothing();
    lab()
      .and(owners({ ada: 'grace' }), small)
      .and(request('a'))
      .when(holds('a'))
      .then(opened('a'));
  });
  it('a no of its giver by hand: comes before it', () =>
    lab({ quorum: 2 })
      .and(small, ...call('a'))
      .when(votes('grace', 'deny', 'a', { n: 1 }), gives('lise', 's2'))
      .then(disapproved('a', 'grace'), denied('a')));
});

describe('the bounds of a standing grant', () => {
  it('its uses: the next call is asked, also when both came at once', () => {
    const once = gives('grace', 's1', { maxUses: 1 });
    lab()
      .and(once)
      .and(request('a'), request('b'))
      .when(holds('a'), holds('b'))
      .then(opened('a'), granted('a', 'grace'), allowed('a'), opened('b'));
  });
  it('a use of a call that is cancelled in the same moment: is given to the next', () =>
    lab()
      .and(request('a'), holds('a'), request('b'), holds('b'))
      .when(gives('grace', 's1', { maxUses: 1 }), cancels('a'))
      .then(cancelled('a'), granted('b', 'grace'), allowed('b')));
  it('its cost, over all uses together', () => {
    const cheap = gives('grace', 's1', { maxCost: { 'node-hours': '15000000' } });
    lab()
      .and(cheap, ...call('a'))
      .and(request('b'))
      .when(holds('b'))
      .then(opened('b'));
  });
  it('a unit that it does not name: nothing of it', () =>
    lab()
      .and(gives('grace', 's1', { maxCost: { usd: '1000000000' } }))
      .and(request('a'))
      .when(holds('a'))
      .then(opened('a')));
  it('its end, and never more than eight hours', () => {
    const at = (seconds: number) => later(seconds, holds('a'));
    lab().and(small).and(request('a')).when(at(3_599)).then(opened('a'), granted('a', 'grace'), allowed('a'));
    lab().and(small).and(request('a')).when(at(3_600)).then(opened('a'));
    lab()
      .and(gives('grace', 's1', { lastsSeconds: 1e9 }))
      .and(request('a'))
      .when(at(8 * 3_600))
      .then(opened('a'));
  });
  it('a yes that a quorum waits for: is gone when its time is over', () =>
    lab({ quorum: 2 })
      .and(small, ...call('a'))
      .when(later(3_600, votes('lise', 'approve', 'a', { n: 1 })))
      .thenNothing());
  it('taken back by its giver: over; by another: not', () => {
    lab().and(small, withdraws('grace', 's1')).and(request('a')).when(holds('a')).then(opened('a'));
    lab()
      .and(small, withdraws('lise', 's1'))
      .and(request('a'))
      .when(holds('a'))
      .then(opened('a'), granted('a', 'grace'), allowed('a'));
  });
  it('a name that is taken: the first one stays', () =>
    lab()
      .and(small, gives('lise', 's1'))
      .and(request('a'))
      .when(holds('a'))
      .then(opened('a'), granted('a', 'grace'), allowed('a')));
  it('a pattern that nobody can read, or that looks at more than the arguments: is not in force', () => {
    for (const condition of ['not even (an expression', 'agent.name == "ada"'])
      lab()
        .and(gives('grace', 's1', { condition }))
        .and(request('a'))
        .when(holds('a'))
        .then(opened('a'));
  });
  it('what is wrong with a pattern: is told', () => {
    expect(patternProblem('args.n <= 2 && args.x == "y"')).toBeUndefined();
    expect(patternProblem('args.n <= 2 && tool.cost > 1 node-hours')).toMatch(/not at "tool\.cost"/);
    expect(patternProblem('args.n <=')).toBeDefined();
  });
});
