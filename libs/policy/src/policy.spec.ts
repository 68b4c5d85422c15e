/** Policy by example: one call against a catalog, and what is answered. */
import { describe, expect, it } from 'vitest';
import { digestOf } from '@writ/contracts';
import {
  START,
  allowed,
  anyPolicy,
  asks,
  denied,
  environment,
  fact,
  given,
  needsApproval,
  published,
  registered,
  rejected,
  retired,
  rule,
  step,
} from '../test/scenario.ts';

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
