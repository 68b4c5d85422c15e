/** Random rules, calls and histories: what can arrive, in any order, for a few ids of two tenants. */
import fc from 'fast-check';
import { PolicyAction, digestOf } from '@writ/contracts';
import type { PolicyRule, RecordedFact } from '@writ/contracts';
import {
  asks,
  cancels,
  delegates,
  environment,
  escalates,
  fact,
  gives,
  groups,
  holds,
  owners,
  published,
  refuses,
  registered,
  retired,
  rule,
  scheduled,
  softBudget,
  step,
  votes,
  withdraws,
} from './scenario.ts';

const CONDITIONS = [
  'true',
  'false',
  'tool.cost > 10 node-hours',
  'tool.destructive',
  'tool.destructive AND env.production',
  'args.missing > 1',
  'has(args.n) AND args.n > 2',
  'agent.name == "bob"',
  'tool.labels.team == "red"',
  'not even (an expression',
  'history.agent.hour.failed > 0',
  'history.tool.minute.denied > 1 OR history.agent_tool.day.asked > 3',
  'budget.remaining.usd < 5 USD',
  'budget.utilisation > 50 % AND time > timestamp("2025-01-01T00:00:00Z")',
];
export const TOOLS = [
  registered('read', { labels: { team: 'red' } }),
  registered('run', { class: 'NETWORK', cost: { 'node-hours': '5 node-hours * args.n' } }),
  registered('wipe', { class: 'DESTRUCTIVE' }),
  registered('strict', { inputs: { type: 'object', required: ['n'] } }),
];
export const toolName = fc.constantFrom('read', 'run', 'wipe', 'strict', 'none');
export const inputs = fc.constantFrom({}, { n: 1 }, { n: 3 }, { n: 'x' });
const plainApproval = fc.record({
  approvers: fc.subarray(['pi', 'ops']),
  quorum: fc.integer({ min: 1, max: 3 }),
  expiresSeconds: fc.integer({ min: 1, max: 100 }),
});
const richApproval = fc.record({
  approvers: fc.constantFrom(['pi'], ['pi', 'ops']),
  quorum: fc.integer({ min: 1, max: 2 }),
  expiresSeconds: fc.integer({ min: 20, max: 100 }),
  validSeconds: fc.integer({ min: 1, max: 100 }),
  escalate: fc.constantFrom(
    undefined,
    [{ afterSeconds: 5, approvers: ['ops'], quorum: 1 }],
    [
      { afterSeconds: 3, approvers: ['ops'] },
      { afterSeconds: 9, approvers: ['chiefs'], quorum: 2 },
    ],
  ),
  breakGlass: fc.constantFrom(undefined, ['ops']),
});
const strictApproval = fc.constant({ approvers: ['pi', 'ops'], quorum: 2, separationOfDuties: true });
const approval = fc.oneof(plainApproval, richApproval, strictApproval);
export const anyRule = (mode: fc.Arbitrary<string>): fc.Arbitrary<PolicyRule> =>
  fc
    .record({
      name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      action: fc.constantFrom(...Object.values(PolicyAction), 'allow', 'require-approval'),
      condition: fc.constantFrom(...CONDITIONS),
      mode,
      approval,
    })
    .map(({ name, action, condition, ...more }) =>
      rule(name, action, condition, {
        ...more,
        ...(action === PolicyAction.limit ? { limit: { calls: 2, per: 'agent', windowSeconds: 4 } } : {}),
        ...(action === PolicyAction.notify ? { notify: { groups: ['pi'] } } : {}),
      }),
    );
export const someRules = fc.array(anyRule(fc.constantFrom('enforce', 'enforce', 'shadow')), { maxLength: 8 });
export const production = fc.boolean().map((value) => environment({ production: value }));

// Histories: what can arrive, in any order, for a few ids of two tenants, with answers at any time.

export const id = fc.constantFrom('i1', 'i2', 'i3', 'i4');
const person = fc.constantFrom('grace', 'lise', 'emmy', 'ada', 'bob');
export const plain: fc.Arbitrary<RecordedFact> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(id, toolName, inputs).map((call) => asks(...call)) },
  { weight: 3, arbitrary: fc.tuple(id, inputs).map(([one, args]) => asks(one, 'read', args)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(id, id, toolName)
      .map(([one, two, name]) => step([one, name], [two, 'run', { n: 1 }])),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(id, toolName).map(([one, name]) => asks(one, name, {}, { origin: 'bob' })),
  },
  { weight: 1, arbitrary: id.map((one) => asks(one, 'read', {}, { argsDigest: digestOf('wrong') })) },
  {
    weight: 1,
    arbitrary: id.map((one) =>
      fact('request.malformed', { invocation: one, reason: 'malformed', detail: '' }, { origin: 'ada' }),
    ),
  },
  { weight: 3, arbitrary: id.map((one) => cancels(one)) },
  { weight: 6, arbitrary: id.map((one) => holds(one)) },
  { weight: 2, arbitrary: id.map((one) => refuses(one)) },
  {
    weight: 2,
    arbitrary: id.map((one) => fact('budget.released', { invocation: one, reason: 'cancelled' })),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(id, fc.constantFrom('succeeded', 'failed', 'cancelled'))
      .map(([one, outcome]) =>
        fact('execution.completed', { invocation: one, agent: 'ada', outcome, usage: { usd: '1000000' } }),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('/', 'lab')
      .map((account) => fact('budget.defined', { budget: { account, limits: { usd: 8 }, alerts: [] } })),
  },
  {
    weight: 12,
    arbitrary: fc
      .tuple(person, fc.constantFrom('approve', 'approve', 'deny'), id, inputs)
      .map(([who, vote, one, args]) => votes(who, vote, one, args)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(person, id, inputs)
      .map(([who, one, args]) => votes(who, 'approve', one, args, { breakGlass: true, reason: 'fire' })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(person, person, fc.integer({ min: 0, max: 60 }))
      .map(([from, to, seconds]) => delegates(from, to, seconds)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        person,
        fc.constantFrom('s1', 's2'),
        toolName,
        fc.constantFrom('true', 'args.n <= 1', 'agent.name'),
      )
      .map(([who, name, of, condition]) => gives(who, name, { tool: of, condition, maxUses: 2 })),
  },
  { weight: 1, arbitrary: person.map((who) => withdraws(who, 's1')) },
  { weight: 1, arbitrary: fc.constant(softBudget) },
  { weight: 1, arbitrary: person.map((who) => owners({ ada: who })) },
  { weight: 2, arbitrary: id.map((one) => escalates(one, { approvers: ['ops'] })) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(id, fc.constantFrom('approval.consumed', 'schedule.refused', 'invocation.cancelled'))
      .map(([one, type]) => scheduled(type, one)),
  },
  { weight: 1, arbitrary: someRules.map((rules) => published(...rules)) },
  { weight: 3, arbitrary: fc.constant(published(rule('ask', 'require-approval', 'true'))) },
  { weight: 1, arbitrary: fc.constantFrom(...TOOLS, retired('run'), groups({ pi: ['grace', 'lise'] })) },
  { weight: 1, arbitrary: production },
);
export type Happening = RecordedFact | 'answer';
export const history: fc.Arbitrary<Happening[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.tuple(plain, fc.constantFrom('acme', 'acme', 'other')).map(inTenant) },
    { weight: 2, arbitrary: fc.constant<Happening>('answer') },
  ),
  { minLength: 1, maxLength: 60 },
);
export function inTenant([one, tenant]: [RecordedFact, string]): RecordedFact {
  return { ...one, tenant } as RecordedFact;
}
