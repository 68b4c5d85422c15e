/** What holds for all rules and all histories of a policy, also for those that nobody would write. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENTS_BY_KIND, SubjectKind, decodeCommit, digestOf, encodeCommit } from '@writ/contracts';
import type { EventType, Fact, PolicyRule, RecordedFact } from '@writ/contracts';
import {
  START,
  answersOf,
  asks,
  cancels,
  environment,
  fact,
  fold,
  groups,
  holds,
  later,
  published,
  refuses,
  registered,
  retired,
  rule,
  step,
  votes,
} from '../test/scenario.ts';
import { policy } from './index.ts';
import type { PolicyState } from './index.ts';

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
];
const TOOLS = [
  registered('read', { labels: { team: 'red' } }),
  registered('run', { class: 'NETWORK', cost: { 'node-hours': '5 node-hours * args.n' } }),
  registered('wipe', { class: 'DESTRUCTIVE' }),
  registered('strict', { inputs: { type: 'object', required: ['n'] } }),
];
const toolName = fc.constantFrom('read', 'run', 'wipe', 'strict', 'none');
const inputs = fc.constantFrom({}, { n: 1 }, { n: 3 }, { n: 'x' });
const approval = fc.record({
  approvers: fc.subarray(['pi', 'ops']),
  quorum: fc.integer({ min: 1, max: 3 }),
  expiresSeconds: fc.integer({ min: 1, max: 100 }),
});
const anyRule = (mode: fc.Arbitrary<string>): fc.Arbitrary<PolicyRule> =>
  fc
    .record({
      name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      action: fc.constantFrom('allow', 'deny', 'require-approval'),
      condition: fc.constantFrom(...CONDITIONS),
      mode,
      approval,
    })
    .map(({ name, action, condition, ...more }) => rule(name, action, condition, more));
const someRules = fc.array(anyRule(fc.constantFrom('enforce', 'enforce', 'shadow')), { maxLength: 8 });
const production = fc.boolean().map((value) => environment({ production: value }));

/** One call under some rules; the bundle's name is not compared. */
function decisionUnder(rules: readonly PolicyRule[], env: RecordedFact, call: RecordedFact): Fact['data'] {
  const state = policy.initial();
  const bundle = fact('policy.published', { bundle: digestOf('fixed'), policies: rules });
  fold(state, [...TOOLS, env, bundle, call]);
  const [answer] = answersOf(state, START);
  return answer?.data as Fact['data'];
}

describe('rules', () => {
  it('in another order: the same decision, to the letter', () => {
    fc.assert(
      fc.property(
        someRules.chain((rules) => fc.tuple(fc.constant(rules), shuffled(rules))),
        production,
        toolName,
        inputs,
        ([rules, reordered], env, name, args) => {
          const call = asks('x', name, args);
          expect(decisionUnder(reordered, env, call)).toEqual(decisionUnder(rules, env, call));
        },
      ),
      { numRuns: 150 },
    );
  });
  it('with any shadow rules beside them: the same verdict, denial and terms', () => {
    fc.assert(
      fc.property(
        fc.array(anyRule(fc.constant('enforce')), { minLength: 1, maxLength: 5 }),
        fc.array(anyRule(fc.constant('shadow')), { maxLength: 5 }),
        production,
        toolName,
        inputs,
        (rules, shadow, env, name, args) => {
          const call = asks('x', name, args);
          const { rules: matched, ...decided } = decisionUnder([...shadow, ...rules], env, call) as Decided;
          const { rules: enforced, ...alone } = decisionUnder(rules, env, call) as Decided;
          expect(decided).toEqual(alone);
          expect(matched?.filter(({ mode }) => mode === 'enforce')).toEqual(enforced);
        },
      ),
      { numRuns: 150 },
    );
  });
});

interface Decided {
  readonly rules?: readonly { readonly mode: string }[];
}

function shuffled<T>(items: readonly T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length });
}

// Histories: what can arrive, in any order, for a few ids of two tenants, with answers at any time.

const id = fc.constantFrom('i1', 'i2', 'i3', 'i4');
const person = fc.constantFrom('grace', 'lise', 'emmy', 'ada', 'bob');
const plain: fc.Arbitrary<RecordedFact> = fc.oneof(
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
    weight: 12,
    arbitrary: fc
      .tuple(person, fc.constantFrom('approve', 'approve', 'deny'), id, inputs)
      .map(([who, vote, one, args]) => votes(who, vote, one, args)),
  },
  { weight: 1, arbitrary: someRules.map((rules) => published(...rules)) },
  { weight: 3, arbitrary: fc.constant(published(rule('ask', 'require-approval', 'true'))) },
  { weight: 1, arbitrary: fc.constantFrom(...TOOLS, retired('run'), groups({ pi: ['grace', 'lise'] })) },
  { weight: 1, arbitrary: production },
);
type Happening = RecordedFact | 'answer';
const history: fc.Arbitrary<Happening[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.tuple(plain, fc.constantFrom('acme', 'acme', 'other')).map(inTenant) },
    { weight: 2, arbitrary: fc.constant<Happening>('answer') },
  ),
  { minLength: 1, maxLength: 60 },
);
const START_FACTS = ['acme', 'other'].flatMap((tenant) =>
  [...TOOLS, groups({ pi: ['grace', 'lise', 'emmy'], ops: ['grace'] })].map((one) => inTenant([one, tenant])),
);

function inTenant([one, tenant]: [RecordedFact, string]): RecordedFact {
  return { ...one, tenant } as RecordedFact;
}

/** Plays a history, a second a happening; calls `seen` with every fact in the order of the ledger. */
function play(happenings: readonly Happening[], seen: (one: Fact | RecordedFact) => void): PolicyState {
  let state = policy.initial();
  fold(state, START_FACTS);
  happenings.forEach((happening, index) => {
    if (happening === 'answer') {
      answersOf(state, START + index * 1_000).forEach(seen);
    } else {
      state = policy.evolve(state, { ...later(index, happening), seq: index + 1 } as RecordedFact);
      seen(happening);
    }
  });
  answersOf(state, START + happenings.length * 1_000).forEach(seen);
  return state;
}

const textOf = (state: PolicyState): string => JSON.stringify(policy.snapshot(state));

describe('histories', () => {
  it('every call that was asked for has one last word of policy, or lives', () => {
    fc.assert(
      fc.property(history, (happenings) => {
        const asked = new Set<string>();
        const ends = new Map<string, number>();
        const awaitsHold = new Set<string>();
        const end = (key: string) => ends.set(key, (ends.get(key) ?? 0) + 1);
        const state = play(happenings, (one) => {
          const data = one.data as {
            invocation?: string;
            verdict?: string;
            reason?: string;
            calls?: object[];
          };
          const key = `${one.tenant}/${data.invocation}`;
          if (one.type === 'tool.requested') {
            for (const call of one.data.calls) asked.add(`${one.tenant}/${call.invocation}`);
          } else if (one.type === 'request.malformed') asked.add(key);
          else if (one.type === 'policy.decided' && data.verdict === 'require-approval') awaitsHold.add(key);
          else if (one.type === 'policy.decided' || one.type === 'invocation.cancelled') end(key);
          else if (one.type === 'request.rejected' && data.invocation && data.reason !== 'duplicate-id')
            end(key);
          else if (one.type === 'budget.reserved') awaitsHold.delete(key);
          else if (one.type === 'budget.refused' && awaitsHold.delete(key)) end(key);
        });
        const tenants = [...state.tenants.values()];
        const living = new Set(
          tenants.flatMap(({ id: tenant, calls }) => [...calls.keys()].map((one) => `${tenant}/${one}`)),
        );
        for (const key of asked)
          expect({ key, ends: ends.get(key) ?? 0 }).toEqual({ key, ends: living.has(key) ? 0 : 1 });
        expect([...ends.keys()].filter((key) => !asked.has(key))).toEqual([]);
        for (const { calls, owed } of tenants) {
          expect(
            [...calls.values()]
              .map(({ status }) => status)
              .filter((status) => !/^(awaiting-hold|open)$/.test(status)),
          ).toEqual([]);
          expect(owed.size).toBe(0);
        }
        expect(state.ready.size).toBe(0);
        expect(state.awaitingHold).toBe(awaitsHold.size);
      }),
      { numRuns: 250 },
    );
  });

  it('a state that is saved and read back at every step answers and reads the same', () => {
    fc.assert(
      fc.property(history, (happenings) => {
        const state = policy.initial();
        let twin = policy.initial();
        for (const one of START_FACTS) for (const each of [state, twin]) policy.evolve(each, one);
        happenings.forEach((happening, index) => {
          twin = policy.restore(JSON.parse(textOf(twin)));
          const now = START + index * 1_000;
          if (happening === 'answer') expect(answersOf(twin, now)).toEqual(answersOf(state, now));
          else fold(state, [later(index, happening)]);
          if (happening !== 'answer') fold(twin, [later(index, happening)]);
          expect(textOf(twin)).toBe(textOf(state));
          for (const { owed } of state.tenants.values()) expect(new Set(owed.items()).size).toBe(owed.size);
        });
      }),
      { numRuns: 100 },
    );
  });

  it('facts of a kind that is not wanted change nothing', () => {
    fc.assert(
      fc.property(history, (happenings) => {
        const [all, skipping] = [policy.initial(), policy.initial()];
        for (const each of [all, skipping]) fold(each, START_FACTS);
        happenings.forEach((happening, index) => {
          const now = START + index * 1_000;
          if (happening === 'answer') {
            expect(answersOf(skipping, now)).toEqual(answersOf(all, now));
            return;
          }
          fold(all, [later(index, happening)]);
          const isBudget = happening.type.startsWith('budget.');
          if (!isBudget || policy.wants?.(skipping, SubjectKind.budget))
            fold(skipping, [later(index, happening)]);
          expect(textOf(skipping)).toBe(textOf(all));
        });
      }),
      { numRuns: 100 },
    );
  });

  it('who may vote, and how often: nothing is granted with less than its terms ask', () => {
    fc.assert(
      fc.property(history, (happenings) => {
        const terms = new Map<string, { quorum: number; argsDigest: string; agent: string }>();
        play(happenings, (one) => {
          if (one.type === 'approval.opened') {
            const { argsDigest, agent, terms: asked } = one.data;
            terms.set(`${one.tenant}/${one.data.invocation}`, { quorum: asked.quorum, argsDigest, agent });
          }
          if (one.type !== 'approval.granted') return;
          const asked = terms.get(`${one.tenant}/${one.data.invocation}`);
          expect(new Set(one.data.by).size).toBe(asked?.quorum);
          expect(one.data.by).not.toContain(asked?.agent);
          expect(one.data.argsDigest).toBe(asked?.argsDigest);
        });
      }),
      { numRuns: 150 },
    );
  });
});

describe('junk', () => {
  const json = fc.jsonValue({ maxDepth: 3 });
  const named = fc.record(
    {
      invocation: fc.oneof(id, json),
      verdict: fc.oneof(fc.constant('require-approval'), fc.constant('allow'), json),
      approval: json,
    },
    { requiredKeys: ['invocation'] },
  );
  const KINDS = Object.values(SubjectKind);
  const typed = (type: EventType) =>
    fc.oneof(json, named).map((data) => fact(type, data, { origin: 'junk', tenant: 'acme' }));
  const trusted = [SubjectKind.decisions, SubjectKind.budget].flatMap((kind) => [...EVENTS_BY_KIND[kind]]);
  const written = fc
    .tuple(
      fc.constantFrom(...KINDS),
      fc.constantFrom(...KINDS.flatMap((kind) => [...EVENTS_BY_KIND[kind]])),
      fc.oneof(
        json,
        named,
        plain.map(({ data }) => data as unknown),
      ),
    )
    .map(([kind, type, data]) => {
      const event = { specversion: '1.0' as const, id: 'e', source: 'junk', type, data };
      const subject =
        kind === 'requests' || kind === 'approvals' || kind === 'executions' ? `${kind}.ada` : kind;
      return decodeCommit({
        seq: 1,
        at: START,
        subject: `writ.acme.${subject}`,
        data: encodeCommit([event]),
      });
    });
  const junk = fc.oneof(
    fc
      .constantFrom(...(trusted as EventType[]))
      .chain(typed)
      .map((one) => [one]),
    written,
  );

  it('from anyone, of any type, between what is real: no throw, and everything is answered', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(history, junk), { maxLength: 8 }), (parts) => {
        const state = policy.initial();
        fold(state, START_FACTS);
        for (const [happenings, facts] of parts) {
          for (const happening of happenings.slice(0, 8)) {
            if (happening === 'answer') answersOf(state, START);
            else fold(state, [happening]);
          }
          fold(state, facts);
        }
        answersOf(state, START + 1_000_000);
        expect(policy.react(state, START + 1_000_000, undefined)).toEqual([]);
        expect(textOf(policy.restore(JSON.parse(textOf(state))))).toBe(textOf(state));
      }),
      { numRuns: 150 },
    );
  });
});
