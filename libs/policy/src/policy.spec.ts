/** Policy by example: one call against a catalog, and what is answered. */
import { describe, expect, it } from 'vitest';
import { digestOf } from '@writ/contracts';
import type { RecordedFact } from '@writ/contracts';
import {
  START,
  allowed,
  answersOf,
  anyPolicy,
  asks,
  cancelled,
  cancels,
  denied,
  environment,
  fact,
  fold,
  given,
  granted,
  holds,
  needsApproval,
  published,
  registered,
  rejected,
  retired,
  rule,
  step,
  votes,
} from '../test/scenario.ts';
import { policy } from './index.ts';
import { MAX_WAITING_CALLS } from './limits.ts';

const limitExpensive = rule('limit-expensive-simulations', 'require-approval', 'tool.cost > 1000 node-hours');
const noDestructive = rule('no-destructive-ops-in-production', 'deny', 'tool.destructive AND env.production');

describe('the policies of the first example', () => {
  const lab = given(
    published(limitExpensive, noDestructive),
    registered('simulate', { class: 'LOCAL_WRITE', cost: { 'node-hours': '1 node-hours * args.hours' } }),
    registered('delete-dataset', { class: 'DESTRUCTIVE' }),
  );

  it('a simulation of 1000 node-hours: allowed', () =>
    lab.when(asks('a', 'simulate', { hours: 1000 })).then(
      allowed('a', {
        agent: 'ada',
        tool: 'simulate',
        project: 'lab',
        argsDigest: digestOf({ hours: 1000 }),
        ceiling: { 'node-hours': '1000000000', calls: '1000000' },
        rules: [],
      }),
    ));
  it('a simulation of 1200 node-hours: needs approval, and says why', () =>
    lab.when(asks('a', 'simulate', { hours: 1200 })).then({
      ...needsApproval('a', { approvers: [], quorum: 1, expiresAtMs: START + 86_400_000 }),
      data: expect.objectContaining({
        rules: [
          {
            policy: 'limit-expensive-simulations',
            action: 'require-approval',
            mode: 'enforce',
            because: expect.stringMatching(/tool\.cost = 1200 node-hours/),
          },
        ],
      }),
    }));
  it('destruction in production: denied by that rule', () =>
    lab
      .and(environment({ production: true }))
      .when(asks('a', 'delete-dataset'))
      .then(denied('a', { rule: 'no-destructive-ops-in-production', class: 'permission' })));
  it('destruction elsewhere, with no rule that allows it: denied all the same', () =>
    lab
      .when(asks('a', 'delete-dataset'))
      .then(denied('a', { rule: 'writ:destructive-default', class: 'permission' })));
  it('an environment that changes: the next call is decided by the new one', () =>
    lab
      .and(environment({ production: true }), asks('a', 'delete-dataset'), environment({ production: false }))
      .when(asks('b', 'delete-dataset'))
      .then(denied('b', { rule: 'writ:destructive-default' })));
});

describe('a call that cannot be decided', () => {
  const lab = given(anyPolicy, registered('dock', { inputs: { type: 'object', required: ['smiles'] } }));

  it('unknown tool: denied, with the name that was meant', () =>
    lab.when(asks('a', 'dokc')).then(
      denied('a', {
        class: 'structural',
        rule: 'writ:unregistered-tool',
        reason: 'tool "dokc" is not registered; did you mean "dock"?',
        remedy: 'ask for "dock"',
      }),
    ));
  it('retired tool: unknown again', () =>
    lab
      .and(retired('dock'))
      .when(asks('a', 'dock'))
      .then(denied('a', { rule: 'writ:unregistered-tool' })));
  it('inputs against the schema: rejected, and says where', () =>
    lab
      .when(asks('a', 'dock', { atoms: 3 }))
      .then(
        rejected('a', 'invalid-inputs', { detail: expect.stringMatching(/inputs must have.*'smiles'/) }),
      ));
  it('inputs that JSON cannot hold: rejected', () =>
    lab.when(asks('a', 'dock', { smiles: Infinity })).then(rejected('a', 'invalid-inputs')));
  it('wrong digest: rejected with both', () =>
    lab
      .when(asks('a', 'dock', { smiles: 'C' }, { argsDigest: digestOf({}) }))
      .then(
        rejected('a', 'digest-mismatch', { detail: expect.stringContaining(digestOf({ smiles: 'C' })) }),
      ));
  it('no policies: denied for now', () =>
    given(registered('dock'))
      .when(asks('a', 'dock'))
      .then(denied('a', { class: 'transient', rule: 'writ:no-policies' })));
  it('an empty bundle is no policies either', () =>
    given(registered('dock'), published())
      .when(asks('a', 'dock'))
      .then(denied('a', { rule: 'writ:no-policies' })));
  it('no estimate: denied, with the reason', () =>
    lab
      .and(registered('fold', { cost: { 'node-hours': '2 node-hours * args.residues' } }))
      .when(asks('a', 'fold', {}))
      .then(
        denied('a', {
          class: 'structural',
          rule: 'writ:no-estimate',
          reason: expect.stringMatching(/residues/),
        }),
      ));
  it('a message that was no request: rejected under its event id', () =>
    lab
      .when(
        fact(
          'request.malformed',
          { event: 'e-1', reason: 'malformed', detail: 'not JSON' },
          { origin: 'ada' },
        ),
      )
      .then({
        type: 'request.rejected',
        data: { agent: 'ada', event: 'e-1', reason: 'malformed', detail: 'not JSON' },
      }));
  it('a broken schema or cost that was published unchecked: denied, whatever the inputs', () =>
    lab
      .and(
        registered('bad-schema', { inputs: { type: 'objekt' } }),
        registered('bad-cost', { cost: { usd: '2 apples' } }),
      )
      .when(asks('a', 'bad-schema'), asks('b', 'bad-cost'))
      .then(denied('a', { rule: 'writ:broken-tool' }), denied('b', { rule: 'writ:no-estimate' })));
});

describe('an invocation id that was seen before', () => {
  const lab = given(anyPolicy, registered('dock'), registered('fold'), asks('a', 'dock', { x: 1, y: 2 }));

  it('the same request: no news', () => lab.when(asks('a', 'dock', { y: 2, x: 1 })).thenNothing());
  it('other inputs: rejected, and the first call is left alone', () =>
    lab
      .when(asks('a', 'dock', { x: 2, y: 2 }))
      .then(rejected('a', 'duplicate-id', { detail: expect.stringMatching(/not affected/) })));
  it('another tool with the same inputs: rejected', () =>
    lab.when(asks('a', 'fold', { x: 1, y: 2 })).then(rejected('a', 'duplicate-id')));
  it('another agent with the same call: rejected, to that agent', () =>
    lab
      .when(asks('a', 'dock', { x: 1, y: 2 }, { origin: 'bob' }))
      .then(rejected('a', 'duplicate-id', { agent: 'bob' })));
  it('twice within one step: decided once', () =>
    lab.when(step(['b', 'dock'], ['b', 'dock'])).then(allowed('b')));
  it('before its first answer: the first is decided, the other rejected', () =>
    lab
      .when(asks('b', 'dock', { x: 1 }), asks('b', 'dock', { x: 2 }))
      .then(allowed('b'), rejected('b', 'duplicate-id')));
  it('in another tenant: another call', () =>
    lab
      .when(asks('a', 'dock', {}, { tenant: 'other' }))
      .then(denied('a', { rule: 'writ:unregistered-tool' })));
  it('a rejected id does not come back to life', () => {
    const claimed = { argsDigest: digestOf({ x: 1 }) };
    const wrong = lab.and(asks('b', 'dock', {}, claimed));
    wrong.when(asks('b', 'dock', {})).then(rejected('b', 'duplicate-id'));
    wrong.when(asks('b', 'dock', { x: 1 }, claimed)).then(rejected('b', 'duplicate-id'));
    wrong.when(asks('b', 'dock', {}, claimed)).thenNothing();
  });
  it('a broken message that names it: rejected without it, so that the call has one end', () => {
    const { got } = lab.when(
      fact('request.malformed', { invocation: 'a', reason: 'malformed', detail: 'x' }, { origin: 'ada' }),
    );
    expect(got[0]?.type).toBe('request.rejected');
    expect(got[0]?.data).not.toHaveProperty('invocation');
  });
});

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
  it('a shadow rule that fails or denies: recorded, not applied', () => {
    const shadow = { mode: 'shadow' };
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
      );
  });
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
      .and(published(rule('s', 'allow', 'true', { mode: 'shadow' })))
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

describe('what could grow without end', () => {
  it('thousands of rules that all match: the answer still fits into a commit', () => {
    const long = {
      description: 'x'.repeat(2_000),
      approval: { approvers: Array.from({ length: 16 }, (_, g) => `g-${g}`) },
    };
    const many = Array.from({ length: 600 }, (_, index) =>
      rule(
        `rule-${index}`,
        index % 2 ? 'deny' : 'require-approval',
        `tool.name == "dock" OR "${'x'.repeat(200)}" == agent.name`,
        long,
      ),
    );
    const { got } = given(registered('dock'), published(...many)).when(asks('a', 'dock'));
    expect(JSON.stringify(got).length).toBeLessThan(64 * 1024);
  });
  it('a long queue is answered in linear time', () => {
    const state = policy.initial();
    fold(state, [anyPolicy, registered('dock')]);
    fold(
      state,
      Array.from({ length: 10_000 }, (_, index) => asks(`call-${index}`, 'dock')),
    );
    expect(answersOf(state, START)).toHaveLength(10_000);
  });
  it('more calls that wait for people than there are places: denied for now', () => {
    const state = policy.initial();
    fold(state, [published(rule('ask', 'require-approval', 'true')), registered('dock')]);
    fold(
      state,
      Array.from({ length: MAX_WAITING_CALLS + 1 }, (_, index) => asks(`call-${index}`, 'dock')),
    );
    const verdicts = answersOf(state, START).map(({ data }) => (data as { verdict: string }).verdict);
    expect(verdicts.filter((verdict) => verdict === 'require-approval')).toHaveLength(MAX_WAITING_CALLS);
    expect(verdicts.at(-1)).toBe('deny');
    fold(state, [cancels('call-0'), holds('call-0')]);
    expect(answersOf(state, START)).toMatchObject([cancelled('call-0')]);
    fold(state, [asks('one-more', 'dock')]);
    expect(answersOf(state, START)).toMatchObject([needsApproval('one-more')]);
    // A full house does not stand in the way of those who are in it, also when the catalog has changed.
    fold(state, [holds('call-1'), environment({})]);
    answersOf(state, START);
    fold(state, [
      { ...registered('other'), seq: 9 },
      asks('last', 'dock'),
      votes('grace', 'approve', 'call-1'),
    ]);
    expect(answersOf(state, START)).toMatchObject([
      needsApproval('last'),
      granted('call-1', 'grace'),
      allowed('call-1'),
    ]);
  });
});

describe('a reaction that a crash cut short', () => {
  it('the tenants whose part is lost are answered again, the others are not', () => {
    const state = policy.initial();
    const all = ['acme', 'other'].flatMap((tenant) => [
      { ...anyPolicy, tenant: tenant as typeof anyPolicy.tenant },
      registered('dock', {}, { tenant }),
      ...['1', '2'].map((id) => asks(`${tenant}-${id}`, 'dock', {}, { tenant })),
      fact('request.malformed', { reason: 'malformed', detail: 'x' }, { origin: 'ada', tenant }),
    ]);
    fold(state, all);
    const before = JSON.stringify(policy.snapshot(state));
    const answers = answersOf(state, START);
    const stored = answers.filter((one) => one.tenant === 'other');
    const again = policy.restore(JSON.parse(before));
    fold(
      again,
      stored.map((one) => ({ ...one, origin: 'decisions', seq: 0, at: START }) as RecordedFact),
    );
    expect(answersOf(again, START)).toEqual(answers.filter((one) => one.tenant === 'acme'));
  });
});
