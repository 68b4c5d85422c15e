/** Who counts, for whom, and when: quorums, duties, owners, delegations, stages, emergencies. */
import { describe, expect, it } from 'vitest';
import {
  START,
  allowed,
  asks,
  delegates,
  denied,
  disapproved,
  escalated,
  expired,
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
} from '../test/scenario.ts';

const PEOPLE = groups({
  pi: ['grace', 'lise', 'ada', 'noether'],
  safety: ['oscar', 'lise'],
  directors: ['emmy'],
});
const yes = (person: string, data: object = {}) => votes(person, 'approve', 'a', {}, data);
const no = (person: string) => votes(person, 'deny', 'a');

function asking(approval: object, ...more: Parameters<typeof given>) {
  const ask = rule('ask', 'require-approval', 'true', { approval: { approvers: ['pi'], ...approval } });
  return given(published(ask), PEOPLE, registered('simulate'), ...more, asks('a', 'simulate'), holds('a'));
}

describe('the owner of the agent that asks', () => {
  const owned = asking({}, owners({ ada: 'grace' }));

  it('does not count', () => owned.when(yes('grace')).thenNothing());
  it('does not count with a no, either', () =>
    owned.when(no('grace'), yes('lise')).then(granted('a', 'lise'), allowed('a')));
  it('does not count in the name of somebody else', () =>
    owned
      .and(delegates('lise', 'grace', 9_000))
      .when(yes('grace'))
      .thenNothing());
  it('lends nobody a vote', () =>
    owned
      .and(delegates('grace', 'bob', 9_000))
      .when(yes('bob'))
      .thenNothing());
  it('that is named only after its vote: counted no more', () => {
    const two = asking({ quorum: 2 }).and(yes('grace'), owners({ ada: 'grace' }));
    two.when(yes('lise')).thenNothing();
  });
});

describe('several rules that ask', () => {
  const both = given(
    published(
      rule('cost', 'require-approval', 'true', { approval: { approvers: ['pi'] } }),
      rule('hazard', 'require-approval', 'true', {
        approval: { approvers: ['safety'], expiresSeconds: 60 },
      }),
    ),
    PEOPLE,
    registered('simulate'),
    asks('a', 'simulate'),
    holds('a'),
  );

  it('each has to have its own yes: one of one group is not enough', () =>
    both.when(yes('grace')).thenNothing());
  it('one of each: granted', () =>
    both.when(yes('grace'), yes('oscar')).then(granted('a', 'grace', 'oscar'), allowed('a')));
  it('one person of both groups: speaks for both', () =>
    both.when(yes('lise')).then(granted('a', 'lise'), allowed('a')));
  it('the earliest end holds', () => both.after(60).then(expired('a'), denied('a')));
  it('that ask for the same: one demand, which names both', () =>
    given(
      published(rule('x', 'require-approval', 'true'), rule('y', 'require-approval', 'true')),
      registered('simulate'),
      asks('a', 'simulate'),
    )
      .when(holds('a'))
      .then(opened('a', { terms: { demands: [{ policies: ['x', 'y'], quorum: 1 }] } })));
  it('in more ways than one fact can hold: denied, and says what to do', () => {
    const rules = Array.from({ length: 17 }, (_, index) =>
      rule(`r${index}`, 'require-approval', 'true', { approval: { approvers: [`g${index}`] } }),
    );
    given(published(...rules), registered('simulate'))
      .when(asks('a', 'simulate'))
      .then(denied('a', { rule: 'writ:too-many-demands' }));
  });
});

describe('separation of duties', () => {
  const two = asking({ approvers: ['pi', 'safety'], quorum: 2, separationOfDuties: true });

  it('two of one group: not enough', () => two.when(yes('grace'), yes('noether')).thenNothing());
  it('one of each: granted', () =>
    two.when(yes('grace'), yes('oscar')).then(granted('a', 'grace', 'oscar'), allowed('a')));
  it('who is in both groups stands for whichever is free', () => {
    two.when(yes('lise'), yes('oscar')).then(granted('a', 'lise', 'oscar'), allowed('a'));
    two.when(yes('lise'), yes('grace')).then(granted('a', 'lise', 'grace'), allowed('a'));
  });
  it('who is in both groups stands for one only', () => two.when(yes('lise')).thenNothing());
});

describe('a delegation', () => {
  const lent = asking({ quorum: 2 }, delegates('grace', 'bob', 500));

  it('its receiver votes in the name of its giver, and the fact says so', () => {
    const { got } = lent.when(yes('bob'), yes('lise'));
    expect(got[0]?.data).toMatchObject({ by: ['bob', 'lise'], inNameOf: { bob: 'grace' } });
  });
  it('giver and receiver together: one right, counted once', () =>
    lent.when(yes('bob'), yes('grace')).thenNothing());
  it('a no in the name of the giver: ends it', () =>
    lent.when(no('bob')).then(disapproved('a', 'bob'), denied('a')));
  it('who may vote anyway votes for herself', () => {
    const { got } = asking({}, delegates('grace', 'lise', 500)).when(yes('lise'));
    expect(got[0]?.data).not.toHaveProperty('inNameOf');
  });
  it('is not passed on', () =>
    lent
      .and(delegates('bob', 'eve', 500))
      .when(yes('eve'), yes('lise'))
      .thenNothing());
  it('that has ended: counts no more', () => lent.when(yes('lise'), later(500, yes('bob'))).thenNothing());
  it('a vote cast while it lasted: stays cast', () =>
    lent
      .and(yes('bob'))
      .when(later(600, yes('lise')))
      .then(granted('a', 'bob', 'lise'), allowed('a')));
  it('that its giver ends: counts no more', () =>
    lent
      .and(delegates('grace', 'bob', 0))
      .when(yes('bob'), yes('lise'))
      .thenNothing());
});

describe('an escalation', () => {
  const chain = asking({
    expiresSeconds: 300,
    escalate: [
      { afterSeconds: 100, approvers: ['safety'] },
      { afterSeconds: 200, approvers: ['directors'], quorum: 2 },
    ],
  });

  it('before its time: nobody else is asked', () => chain.after(99).thenNothing());
  it('at its time: told, and who was asked first may still answer', () => {
    chain.after(100).then(escalated('a', 'safety'));
    chain
      .and(later(150, registered('other')))
      .when(later(160, yes('grace')))
      .then(granted('a', 'grace'), allowed('a'));
  });
  it('all stages and the end, after a long silence: in order', () =>
    chain
      .after(1_000)
      .then(escalated('a', 'safety'), escalated('a', 'directors'), expired('a'), denied('a')));
  it('a vote cast before its stage: counts when the stage comes', () => {
    chain.when(yes('oscar')).thenNothing();
    chain.and(yes('oscar')).after(100).then(escalated('a', 'safety'), granted('a', 'oscar'), allowed('a'));
  });
  it('a no cast before its stage: counts when the stage comes', () =>
    chain.and(no('oscar')).after(100).then(escalated('a', 'safety'), disapproved('a', 'oscar'), denied('a')));
  it('a stage with a quorum of its own: that many are needed from then on', () => {
    const late = chain.and(later(201, registered('other')));
    late.when(later(210, yes('grace'))).thenNothing();
    late
      .when(later(210, yes('grace')), later(220, yes('emmy')))
      .then(granted('a', 'grace', 'emmy'), allowed('a'));
  });
});

describe('breaking the glass', () => {
  const why = { breakGlass: true, reason: 'the cooling fails' };
  const two = asking({ quorum: 2, breakGlass: ['directors'] });

  it('one person of the named group grants alone; who was skipped is named', () => {
    const { got, then } = two.and(yes('lise')).when(yes('emmy', why));
    then(granted('a', 'lise', 'emmy'), allowed('a'));
    expect(got[0]?.data).toMatchObject({
      breakGlass: { by: 'emmy', reason: 'the cooling fails', skipped: ['grace', 'noether'] },
    });
  });
  it('somebody else: has cast a plain vote', () => {
    two.when(yes('grace', why)).thenNothing();
    const { got } = two.and(yes('grace', why)).when(yes('noether'));
    expect(got[0]?.data).not.toHaveProperty('breakGlass');
  });
  it('where no rule says who may: nobody', () => asking({ quorum: 2 }).when(yes('emmy', why)).thenNothing());
  it('the requester: never', () =>
    asking({ breakGlass: ['pi'] })
      .when(yes('ada', why))
      .thenNothing());
  it('in the name of somebody else: never', () =>
    two
      .and(delegates('emmy', 'bob', 900))
      .when(yes('bob', why))
      .thenNothing());
  it('where one rule of two forbids it: nobody', () =>
    given(
      published(
        rule('ask', 'require-approval', 'true', {
          approval: { approvers: ['pi'], breakGlass: ['directors'] },
        }),
        rule('hazard', 'require-approval', 'true', { approval: { approvers: ['safety'] } }),
      ),
      PEOPLE,
      registered('simulate'),
      asks('a', 'simulate'),
      holds('a'),
    )
      .when(yes('emmy', why))
      .thenNothing());
});

describe('a vote', () => {
  it('of somebody who is asked by nobody: lies there until the groups change', () => {
    const early = asking({}).and(yes('bob'));
    early.when(groups({ pi: ['bob'] })).then(granted('a', 'bob'), allowed('a'));
  });
  it('of many who are not asked: never keep out one who is', () => {
    const crowd = Array.from({ length: 300 }, (_, index) => yes(`stranger${index}`));
    asking({})
      .when(...crowd, yes('grace'))
      .then(granted('a', 'grace'), allowed('a'));
  });
  it('that its person changes: the last word counts', () => {
    const two = asking({ quorum: 2, escalate: [{ afterSeconds: 100, approvers: ['safety'] }] });
    two
      .and(no('oscar'), yes('oscar'), yes('grace'))
      .after(100)
      .then(escalated('a', 'safety'), granted('a', 'oscar', 'grace'), allowed('a'));
  });
  it('the facts of its approval carry the bundle, the hold and how long the grant lasts', () => {
    const { got } = given(
      published(rule('ask', 'require-approval', 'true', { approval: { validSeconds: 60 } })),
      registered('simulate'),
      asks('a', 'simulate'),
    ).when(holds('a'), later(10, yes('grace')));
    expect(got[0]?.data).toMatchObject({ hold: 4, bundle: expect.stringMatching(/^sha256:/) as string });
    expect(got).toHaveLength(1);
    const done = asking({ validSeconds: 60 }).when(later(10, yes('grace')));
    expect(done.got[0]?.data).toMatchObject({ validUntilMs: START + 70_000 });
  });
});
