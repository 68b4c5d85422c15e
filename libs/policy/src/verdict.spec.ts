/** Several rules, calls, tenants and publishes: which of them decides. */
import { describe, expect, it } from 'vitest';
import {
  START,
  allowed,
  anyPolicy,
  asks,
  denied,
  given,
  needsApproval,
  published,
  registered,
  rule,
  step,
} from '../test/scenario.ts';

describe('several rules', () => {
  const lab = given(
    registered('dock'),
    registered('wipe', { class: 'DESTRUCTIVE' }),
    registered('mystery', { class: undefined }),
  );
  const allow = rule('allow', 'allow', 'true');
  const ask = rule('ask', 'require-approval', 'true');
  const deny = rule('deny', 'deny', 'true', { description: 'never on Fridays' });
  const broken = rule('broken', 'allow', 'args.missing > 1');
  const shadow = { mode: 'shadow' };

  it('deny beats require-approval beats allow', () => {
    lab
      .and(published(allow, ask, deny))
      .when(asks('a', 'dock'))
      .then(denied('a', { rule: 'deny' }));
    lab.and(published(allow, ask)).when(asks('a', 'dock')).then(needsApproval('a'));
    lab.and(published(allow)).when(asks('a', 'dock')).then(allowed('a'));
  });
  it('a denial says what the rule is for', () =>
    lab
      .and(published(deny))
      .when(asks('a', 'dock'))
      .then(
        denied('a', { reason: expect.stringMatching(/^policy "deny" denies this call.*never on Fridays$/) }),
      ));
  it('an expression that fails: denied, and says so', () =>
    lab
      .and(published(broken))
      .when(asks('a', 'dock'))
      .then(
        denied('a', {
          class: 'structural',
          rule: 'broken',
          reason: expect.stringMatching(/could not be evaluated/),
        }),
      ));
  it('a shadow rule that fails or denies: recorded, not applied', () =>
    lab
      .and(published(rule('s1', 'deny', 'true', shadow), rule('s2', 'deny', 'args.missing > 1', shadow)))
      .when(asks('a', 'dock'))
      .then(
        allowed('a', {
          rules: [
            { policy: 's1', mode: 'shadow', action: 'deny' },
            { policy: 's2', mode: 'shadow', because: expect.stringMatching(/^not evaluated: /) },
          ],
        }),
      ));
  it('a rule with text that has no canonical form: a rule like any other', () =>
    lab
      .and(published(rule('odd', 'deny', 'true', { description: '\ud800' })))
      .when(asks('a', 'dock'))
      .then(denied('a', { rule: 'odd' })));
  it('a destructive or undeclared tool runs where a rule allows it or asks for approval', () => {
    lab.and(published(allow)).when(asks('a', 'wipe'), asks('b', 'mystery')).then(allowed('a'), allowed('b'));
    lab.and(published(ask)).when(asks('a', 'wipe')).then(needsApproval('a'));
  });
  it('a destructive tool is not let in by a shadow rule', () =>
    lab
      .and(published(rule('s', 'allow', 'true', shadow)))
      .when(asks('a', 'wipe'), asks('b', 'mystery'))
      .then(
        denied('a', { rule: 'writ:destructive-default' }),
        denied('b', { rule: 'writ:destructive-default', reason: expect.stringMatching(/declares no class/) }),
      ));
  it('terms are merged: all groups, greatest quorum, earliest expiry', () =>
    lab
      .and(
        published(
          rule('x', 'require-approval', 'true', {
            approval: { approvers: ['pi'], quorum: 2, expiresSeconds: 600 },
          }),
          rule('y', 'require-approval', 'true', {
            approval: { approvers: ['ops', 'pi'], expiresSeconds: 60 },
          }),
          rule('z', 'require-approval', 'true'),
        ),
      )
      .when(asks('a', 'dock'))
      .then(needsApproval('a', { approvers: ['ops', 'pi'], quorum: 2, expiresAtMs: START + 60_000 })));
});

describe('a step of several calls', () => {
  it('decided one by one: a denied sibling holds up nobody', () =>
    given(anyPolicy, registered('dock'))
      .when(step(['a', 'dock'], ['b', 'nope'], ['c', 'dock']))
      .then(allowed('a'), denied('b'), allowed('c')));
});

describe('several tenants', () => {
  const lab = given(
    ...['acme', 'other'].flatMap((tenant) => [
      { ...anyPolicy, tenant: tenant as typeof anyPolicy.tenant },
      registered('dock', {}, { tenant }),
    ]),
  );
  it('a backlog of one: the other is answered in turn', () => {
    const { got } = lab.when(
      step(['a', 'dock'], ['b', 'dock'], ['c', 'dock']),
      asks('x', 'dock', {}, { tenant: 'other' }),
    );
    expect(got.map((one) => (one.data as { invocation: string }).invocation)).toEqual(['a', 'x', 'b', 'c']);
  });
});

describe('a catalog that moves on', () => {
  it('the decision names the revision and the bundle in force', () => {
    const bundle = published(rule('r', 'allow', 'true'));
    given({ ...bundle, seq: 7 }, registered('dock', {}, { seq: 9 }))
      .when(asks('a', 'dock'))
      .then(allowed('a', { catalogRevision: 9, bundle: (bundle.data as { bundle: string }).bundle }));
  });
  it('a new bundle decides the next call', () =>
    given(registered('dock'), anyPolicy, asks('a', 'dock'))
      .when(published(rule('stop', 'deny', 'true')), asks('b', 'dock'))
      .then(denied('b', { rule: 'stop' })));
  it('a call that was asked before the publish is decided by what is in force when it is answered', () =>
    given(registered('dock'), anyPolicy)
      .when(asks('a', 'dock'), published(rule('stop', 'deny', 'true')))
      .then(denied('a', { rule: 'stop' })));
});
