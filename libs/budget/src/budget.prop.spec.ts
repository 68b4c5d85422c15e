/**
 * The budget against a naive ledger of accounts that keeps every open hold in one list and adds it up each time. Random
 * trees, verdicts, ends, late and repeated completions, redefinitions and restarts; both must answer alike, and at
 * every hold what is spent and held stays within the limit in force.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { RecordedFact, TenantId } from '@writ/contracts';
import { NaiveLedger } from '../test/naive-ledger.ts';
import { answersOf } from '../test/scenario.ts';
import { balances, budget } from './index.ts';
import type { BudgetState } from './index.ts';

const RUNS = 110;
/** It takes 1.5 s on a machine with nothing else to do. */
const TIMEOUT_MS = 60_000;
const LEAST_OPERATIONS = 100_000;
const PATHS = ['/', 'p', 'q', 'p/c', 'q/d', 'c', 'd'];
const ENDS = ['approval.denied', 'approval.expired', 'schedule.refused', 'invocation.cancelled'];
const NO_ENDS = ['schedule.indeterminate', 'request.rejected', 'approval.granted', 'leader.elected'];

type Operation = { readonly news: RecordedFact } | 'answer' | 'restart';

const news = (type: string, data: fc.Arbitrary<object>): fc.Arbitrary<Operation> =>
  fc.tuple(fc.constantFrom('acme', 'other'), data).map(([tenant, payload]) => ({
    news: { type, tenant, origin: 'test', seq: 1, at: 0, data: payload } as unknown as RecordedFact,
  }));

const invocation = fc.nat(30).map((id) => `call-${id}`);
const agent = fc.constant('ada');
const some = <T>(values: fc.Arbitrary<T>) =>
  fc.record({ usd: values, calls: values, tokens: values }, { requiredKeys: [] });
const amounts = some(fc.nat(4_000_000).map(String));
/** Tight ones refuse, wide ones let a history go on. */
const tightOrWide = fc.oneof(fc.nat(15), fc.nat(1_000));
const project = fc.constantFrom('p', 'q', 'c');
const campaign = fc.constantFrom('c', 'd', undefined);
const verdict = fc.constantFrom('allow', 'require-approval', 'allow', 'deny');
const alerts = fc.subarray([0.25, 0.5, 0.8, 1]);

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 2,
    arbitrary: news(
      'budget.defined',
      fc.record({
        budget: fc.record({ account: fc.constantFrom(...PATHS), limits: some(tightOrWide), alerts }),
      }),
    ),
  },
  { weight: 1, arbitrary: news('budget.retired', fc.record({ account: fc.constantFrom(...PATHS) })) },
  {
    weight: 12,
    arbitrary: news(
      'policy.decided',
      fc.record({ invocation, agent, verdict, project, campaign, ceiling: amounts }),
    ),
  },
  { weight: 8, arbitrary: news('execution.completed', fc.record({ invocation, agent, usage: amounts })) },
  ...ENDS.map((type) => ({ weight: 1, arbitrary: news(type, fc.record({ invocation, agent })) })),
  ...NO_ENDS.map((type) => ({ weight: 1, arbitrary: news(type, fc.record({ invocation, agent })) })),
  { weight: 14, arbitrary: fc.constant<Operation>('answer') },
  { weight: 1, arbitrary: fc.constant<Operation>('restart') },
);

/** A restart may come while answers are owed; the state that is read back has the same text. */
function restarted(state: BudgetState): BudgetState {
  const text = JSON.stringify(budget.snapshot(state));
  const again = budget.restore(JSON.parse(text));
  if (JSON.stringify(budget.snapshot(again)) !== text)
    throw new Error(`restored otherwise than saved: ${text}`);
  return again;
}

/** By text, because `expect` over a million facts takes longer than all else; the sentence of a refusal is for people. */
function assertAlike(facts: readonly object[], expected: readonly object[]): void {
  const text = JSON.stringify(facts, (key, value: unknown) => (key === 'detail' ? undefined : value));
  if (text !== JSON.stringify(expected)) throw new Error(`${text} instead of ${JSON.stringify(expected)}`);
}

function sums(state: BudgetState, tenant: string): string[] {
  return balances(state, tenant as TenantId)
    .map(({ account, unit, limit, spent, held, overrun }) =>
      [account, unit, limit, spent, held, overrun].join(' '),
    )
    .sort();
}

it(
  'any history: answers as a naive ledger of accounts does, and never holds more than there is',
  { timeout: TIMEOUT_MS },
  () => {
    let operations = 0;
    fc.assert(
      fc.property(fc.array(operation, { minLength: 1, maxLength: 3_000, size: 'max' }), (history) => {
        operations += history.length;
        const naive = { acme: new NaiveLedger('acme'), other: new NaiveLedger('other') };
        let state = budget.initial();
        const answer = () => {
          const got = answersOf(state);
          for (const tenant of ['acme', 'other'] as const) {
            const facts = got.filter((fact) => fact.tenant === tenant);
            assertAlike(facts, naive[tenant].answers());
          }
        };
        for (const next of history) {
          if (next === 'answer') answer();
          else if (next === 'restart') state = restarted(state);
          else {
            budget.evolve(state, next.news);
            naive[next.news.tenant as 'acme' | 'other'].fold(next.news);
          }
        }
        answer();
        for (const tenant of ['acme', 'other'] as const)
          expect(sums(state, tenant)).toEqual(naive[tenant].sums());
      }),
      { numRuns: RUNS },
    );
    expect(operations).toBeGreaterThanOrEqual(LEAST_OPERATIONS);
  },
);
