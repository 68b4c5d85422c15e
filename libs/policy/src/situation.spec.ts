/** Rules over the clock, recent outcomes and balances. */
import { describe, expect, it } from 'vitest';
import {
  START,
  allowed,
  anyPolicy,
  asks,
  denied,
  fact,
  given,
  later,
  published,
  registered,
  rule,
} from '../test/scenario.ts';

const tools = [registered('dock', { cost: { usd: '4' } }), registered('scan')];
const account = (name: string, usd: number, more: object = {}) =>
  fact('budget.defined', { budget: { account: name, limits: { usd }, alerts: [], ...more } });
const lines = (usd: number, name = 'lab') => [{ account: name, unit: 'usd', amount: String(usd * 1e6) }];
const reserved = (invocation: string, usd: number, name = 'lab') =>
  fact('budget.reserved', { invocation, holds: lines(usd, name) });
const completed = (invocation: string, outcome: string, usage: object = {}) =>
  fact('execution.completed', { invocation, agent: 'ada', outcome, usage }, { origin: 'node-1' });
const resolved = (invocation: string, outcome: string, used?: object) =>
  fact('schedule.resolved', { invocation, agent: 'ada', outcome, by: 'eve', ...(used ? { used } : {}) });
const denies = (condition: string) => published(rule('r', 'deny', condition));

describe('the clock', () => {
  it('reads ledger time', () => {
    const lab = given(denies(`time >= timestamp("${new Date(START + 5_000).toISOString()}")`), ...tools);
    lab.when(asks('a', 'dock')).then(allowed('a'));
    lab.when(later(5, asks('a', 'dock'))).then(denied('a', {}, { rules: [{ because: /^time = 2025/ }] }));
  });
  it('a deadline is known where it is given', () => {
    const lab = given(denies('has(request.deadline) AND request.deadline - time < 1 h'), ...tools);
    const by = (ms: number) => ({ request: { deadline: new Date(START + ms).toISOString() } });
    lab.when(asks('a', 'dock')).then(allowed('a'));
    lab.when(asks('a', 'dock', {}, by(7_200_000))).then(allowed('a'));
    lab.when(asks('a', 'dock', {}, by(60_000))).then(denied('a'));
  });
});

describe('the history', () => {
  it('runs that fail are counted, by agent and tool, for as long as the window says', () => {
    const lab = given(
      denies('history.agent_tool.minute.failed >= 2'),
      ...tools,
      ...['a', 'b', 'c'].map((id) => asks(id, 'dock')),
      completed('a', 'failed'),
      completed('b', 'timed-out'),
      completed('c', 'cancelled'),
    );
    lab.when(asks('d', 'dock')).then(denied('d'));
    lab.when(asks('d', 'scan')).then(allowed('d'));
    lab.when(asks('d', 'dock', {}, { origin: 'bob' })).then(allowed('d'));
    lab.when(later(70, asks('d', 'dock'))).then(allowed('d'));
  });
  it('a run whose end a person told counts as any other', () => {
    const lab = given(denies('history.tool.day.failed > 0'), ...tools, asks('a', 'dock'));
    expect(lab.wants('schedule')).toBe(true);
    lab.and(resolved('a', 'failed')).when(asks('b', 'dock')).then(denied('b'));
    lab.and(resolved('a', 'succeeded')).when(asks('b', 'dock')).then(allowed('b'));
  });
  it("the end of a call that was not allowed here is nobody's", () =>
    given(denies('history.agent.day.failed > 0'), ...tools, completed('ghost', 'failed'))
      .when(asks('a', 'dock'))
      .then(allowed('a')));
  it('runs are followed only while a rule reads how they end', () => {
    expect(given(denies('history.agent.day.failed > 0')).wants('executions')).toBe(true);
    expect(given(denies('history.agent.day.denied > 0')).wants('executions')).toBe(false);
    expect(given(denies('history.agent.day.failed > 0'), anyPolicy).wants('executions')).toBe(false);
  });
});

describe('the balance', () => {
  const lab = given(
    account('/', 1_000),
    account('lab', 100),
    denies('budget.remaining.usd < 50 USD'),
    ...tools,
  );
  const calls = (...ids: string[]) => ids.map((id) => asks(id, 'dock'));

  it('holds count, and what was not used comes back', () => {
    const held = lab.and(...calls('a'), reserved('a', 60));
    held
      .when(asks('b', 'dock'))
      .then(denied('b', {}, { rules: [{ because: 'budget.remaining.usd = 40 USD' }] }));
    held
      .and(completed('a', 'succeeded', { usd: '10000000' }))
      .when(asks('b', 'dock'))
      .then(allowed('b'));
    held
      .and(fact('budget.released', { invocation: 'a', reason: 'cancelled' }))
      .when(asks('b', 'dock'))
      .then(allowed('b'));
  });
  it('an attempt that is followed by another one: what it used stays used, and its money is held anew', () => {
    const attempted = fact(
      'execution.attempted',
      { invocation: 'a', usage: { usd: '5000000' } },
      { origin: 'node-1' },
    );
    const again = lab.and(...calls('a'), reserved('a', 60), attempted);
    again.when(asks('b', 'dock')).then(allowed('b'));
    again
      .and(reserved('a', 60))
      .when(asks('b', 'dock'))
      .then(denied('b', {}, { rules: [{ because: 'budget.remaining.usd = 35 USD' }] }));
  });
  it('what a run used beyond its hold is gone', () =>
    lab
      .and(...calls('a'), reserved('a', 10), completed('a', 'succeeded', { usd: '60000000' }))
      .and(fact('budget.adjusted', { invocation: 'a', reason: 'overrun', lines: lines(50) }))
      .when(asks('b', 'dock'))
      .then(denied('b', {}, { rules: [{ because: 'budget.remaining.usd = 40 USD' }] })));
  it('what a person says a call used, else all of its hold', () => {
    const lost = lab.and(...calls('a'), reserved('a', 60));
    lost
      .and(resolved('a', 'failed', { usd: '1000000' }))
      .when(asks('b', 'dock'))
      .then(allowed('b'));
    lost.and(resolved('a', 'failed')).when(asks('b', 'dock')).then(denied('b'));
  });
  it('the money of a call that people are asked about is held, once', () => {
    const over = { invocation: 'a', argsDigest: 'sha256:00', justification: 'why', over: [] };
    const asked = lab.and(...calls('a'), fact('budget.escalated', { ...over, holds: lines(60) }));
    asked
      .when(asks('b', 'dock'))
      .then(denied('b', {}, { rules: [{ because: 'budget.remaining.usd = 40 USD' }] }));
    asked
      .and(reserved('a', 60))
      .when(asks('b', 'dock'))
      .then(denied('b', {}, { rules: [{ because: 'budget.remaining.usd = 40 USD' }] }));
  });
  it('the parents of an account are on the way, wherever they hang; a retired one is not', () => {
    const deep = lab.and(account('grant', 70), account('lab', 100, { parent: 'grant' }));
    const spent = deep.and(...calls('a'), reserved('a', 25, 'grant'));
    spent.when(asks('b', 'dock')).then(denied('b'));
    spent
      .and(fact('budget.retired', { account: 'grant' }))
      .when(asks('b', 'dock'))
      .then(allowed('b'));
  });
  it('the share of the tightest account', () => {
    const share = given(
      account('/', 1_000),
      account('lab', 100),
      denies('budget.utilisation > 50 %'),
      ...tools,
    );
    share
      .and(...calls('a'), reserved('a', 50))
      .when(asks('b', 'dock'))
      .then(allowed('b'));
    share
      .and(...calls('a'), reserved('a', 51))
      .when(asks('b', 'dock'))
      .then(denied('b'));
  });
  it('no account limits it: there is no end', () =>
    given(denies('budget.remaining.usd < 1000000000 USD'), ...tools)
      .when(asks('a', 'dock'))
      .then(allowed('a')));
  it('calls were allowed before a rule read it: not known, so denied', () =>
    given(
      anyPolicy,
      account('lab', 100),
      ...tools,
      asks('a', 'dock'),
      denies('budget.remaining.usd < 50 USD'),
    )
      .when(asks('b', 'dock'))
      .then(denied('b', { class: 'structural', reason: expect.stringMatching(/budget.* is not known/) })));
  it('budget facts are followed only while a rule reads them', () => {
    expect(lab.wants('budget')).toBe(true);
    expect(lab.wants('executions')).toBe(true);
    expect(lab.and(anyPolicy).wants('budget')).toBe(false);
  });
});
