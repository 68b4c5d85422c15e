/** Calls whose end nobody saw: the question to the tool, and the word of a person. */
import { describe, expect, it } from 'vitest';
import { indeterminateCalls } from './index.ts';
import type { IndeterminatePage, ListPlace } from './index.ts';
import {
  AGENT,
  DIGEST,
  TENANT,
  asked,
  cleared,
  completed,
  fact,
  fenced,
  reserved,
  started,
  tool,
} from '../test/facts.ts';
import { dispatched, executor, given, offering } from '../test/scenario.ts';
import type { Scenario } from '../test/scenario.ts';

const QUERYABLE = {
  class: 'NETWORK',
  effects: 'queryable',
  adapter: { kind: 'module', module: 'tool.js', query: 'find' },
};
const E2 = { executor: 'e2', session: 's2' };
const ASKED = offering(executor(1, E2));
const LOST = {
  type: 'schedule.indeterminate',
  tenant: TENANT,
  data: { invocation: 'a', attempt: 1, agent: AGENT, executor: 'e1' },
};

/** Call `a` began on `e1`, which is lost. */
function lost(terms: object): Scenario {
  return given(
    tool('read', terms),
    asked(['a', 'b']),
    cleared('a', 'b'),
    offering(executor(1)),
    started('a'),
    fenced(),
  );
}

const question = (attempt: number, on = E2) => ({
  type: 'schedule.dispatched',
  tenant: TENANT,
  data: { invocation: 'a', attempt, ...on, argsDigest: DIGEST, query: true },
});
const queried = (answer: string, attempt = 2) =>
  fact('execution.queried', { invocation: 'a', attempt, ...E2, answer }, { origin: 'e2' });
const said = (outcome: string, rest: object = {}) =>
  fact('invocation.resolved', { invocation: 'a', outcome, ...rest }, { origin: 'eve' });
const resolved = (outcome: string, rest: object = {}, attempt = 1) => ({
  type: 'schedule.resolved',
  tenant: TENANT,
  data: { invocation: 'a', attempt, agent: AGENT, outcome, by: 'eve', ...rest },
});
const owners = (scenario: Scenario) =>
  indeterminateCalls(scenario.play().state, TENANT as never, 10).calls.map(
    ({ owner, executor: on }) => `${owner} ${on}`,
  );

describe('a call of a once tool that began on a lost executor', () => {
  const once = lost({ class: 'NETWORK', effects: 'once' });

  it('is told, and nobody asks its tool', () => {
    once.then(LOST);
    once.when(ASKED).then();
    expect(owners(once)).toEqual(['person e1']);
  });

  it('when a person says what became of it: ends so, and what came after it goes on', () => {
    once.when(said('failed', { reason: 'no order' })).then(resolved('failed', { reason: 'no order' }));
    once.when(said('succeeded'), ASKED).then(dispatched('b', E2));
  });

  it('with stated usage: passes it on', () =>
    once.when(said('succeeded', { used: { usd: '5' } })).then(resolved('succeeded', { used: { usd: '5' } })));

  it('when two people say: the first word counts', () => once.when(said('failed'), said('succeeded')).then());
});

describe('the word of a person', () => {
  it('about a call that runs: changes nothing', () => {
    const running = given(tool('read'), asked(['a']), cleared('a'), offering(executor(1)), started('a'));
    running.when(said('failed')).then();
    expect(owners(running.when(said('failed')))).toEqual([]);
  });
  it('about a call that has ended: changes nothing', () =>
    given(
      tool('read'),
      asked(['a']),
      cleared('a'),
      offering(executor(1)),
      completed('a'),
      said('failed'),
    ).then());
});

describe('a call of a queryable tool that began on a lost executor', () => {
  const queryable = lost(QUERYABLE);
  const asking = queryable.when(ASKED);

  it('is told, and its tool is asked on another executor', () => {
    queryable.then(LOST);
    asking.then(question(2));
    expect(owners(queryable)).toEqual(['tool e1']);
    expect(owners(asking)).toEqual(['tool e1']);
  });

  it('without another executor: the tool is asked on the same one', () =>
    queryable
      .when(offering(executor(1, { session: 's2' })))
      .then(question(2, { executor: 'e1', session: 's2' })));

  it('without a free executor: waits, and a person may say it', () => {
    queryable.when(offering(executor(1, { pool: 'other' }))).then();
    queryable.when(said('succeeded')).then(resolved('succeeded'));
  });

  it('done, says the tool: ends with that', () => {
    asking.when(completed('a', { attempt: 2, ...E2 }), ASKED).then(dispatched('b', E2));
    expect(owners(asking.when(completed('a', { attempt: 2, ...E2 })))).toEqual([]);
  });

  it('not done, says the tool: is granted again', () => {
    asking.when(queried('not-done'), ASKED).then(dispatched('a', { attempt: 3, ...E2 }));
    expect(owners(asking.when(queried('not-done')))).toEqual([]);
  });

  it('the tool does not know: a person is asked', () => {
    asking.when(queried('unknown'), ASKED).then();
    expect(owners(asking.when(queried('unknown')))).toEqual(['person e1']);
    asking.when(queried('unknown'), said('failed')).then(resolved('failed'));
  });

  it('while the tool is asked: the word of a person has to wait', () =>
    asking.when(said('failed'), queried('unknown')).then());

  it('who asks is lost: somebody else asks, three times in all', () => {
    let history: Scenario = asking;
    for (const attempt of [3, 4]) {
      history = history.when(
        fenced('e2', `s${attempt - 1}`),
        offering(executor(1, { executor: 'e2', session: `s${attempt}` })),
      );
      history.then(question(attempt, { executor: 'e2', session: `s${attempt}` }));
    }
    expect(owners(history.when(fenced('e2', 's4')))).toEqual(['person e1']);
  });

  it('who asks is stopping: somebody else asks', () => {
    const returned = fact('execution.returned', { invocation: 'a', attempt: 2, ...E2 }, { origin: 'e2' });
    asking
      .when(returned, offering(executor(1, { executor: 'e3', session: 's3' })))
      .then(question(3, { executor: 'e3', session: 's3' }));
  });

  it('lost before it began: is granted again without a question', () =>
    given(tool('read', QUERYABLE), asked(['a']), cleared('a'), offering(executor(1)), fenced(), ASKED).then(
      dispatched('a', { attempt: 2, ...E2 }),
    ));

  it('without a query of its own: a person is asked', () =>
    expect(owners(lost({ ...QUERYABLE, adapter: { kind: 'module', module: 'tool.js' } }))).toEqual([
      'person e1',
    ]));
});

describe('five calls of a once tool that began on two lost executors', () => {
  const first = ['e', 'c', 'a'];
  const then = ['b', 'd'];
  const on2 = { executor: 'e2', session: 's2' };
  const history = given(
    tool('read', { class: 'NETWORK', effects: 'once', keys: [] }),
    ...[...first, ...then].map((name) => asked([name])),
    cleared(...first),
    offering(executor(3)),
    cleared(...then),
    offering(executor(2, on2)),
    first.map((name) => started(name)),
    then.map((name) => started(name, on2)),
    { ...fenced(), at: 1_000 },
    { ...fenced('e2', 's2'), at: 2_000 },
  );
  const list = (scenario: Scenario, most: number, after?: ListPlace) =>
    indeterminateCalls(scenario.play().state, TENANT as never, most, after);
  const names = ({ calls }: IndeterminatePage) => calls.map(({ invocation }) => invocation).join('');

  it('are listed from the one that was lost first on, page by page', () => {
    const one = list(history, 2);
    const two = list(history, 2, one.next);
    const three = list(history, 2, two.next);
    expect([one, two, three].map(names)).toEqual(['ac', 'eb', 'd']);
    expect([one.next, two.next, three.next]).toEqual([
      { since: 1_000, invocation: 'c' },
      { since: 2_000, invocation: 'b' },
      undefined,
    ]);
  });
  it('and the last one of a page ends before the next is asked for: nothing is left out', () => {
    const { next } = list(history, 2);
    const resolution = fact(
      'schedule.resolved',
      { invocation: 'c', attempt: 1, agent: AGENT, outcome: 'failed', by: 'eve' },
      { origin: 'schedule' },
    );
    expect(names(list(history.when(resolution), 9, next))).toBe('ebd');
  });
  it('and a page that holds them all: is the last', () => expect(list(history, 5).next).toBeUndefined());
});

it('a later reservation for a call that is indeterminate: changes nothing', () =>
  lost({ class: 'NETWORK', effects: 'once' }).when(reserved('a'), ASKED).then());
