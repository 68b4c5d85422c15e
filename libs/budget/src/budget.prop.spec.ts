/**
 * The budget against a naive ledger of accounts that keeps every open hold in one list and adds it up each time. Random
 * trees, verdicts, ends, late and repeated completions, redefinitions and restarts; both must answer alike, and at
 * every hold what is spent and held stays within the limit in force.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { budgetSpec } from '@writ/contracts';
import type { BudgetLimit, Fact, RecordedFact, TenantId, ToolName } from '@writ/contracts';
import { NaiveLedger } from '../test/naive-ledger.ts';
import { answersOf } from '../test/scenario.ts';
import { balances, budget } from './index.ts';
import type { BudgetState } from './index.ts';

/** `WRIT_BUDGET_OPERATIONS=2000000 npx vitest run --project unit libs/budget` looks longer. */
const LEAST_OPERATIONS = Number(process.env['WRIT_BUDGET_OPERATIONS'] ?? 100_000);
const MOST_PER_HISTORY = 3_000;
/** Histories are half as long as the longest on average. */
const RUNS = Math.ceil((1.6 * LEAST_OPERATIONS) / (MOST_PER_HISTORY / 2)) + 20;
const TIMEOUT_MS = 60_000 + LEAST_OPERATIONS;
const PATHS = ['/', 'p', 'q', 'p/c', 'q/d', 'c', 'd', 'x', 'x/y/z'];
const ENDS = ['approval.denied', 'approval.expired', 'schedule.refused', 'invocation.cancelled'];
const NO_ENDS = ['schedule.indeterminate', 'request.rejected', 'leader.elected'];
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/Sao_Paulo',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Apia',
];
/** Hours before a clock changes, a month ends, a leap day begins, and a day that Samoa left out. */
const STARTS = [
  '2026-03-28T22:00Z',
  '2026-10-24T20:00Z',
  '2026-04-04T12:00Z',
  '2026-01-31T20:00Z',
  '2028-02-28T20:00Z',
]
  .concat('2011-12-29T20:00Z')
  .map((text) => Date.parse(text));

type Operation = { readonly news: RecordedFact } | { readonly passMs: number } | 'answer' | 'restart';

/** `at` is how long before the present the server has stored the fact. */
const news = (type: string, data: fc.Arbitrary<object>): fc.Arbitrary<Operation> =>
  fc
    .tuple(fc.constantFrom('acme', 'other'), data, fc.constantFrom(0, 0, 0, 1_500))
    .map(([tenant, payload, at]) => ({
      news: { type, tenant, origin: 'test', seq: 1, at, data: payload } as unknown as RecordedFact,
    }));
const weighted = (weight: number, arbitrary: fc.Arbitrary<Operation>) => ({ weight, arbitrary });

const invocation = fc.nat(30).map((id) => `call-${id}`);
const agent = fc.constant('ada');
const tool = fc.constantFrom('dock', 'fold');
const some = <T>(values: fc.Arbitrary<T>) =>
  fc.record({ usd: values, calls: values, storage: values }, { requiredKeys: [] });
const amounts = some(fc.nat(4_000_000).map(String));
const ceilings = fc
  .tuple(amounts, fc.constantFrom({}, { other: '0' }))
  .map((parts) => Object.assign({}, ...parts));
/** Tight ones refuse, wide ones let a history go on. */
const hard = fc.oneof(fc.nat(15), fc.nat(1_000));
const soft = fc.constantFrom(
  {},
  { soft: 0.5, overdraft: 'recorded' as const },
  { soft: 0.8, overdraft: 'escalated' as const },
);
const scope = fc.constantFrom(
  {},
  { tool: 'dock' as ToolName },
  { undeclared: 'refused' as const },
  { undeclared: 'allowed' as const },
);
const window = fc.oneof(
  fc.constant({}),
  fc.record({
    per: fc.constantFrom('hour' as const, 'day' as const, 'month' as const),
    timeZone: fc.constantFrom(...ZONES),
  }),
  fc.record({ rollingMinutes: fc.constantFrom(1, 60, 1_440) }),
);
const limit = (windows: fc.Arbitrary<object>) =>
  fc.oneof(
    hard,
    fc
      .tuple(
        hard.map((most) => ({ hard: most })),
        soft,
        scope,
        windows,
      )
      .map((parts): BudgetLimit => Object.assign({}, ...parts)),
  );
const limits = fc.record(
  {
    usd: fc.oneof(
      limit(window),
      fc.array(
        limit(window).filter((one) => typeof one === 'object'),
        { minLength: 1, maxLength: 3 },
      ),
    ),
    calls: limit(window),
    storage: limit(fc.constant({})),
  },
  { requiredKeys: [] },
);
const budgets = fc
  .record({
    account: fc.constantFrom(...PATHS),
    parent: fc.constantFrom(undefined, undefined, ...PATHS),
    limits,
    alerts: fc.subarray([0.25, 0.5, 0.8, 1]),
  })
  .filter((one) => budgetSpec.safeParse(one).success);
const project = fc.constantFrom('p', 'q', 'c');
const campaign = fc.constantFrom('c', 'd', undefined);
const verdict = fc.constantFrom('allow', 'require-approval', 'allow', 'deny');
const justification = fc.constantFrom(undefined, 'the last batch');
const digest = fc.constantFrom('sha256:00', 'sha256:11', 'sha256:22');
const outputRef = fc
  .constantFrom(undefined, undefined, 3, 9)
  .chain((bytes) =>
    bytes === undefined ? fc.constant(undefined) : digest.map((one) => ({ digest: one, bytes })),
  );
const ask = { invocation, agent, tool, verdict, project, campaign, ceiling: ceilings, justification };

const operation: fc.Arbitrary<Operation> = fc.oneof(
  weighted(3, news('budget.defined', fc.record({ budget: budgets }))),
  weighted(1, news('budget.retired', fc.record({ account: fc.constantFrom(...PATHS) }))),
  weighted(12, news('policy.decided', fc.record({ ...ask, argsDigest: fc.constant('sha256:00') }))),
  weighted(8, news('execution.completed', fc.record({ invocation, agent, usage: amounts, outputRef }))),
  weighted(2, news('approval.granted', fc.record({ invocation }))),
  weighted(1, news('payload.removed', fc.record({ digest }))),
  weighted(
    1,
    news('storage.returned', fc.record({ project, campaign, amount: fc.nat(9_000_000).map(String) })),
  ),
  ...ENDS.map((type) => weighted(1, news(type, fc.record({ invocation, agent })))),
  ...NO_ENDS.map((type) => weighted(1, news(type, fc.record({ invocation, agent })))),
  weighted(14, fc.constant<Operation>('answer')),
  weighted(1, fc.constant<Operation>('restart')),
  weighted(
    4,
    fc.nat(7_200_000).map((passMs) => ({ passMs })),
  ),
  weighted(
    1,
    fc.oneof(fc.nat(3 * 86_400_000), fc.nat(90_000)).map((passMs) => ({ passMs })),
  ),
);
const history = fc.tuple(
  fc.constantFrom(...STARTS),
  fc.array(operation, { minLength: 1, maxLength: MOST_PER_HISTORY, size: 'max' }),
);

/** A restart may come while answers are owed; the state that is read back has the same text. */
function restarted(state: BudgetState): BudgetState {
  const text = JSON.stringify(budget.snapshot(state));
  const again = budget.restore(JSON.parse(text));
  if (JSON.stringify(budget.snapshot(again)) !== text)
    throw new Error(`restored otherwise than saved: ${text}`);
  return again;
}

/** By text, because `expect` over a million facts takes longer than all else; what is for people is left out. */
function assertAlike(facts: readonly object[], expected: readonly object[]): void {
  const text = JSON.stringify(facts, (key, value: unknown) =>
    key === 'detail' || key === 'fitsAtMs' ? undefined : value,
  );
  if (text !== JSON.stringify(expected)) throw new Error(`${text} instead of ${JSON.stringify(expected)}`);
}

const TENANTS = ['acme', 'other'] as const;

/** Both ledgers, side by side through one history. */
class Pair {
  #state = budget.initial();
  /** How many refusals said when they would fit. */
  told = 0;
  readonly #naive = { acme: new NaiveLedger('acme'), other: new NaiveLedger('other') };
  #now: number;

  constructor(start: number) {
    this.#now = start;
  }

  step(next: Operation): void {
    if (next === 'answer') this.answer();
    else if (next === 'restart') this.#state = restarted(this.#state);
    else if ('passMs' in next) this.#now += next.passMs;
    else {
      const fact = { ...next.news, at: this.#now - next.news.at };
      budget.evolve(this.#state, fact);
      if (!budget.folds?.has(fact.type)) return;
      this.#advance(fact.at);
      this.#naive[fact.tenant as 'acme' | 'other'].fold(fact);
    }
  }

  answer(): void {
    const got = answersOf(this.#state, this.#now);
    if (got.length > 0) this.#advance(this.#now);
    if (got.length === 1) this.#assertFits(got[0] as Fact);
    for (const tenant of TENANTS) {
      const facts = got.filter((fact) => fact.tenant === tenant);
      assertAlike(facts, this.#naive[tenant].answers());
    }
  }

  compareSums(): void {
    this.#advance(this.#now);
    for (const tenant of TENANTS) expect(this.#sums(tenant)).toEqual(this.#naive[tenant].sums());
  }

  /** What a refusal says about the clock: enough is free then, and was not a moment before. */
  #assertFits({ type, tenant, data }: Fact): void {
    if (type !== 'budget.refused' || data.fitsAtMs === undefined) return;
    const freeAt = (at: number): bigint | undefined =>
      balances(this.#state, tenant, at, data.account).find(
        (one) => one.unit === data.unit && one.window === data.window && one.tool === data.tool,
      )?.free;
    expect(freeAt(data.fitsAtMs)).toBeGreaterThanOrEqual(BigInt(data.asked ?? 0));
    expect(freeAt(data.fitsAtMs - 1)).toBeLessThan(BigInt(data.asked ?? 0));
    this.told++;
  }

  #advance(now: number): void {
    for (const tenant of TENANTS) this.#naive[tenant].advance(now);
  }

  #sums(tenant: string): string[] {
    return balances(this.#state, tenant as TenantId, this.#now)
      .map(({ account, unit, tool: only, window: name, limit: most, spent, held, overrun, debt }) => {
        const which = { account, unit, ...(only ? { tool: only } : {}), ...(name ? { window: name } : {}) };
        return [JSON.stringify(which), most, spent, held, overrun, debt].join(' ');
      })
      .sort();
  }
}

it(
  'any history: answers as a naive ledger of accounts does, and never holds more than there is',
  { timeout: TIMEOUT_MS },
  () => {
    let operations = 0;
    let told = 0;
    fc.assert(
      fc.property(history, ([start, steps]) => {
        operations += steps.length;
        const pair = new Pair(start);
        for (const next of steps) pair.step(next);
        pair.answer();
        pair.compareSums();
        told += pair.told;
      }),
      { numRuns: RUNS },
    );
    expect(operations).toBeGreaterThanOrEqual(LEAST_OPERATIONS);
    expect(told).toBeGreaterThan(0);
  },
);
