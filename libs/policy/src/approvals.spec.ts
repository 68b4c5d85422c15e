/** Approvals by example: the money first, then people, then one end. */
import { describe, expect, it } from 'vitest';
import {
  allowed,
  asks,
  cancelled,
  cancels,
  denied,
  disapproved,
  expired,
  given,
  granted,
  groups,
  holds,
  later,
  needsApproval,
  opened,
  published,
  refuses,
  registered,
  rule,
  votes,
} from '../test/scenario.ts';

const ask = rule('ask', 'require-approval', 'tool.name == "simulate"', {
  approval: { approvers: ['pi'], quorum: 2, expiresSeconds: 600 },
});
const lab = given(
  published(ask),
  groups({ pi: ['grace', 'lise', 'emmy', 'ada'], ops: ['oscar'] }),
  registered('simulate', { cost: { 'node-hours': '10 node-hours' } }),
  asks('a', 'simulate', {}, { request: { justification: 'deadline' } }),
);
const held = lab.and(holds('a'));

describe('a call that needs approval', () => {
  it('nobody is asked before the money is held', () => lab.after(0).thenNothing());
  it('the hold is there: the approval opens with what a person must know', () =>
    lab.when(holds('a')).then(
      opened('a', {
        agent: 'ada',
        tool: 'simulate',
        policies: ['ask'],
        justification: 'deadline',
        ceiling: { 'node-hours': '10000000', calls: '1000000' },
        terms: { approvers: ['pi'], quorum: 2 },
      }),
    ));
  it('the budget refuses: it is gone, and a late hold or vote changes nothing', () =>
    lab
      .and(refuses('a'))
      .when(holds('a'), votes('grace', 'approve', 'a'), cancels('a'))
      .thenNothing());
  it('budget facts are wanted only while it waits for its hold', () => {
    expect(lab.wants('budget')).toBe(true);
    expect(held.wants('budget')).toBe(false);
    expect(lab.and(refuses('a')).wants('budget')).toBe(false);
    expect(held.wants('requests')).toBe(true);
  });
  it('a vote before it is open does not count', () =>
    lab
      .and(votes('grace', 'approve', 'a'), holds('a'))
      .when(votes('lise', 'approve', 'a'))
      .thenNothing());
});

describe('an open approval of two', () => {
  it('two eligible persons: granted and allowed in one answer', () => {
    const { got, then } = held.and(votes('grace', 'approve', 'a')).when(votes('lise', 'approve', 'a'));
    then(granted('a', 'grace', 'lise'), allowed('a', { ceiling: { 'node-hours': '10000000' } }));
    expect(got[1]?.data).not.toHaveProperty('approval');
  });
  it('the same person twice counts once', () =>
    held.when(votes('grace', 'approve', 'a'), votes('grace', 'approve', 'a')).thenNothing());
  it('the requester does not count', () =>
    held.when(votes('grace', 'approve', 'a'), votes('ada', 'approve', 'a')).thenNothing());
  it('someone outside the group does not count, not even with a no', () =>
    held
      .when(votes('oscar', 'deny', 'a'), votes('oscar', 'approve', 'a'), votes('grace', 'approve', 'a'))
      .thenNothing());
  it('a vote over other arguments does not count', () =>
    held
      .when(votes('grace', 'approve', 'a'), votes('lise', 'approve', 'a', { swapped: true }))
      .thenNothing());
  it('one no is enough, and says who and why', () =>
    held
      .and(votes('grace', 'approve', 'a'))
      .when(votes('lise', 'deny', 'a', {}, { reason: 'too hot' }))
      .then(
        disapproved('a', 'lise'),
        denied('a', { class: 'permission', rule: 'ask', reason: 'lise denied the approval: too hot' }),
      ));
  it('who has said yes can still say no', () =>
    held
      .when(votes('grace', 'approve', 'a'), votes('grace', 'deny', 'a'))
      .then(disapproved('a', 'grace'), denied('a')));
  it('what comes after the end changes nothing', () =>
    held
      .and(votes('grace', 'deny', 'a'))
      .when(votes('grace', 'approve', 'a'), votes('lise', 'approve', 'a'), cancels('a'))
      .thenNothing());
  it('a group that changes: who left it counts no more', () =>
    held
      .and(groups({ pi: ['grace'] }), votes('lise', 'approve', 'a'))
      .when(votes('grace', 'approve', 'a'))
      .thenNothing());
  it('a group with the name of something that every object has: has no members', () =>
    given(
      published(rule('ask', 'require-approval', 'true', { approval: { approvers: ['constructor'] } })),
      registered('simulate'),
      asks('a', 'simulate'),
      holds('a'),
    )
      .when(votes('grace', 'approve', 'a'))
      .thenNothing());
  it('no group is named: any approver counts', () =>
    given(
      published(rule('ask', 'require-approval', 'true')),
      registered('simulate'),
      asks('a', 'simulate'),
      holds('a'),
    )
      .when(votes('anyone', 'approve', 'a'))
      .then(granted('a', 'anyone'), allowed('a')));
  it('one approval does not decide a sibling', () =>
    held
      .and(asks('b', 'simulate'), holds('b'))
      .when(votes('grace', 'approve', 'a'), votes('lise', 'approve', 'a'))
      .then(granted('a', 'grace', 'lise'), allowed('a')));
  it('the same request again: no news', () =>
    held.when(asks('a', 'simulate', {}, { request: { justification: 'deadline' } })).thenNothing());
  it('the same request after its id is forgotten: still no news, because the call lives', () => {
    const long = given(
      published(rule('ask', 'require-approval', 'true', { approval: { expiresSeconds: 30 * 86_400 } })),
      registered('simulate'),
      asks('a', 'simulate'),
      holds('a'),
      later(3 * 86_400, asks('z', 'simulate')),
    );
    long.when(later(3 * 86_400, asks('a', 'simulate'))).thenNothing();
  });
});

describe('time', () => {
  it('just before the end: still open', () => held.after(599.999).thenNothing());
  it('at the end: expired and denied for now, with the votes that there were', () =>
    held
      .and(votes('grace', 'approve', 'a'))
      .after(600)
      .then(expired('a', 'grace'), denied('a', { class: 'transient', rule: 'ask' })));
  it('a vote that was cast in time but read late counts', () =>
    held
      .and(votes('grace', 'approve', 'a'))
      .when(later(599, votes('lise', 'approve', 'a')), later(700, asks('z', 'nope')))
      .then(granted('a', 'grace', 'lise'), allowed('a'), denied('z')));
  it('a vote that was cast too late does not', () =>
    held
      .and(votes('grace', 'approve', 'a'))
      .when(later(600, votes('lise', 'approve', 'a')))
      .then(expired('a', 'grace'), denied('a')));
  it('several run out in order of time, not of asking', () => {
    const rules = (['slow', 'quick', 'middle'] as const).map((name, index) =>
      rule(name, 'require-approval', `tool.name == "${name}"`, {
        approval: { expiresSeconds: [300, 100, 200][index] },
      }),
    );
    given(
      published(...rules),
      ...['slow', 'quick', 'middle'].flatMap((name) => [registered(name), asks(name, name), holds(name)]),
    )
      .after(1_000)
      .then(
        expired('quick'),
        denied('quick'),
        expired('middle'),
        denied('middle'),
        expired('slow'),
        denied('slow'),
      );
  });
});

describe('a catalog that changes while people are asked', () => {
  const almost = held.and(votes('grace', 'approve', 'a'));
  const yes = votes('lise', 'approve', 'a');

  it('a rule that denies now wins over the approval', () =>
    almost
      .and(published(rule('stop', 'deny', 'true')))
      .when(yes)
      .then(granted('a', 'grace', 'lise'), denied('a', { rule: 'stop' })));
  it('a call that has become dearer than what is held is denied', () =>
    almost
      .and(registered('simulate', { cost: { 'node-hours': '11 node-hours' } }))
      .when(yes)
      .then(
        granted('a', 'grace', 'lise'),
        denied('a', { class: 'transient', rule: 'writ:changed-since-approval' }),
      ));
  it('a cost in a unit that nothing is held of, whatever its name, is denied', () =>
    almost
      .and(registered('simulate', { cost: { constructor: '1' } }))
      .when(yes)
      .then(granted('a', 'grace', 'lise'), denied('a', { rule: 'writ:changed-since-approval' })));
  it('a call that has become cheaper runs with what is held', () =>
    almost
      .and(registered('simulate', { cost: { 'node-hours': '9 node-hours' } }))
      .when(yes)
      .then(granted('a', 'grace', 'lise'), allowed('a', { ceiling: { 'node-hours': '10000000' } })));
  it('inputs that no longer fit the tool are denied', () =>
    almost
      .and(registered('simulate', { inputs: { required: ['x'] } }))
      .when(yes)
      .then(granted('a', 'grace', 'lise'), denied('a', { rule: 'writ:changed-since-approval' })));
});

describe('a cancel', () => {
  it('undecided: the call ends without a verdict', () =>
    lab
      .when(asks('b', 'simulate'), cancels('b', { reason: 'never mind' }))
      .then(cancelled('b', { agent: 'ada', reason: 'never mind' })));
  it('open: the call ends', () => held.when(cancels('a')).then(cancelled('a')));
  it('before the budget has answered: waits for that answer, so that there is one end', () => {
    lab.when(cancels('a')).thenNothing();
    lab.and(cancels('a')).when(holds('a')).then(cancelled('a'));
    lab.and(cancels('a')).when(refuses('a')).thenNothing();
  });
  it('together with the last yes: the cancel wins', () =>
    held
      .when(votes('grace', 'approve', 'a'), votes('lise', 'approve', 'a'), cancels('a'))
      .then(cancelled('a')));
  it('after a no: the no stands', () =>
    held.when(votes('grace', 'deny', 'a'), cancels('a')).then(disapproved('a', 'grace'), denied('a')));
  it('by another agent: ignored', () => held.when(cancels('a', {}, 'mallory')).thenNothing());
  it('of what is decided or unknown: ignored', () =>
    lab.and(registered('dock'), asks('d', 'dock')).when(cancels('d'), cancels('nobody')).thenNothing());
  it('twice: cancelled once', () => held.when(cancels('a'), cancels('a')).then(cancelled('a')));
  it('an id that was cancelled: its request again is no news', () =>
    held.and(cancels('a')).when(asks('a', 'simulate')).thenNothing());
});

describe('what needs approval without approvers', () => {
  it('waits, and its sibling that needs none is allowed', () =>
    lab
      .and(registered('dock'))
      .when(asks('c', 'simulate'), asks('d', 'dock'))
      .then(needsApproval('c'), allowed('d')));
});
