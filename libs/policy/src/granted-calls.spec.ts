/** From the grant to the run: what a granted call lives through, and the soft limits that ask for people. */
import { describe, expect, it } from 'vitest';
import {
  OVER,
  START,
  allowed,
  asks,
  cancelled,
  cancels,
  confirmed,
  denied,
  disapproved,
  environment,
  escalated,
  escalates,
  expired,
  given,
  granted,
  groups,
  holds,
  later,
  opened,
  published,
  refuses,
  registered,
  revoked,
  rule,
  scheduled,
  softBudget,
  votes,
} from '../test/scenario.ts';

const ask = (approval: object = {}) =>
  rule('ask', 'require-approval', 'true', { approval: { approvers: ['pi'], ...approval } });
const lab = given(
  published(ask()),
  groups({ pi: ['grace', 'lise'], safety: ['oscar'] }),
  registered('simulate', { cost: { 'node-hours': '10 node-hours' } }),
  asks('a', 'simulate'),
);
const held = lab.and(holds('a'));
const run = held.and(votes('grace', 'approve', 'a'));

describe('a granted call that waits for its run', () => {
  it('the scheduler is heard only while there is one', () => {
    expect(held.wants('schedule')).toBe(false);
    expect(run.wants('schedule')).toBe(true);
    for (const end of ['approval.consumed', 'schedule.refused', 'invocation.cancelled'] as const)
      expect(run.and(scheduled(end, 'a')).wants('schedule')).toBe(false);
  });
  it('a catalog that still lets it run: confirmed under it', () =>
    run
      .when(published(ask(), rule('other', 'deny', 'tool.name == "wipe"')))
      .then(confirmed('a', { catalogRevision: 7 })));
  it('a rule that denies it now: revoked, and the scheduler ends it', () =>
    run.when(published(ask(), rule('stop', 'deny', 'true'))).then(revoked('a', { rule: 'stop' })));
  it('an environment that makes a rule deny: revoked', () =>
    run
      .and(published(ask(), rule('stop', 'deny', 'env.production')))
      .when(environment({ production: true }))
      .then(revoked('a', { rule: 'stop' })));
  it('a rule that asks for others now: revoked', () =>
    run
      .when(published(ask({ approvers: ['safety'] })))
      .then(revoked('a', { rule: 'writ:changed-since-approval' })));
  it('a rule that asks for others whose votes are there too: confirmed', () =>
    run.when(published(ask({ approvers: ['safety', 'pi'] }))).then(confirmed('a')));
  it('a rule that asks for nobody now: confirmed', () =>
    run.when(published(rule('fine', 'allow', 'true'))).then(confirmed('a')));
  it('granted by a later stage: an unrelated change does not doubt that stage', () => {
    const escalate = [{ afterSeconds: 100, approvers: ['safety'] }];
    given(
      published(ask({ escalate })),
      groups({ pi: ['grace'], safety: ['oscar'] }),
      registered('simulate'),
      asks('a', 'simulate'),
      holds('a'),
      later(150, registered('other')),
      later(160, votes('oscar', 'approve', 'a')),
    )
      .when(later(170, registered('another')))
      .then(confirmed('a'));
  });
  it('a limit that is full by now: was counted when the call was asked for', () => {
    const limit = rule('limit', 'limit', 'true', { limit: { calls: 1, per: 'agent', windowSeconds: 600 } });
    given(
      published(ask(), limit),
      groups({ pi: ['grace'] }),
      registered('simulate'),
      asks('a', 'simulate'),
      holds('a'),
      votes('grace', 'approve', 'a'),
    )
      .when(registered('another'))
      .then(confirmed('a'));
  });
  it('several changes at once: one word about the last', () =>
    run
      .when(published(rule('stop', 'deny', 'true')), published(ask()))
      .then(confirmed('a', { catalogRevision: 8 })));
  it('what has nothing to do with decisions: no word', () => run.when(groups({ pi: [] })).thenNothing());
  it('after the run has begun: no word', () =>
    run
      .and(scheduled('approval.consumed', 'a'))
      .when(published(rule('stop', 'deny', 'true')))
      .thenNothing());
  it('revoked: it is over, whatever comes', () =>
    run
      .and(published(rule('stop', 'deny', 'true')))
      .when(published(ask()), votes('lise', 'approve', 'a'), scheduled('schedule.refused', 'a'))
      .thenNothing());
  it('its end and a change arrive together: no word, and other calls are answered', () =>
    run.when(published(ask()), scheduled('schedule.refused', 'a'), asks('b', 'nope')).then(denied('b')));
  it('a cancel: is the scheduler’s to answer', () => run.when(cancels('a')).thenNothing());
  it('a late vote, a late hold, the end of its approval: nothing', () =>
    run.when(votes('lise', 'deny', 'a'), holds('a'), later(90_000, registered('x'))).then(confirmed('a')));
  it('the same request again: no news', () => run.when(asks('a', 'simulate')).thenNothing());
});

describe('a catalog that changes before the last vote', () => {
  it('and asks for others: denied for now', () =>
    held
      .and(published(ask({ approvers: ['safety'] })))
      .when(votes('grace', 'approve', 'a'))
      .then(granted('a', 'grace'), denied('a', { rule: 'writ:changed-since-approval' })));
});

describe('a call over a soft limit', () => {
  const asked = given(
    published(
      rule('ask', 'require-approval', 'tool.name == "simulate"', { approval: { approvers: ['pi'] } }),
    ),
    groups({ pi: ['grace'], money: ['midas'] }),
    registered('simulate'),
    asks('a', 'simulate', {}, { request: { justification: 'deadline' } }),
  );
  const over = asked.and(escalates('a', { approvers: ['money'] }));

  it('that a rule asks about too: one approval with both causes', () =>
    asked.when(escalates('a', { approvers: ['money'] })).then(
      opened('a', {
        causes: ['policy', 'budget'],
        over: [OVER],
        terms: { demands: [{ approvers: ['pi'] }, { policies: ['writ:soft-limit'], approvers: ['money'] }] },
      }),
    ));
  it('needs its people beside the rule’s', () => {
    over.when(votes('grace', 'approve', 'a')).thenNothing();
    over
      .when(votes('grace', 'approve', 'a'), votes('midas', 'approve', 'a'))
      .then(granted('a', 'grace', 'midas'), allowed('a'));
  });
  it('whose limit waits less long than the rule: ends with it', () =>
    asked
      .and(escalates('a', { expiresAt: START + 30_000 }))
      .after(30)
      .then(expired('a'), denied('a')));
  it('whose limit names a later stage: its groups are asked then too', () =>
    given(published(rule('fine', 'allow', 'true')), softBudget, groups({ deans: ['lise'] }))
      .and(registered('simulate'), asks('a', 'simulate', {}, { request: { justification: 'deadline' } }))
      .and(escalates('a', { approvers: ['money'], escalate: [{ afterSeconds: 60, approvers: ['deans'] }] }))
      .and(votes('lise', 'approve', 'a'))
      .after(60)
      .then(escalated('a', 'deans'), granted('a', 'lise'), allowed('a')));
  it('that is cancelled meanwhile: ends', () =>
    asked.and(cancels('a')).when(escalates('a')).then(cancelled('a')));
  it('that no rule asks about: the budget alone asks', () => {
    const plain = given(
      published(rule('fine', 'allow', 'true')),
      softBudget,
      groups({ money: ['midas', 'ada'] }),
      registered('simulate'),
      asks('a', 'simulate', {}, { request: { justification: 'deadline' } }),
    );
    plain
      .when(escalates('a', { approvers: ['money'] }))
      .then(opened('a', { causes: ['budget'], policies: [], justification: 'deadline', over: [OVER] }));
    const open = plain.and(escalates('a', { approvers: ['money'] }));
    open.when(votes('ada', 'approve', 'a')).thenNothing();
    open.when(votes('midas', 'approve', 'a')).then(granted('a', 'midas'), allowed('a'));
    open
      .when(votes('midas', 'deny', 'a'))
      .then(disapproved('a', 'midas'), denied('a', { rule: 'writ:soft-limit' }));
    plain.and(holds('a')).when(escalates('a')).thenNothing();
    plain.and(cancels('a')).when(escalates('a')).then(cancelled('a'));
    plain.and(cancels('a')).when(holds('a')).thenNothing();
  });
  it('that is allowed twice, before people and after: counts once for a limit', () => {
    const limit = rule('limit', 'limit', 'true', { limit: { calls: 2, per: 'agent', windowSeconds: 600 } });
    const why = { request: { justification: 'deadline' } };
    given(
      published(rule('fine', 'allow', 'true'), limit),
      softBudget,
      groups({ money: ['midas'] }),
      registered('simulate'),
      asks('a', 'simulate', {}, why),
      escalates('a', { approvers: ['money'] }),
      votes('midas', 'approve', 'a'),
    )
      .when(asks('b', 'simulate', { n: 1 }, why), asks('c', 'simulate', { n: 2 }, why))
      .then(allowed('b'), denied('c'));
  });
  it('in a tenant whose budgets never ask: is not waited for', () => {
    expect(
      given(published(rule('fine', 'allow', 'true')), registered('r'), asks('a', 'r')).wants('budget'),
    ).toBe(false);
  });
  it('that the budget refuses after all: is gone', () =>
    asked.and(refuses('a')).when(escalates('a')).thenNothing());
});
