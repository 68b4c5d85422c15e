/** Justifications, limits and notices by example. */
import { describe, expect, it } from 'vitest';
import {
  START,
  allowed,
  anyPolicy,
  asks,
  denied,
  given,
  later,
  needsApproval,
  published,
  registered,
  rule,
} from '../test/scenario.ts';

const tools = [registered('dock'), registered('wipe', { class: 'DESTRUCTIVE' })];
const justify = rule('say-why', 'require-justification', 'true');
const limit = (per: string, calls = 2, windowSeconds = 60) =>
  rule('few', 'limit', 'true', { limit: { calls, per, windowSeconds } });
const because = { request: { justification: 'calibration' } };

describe('a rule that wants a justification', () => {
  const lab = given(published(justify), ...tools);

  it('none is given: denied, with the change that would pass', () =>
    lab
      .when(asks('a', 'dock'))
      .then(
        denied('a', { class: 'structural', rule: 'say-why', remedy: expect.stringMatching(/justification/) }),
      ));
  it('white space is none', () =>
    lab.when(asks('a', 'dock', {}, { request: { justification: ' \n' } })).then(denied('a')));
  it('one is given: allowed, and the rule is recorded', () =>
    lab
      .when(asks('a', 'dock', {}, because))
      .then(allowed('a', { rules: [{ policy: 'say-why', action: 'require-justification' }] })));
  it('nor does it open a destructive tool', () =>
    lab.when(asks('a', 'wipe', {}, because)).then(denied('a', { rule: 'writ:destructive-default' })));
  it('people who are asked see for themselves that there is none', () =>
    given(published(justify, rule('ask', 'require-approval', 'true')), ...tools)
      .when(asks('a', 'dock'))
      .then(needsApproval('a')));
});

describe('a limit of two calls a minute', () => {
  const lab = given(published(limit('agent')), ...tools);
  const two = lab.and(asks('a', 'dock'), asks('b', 'dock'));

  it('the third: denied for now, and told when to come back', () =>
    two.when(later(10, asks('c', 'dock'))).then(
      denied('c', {
        class: 'transient',
        rule: 'few',
        reason: expect.stringMatching(/2 calls per agent .* within 60 s; 2 were/),
        remedy: expect.stringMatching(/at 2025-10-09T08:5\d:\d\d\.\d{3}Z or later$/),
      }),
    ));
  it('all asked together: the third of them', () =>
    lab
      .when(asks('a', 'dock'), asks('b', 'dock'), asks('c', 'dock'))
      .then(allowed('a'), allowed('b'), denied('c')));
  it('another agent has its own two', () =>
    two.when(asks('c', 'dock', {}, { origin: 'bob' })).then(allowed('c')));
  it('counted by tool: another agent has to wait as well', () =>
    given(published(limit('tool')), ...tools, asks('a', 'dock'), asks('b', 'dock'))
      .when(asks('c', 'dock', {}, { origin: 'bob' }))
      .then(denied('c')));
  it('at the time that it was told: allowed', () => {
    const { got } = two.when(later(10, asks('c', 'dock')));
    const told = Date.parse(/\d{4}-\S+Z/.exec(JSON.stringify(got))?.[0] ?? '');
    expect(told).toBeGreaterThan(START + 60_000);
    two.when(later((told - START) / 1_000, asks('d', 'dock'))).then(allowed('d'));
    two.when(later((told - START) / 1_000 - 1, asks('d', 'dock'))).then(denied('d'));
  });
  it('never more than two within any minute, however they come', () => {
    let lab2 = lab;
    const allowedAt: number[] = [];
    for (let second = 0; second < 200; second += 7) {
      const call = later(second, asks(`x${second}`, 'dock'));
      const { got } = lab2.when(call);
      if (JSON.stringify(got).includes('"verdict":"allow"')) allowedAt.push(second);
      lab2 = lab2.and(call);
    }
    expect(allowedAt.length).toBeGreaterThan(4);
    for (const start of allowedAt)
      expect(allowedAt.filter((at) => at >= start && at < start + 60).length).toBeLessThanOrEqual(2);
  });
  it('published again with another number: what was counted stays', () =>
    two
      .and(published(limit('agent', 3)))
      .when(asks('c', 'dock'), asks('d', 'dock'))
      .then(allowed('c'), denied('d')));
  it('published again with another window: counted anew', () =>
    two
      .and(published(limit('agent', 2, 61)))
      .when(asks('c', 'dock'))
      .then(allowed('c')));
  it('denied calls use nothing up', () =>
    given(published(limit('agent'), rule('no', 'deny', 'args.bad')), ...tools)
      .when(
        ...['a', 'b', 'c'].map((id) => asks(id, 'dock', { bad: true })),
        asks('d', 'dock', { bad: false }),
      )
      .then(denied('a'), denied('b'), denied('c'), allowed('d')));
});

describe('a rule that notifies', () => {
  const tell = rule('tell', 'notify', 'true', { notify: { groups: ['pi', 'ops'] } });

  it('the decision names the groups, whatever it is', () => {
    given(published(tell), ...tools)
      .when(asks('a', 'dock'))
      .then(allowed('a', { notify: ['ops', 'pi'] }));
    given(published(tell, rule('no', 'deny', 'true')), ...tools)
      .when(asks('a', 'dock'))
      .then(denied('a', {}, { notify: ['ops', 'pi'] }));
  });
  it('in shadow: nobody is told', () => {
    const { got } = given(
      published(rule('tell', 'notify', 'true', { mode: 'shadow', notify: { groups: ['pi'] } })),
      ...tools,
    ).when(asks('a', 'dock'));
    expect(got[0]?.data).not.toHaveProperty('notify');
  });
});

describe('what a decision costs the ledger', () => {
  it('a call that no rule speaks about: no rules, no values', () =>
    given(anyPolicy, ...tools)
      .when(asks('a', 'dock'))
      .then(allowed('a', { rules: [] })));
  it('a call that is plainly allowed: the name of the rule, no values', () => {
    const { got } = given(published(rule('yes', 'allow', 'agent.name == "ada"')), ...tools).when(
      asks('a', 'dock'),
    );
    expect(got[0]?.data).toMatchObject({ rules: [{ policy: 'yes', action: 'allow', mode: 'enforce' }] });
    expect(JSON.stringify(got)).not.toMatch(/because/);
  });
});
