/**
 * What policies read of balances is what the budget has, whatever happened: any tree, windows that end, limits for one tool,
 * stored outputs, rules that begin and cease to read balances, a budget that lags behind, restarts of either core. fast-check
 * prints the seed of a failure; `WRIT_BALANCES_RUNS=5000` looks longer.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { budgetSpec, digestOf, policyRule, toolSpec } from '@writ/contracts';
import { Cell, SHOWN } from './cell.ts';

const RUNS = Number(process.env['WRIT_BALANCES_RUNS'] ?? 800);
const TIMEOUT_MS = 60_000 + RUNS * 100;
const MOST_STEPS = 300;
/** A clock that changes, a month that ends. */
const STARTS = ['2026-03-28T22:00Z', '2026-10-24T20:00Z', '2026-01-31T20:00Z'].map((text) =>
  Date.parse(text),
);
const PATHS = ['/', 'p', 'q', 'p/c', 'c', 'x'];

const POLICIES = [
  ...Object.entries(SHOWN).map(([name, condition]) => ({
    name,
    condition,
    action: 'deny',
    mode: 'shadow',
  })),
  { name: 'any', condition: 'false', action: 'deny' },
].map((rule) => policyRule.parse(rule));
const published = (balances: object) => ({
  type: 'policy.published' as const,
  data: { bundle: digestOf(POLICIES), policies: POLICIES, ...balances },
});
const publish = fc
  .constantFrom({}, { balances: 'stated' }, { balances: 'stated' })
  .map((balances) => published(balances));
const TOOLS = ['dock', 'fold'].map((name) =>
  toolSpec.parse({
    name,
    class: 'READ_ONLY',
    adapter: { kind: 'module', module: 'x.mjs' },
    cost: { usd: 'args.usd', ...(name === 'dock' ? { storage: 'args.bytes' } : {}), other: 0 },
  }),
);

type Step = (cell: Cell, place: number) => void;
type Amounts = Readonly<Record<string, string>>;

const step = <T>(
  weight: number,
  values: fc.Arbitrary<T>,
  run: (cell: Cell, value: T, place: number) => void,
) => ({
  weight,
  arbitrary: values.map(
    (value): Step =>
      (cell, place) =>
        run(cell, value, place),
  ),
});
const nothing = fc.constant(undefined);

const window = fc.constantFrom(
  {},
  {},
  { per: 'hour', timeZone: 'Europe/Berlin' },
  { per: 'day', timeZone: 'America/Sao_Paulo' },
  { rollingMinutes: 1 },
  { rollingMinutes: 60 },
  { rollingMinutes: 60 },
);
const scope = fc.constantFrom({}, {}, { tool: 'dock' });
const soft = fc.constantFrom(
  {},
  {},
  { soft: 0.3, overdraft: 'recorded' },
  { soft: 0.5, overdraft: 'escalated' },
);
const hard = fc.oneof(fc.nat(12), fc.nat(400)).map((most) => ({ hard: most, undeclared: 'allowed' }));
const limit = (windows: fc.Arbitrary<object>) =>
  fc.tuple(hard, scope, soft, windows).map((parts) => Object.assign({}, ...parts) as object);
const budgets = fc
  .record({
    account: fc.constantFrom(...PATHS),
    parent: fc.constantFrom(undefined, undefined, ...PATHS),
    alerts: fc.constant([]),
    limits: fc.record(
      {
        usd: fc.array(limit(window), { minLength: 1, maxLength: 3 }),
        calls: limit(window),
        storage: limit(fc.constant({})),
      },
      { requiredKeys: [] },
    ),
  })
  .filter((one) => budgetSpec.safeParse(one).success);
const amounts = fc.record(
  { usd: fc.nat(4_000_000).map(String), storage: fc.nat(3_000_000).map(String) },
  { requiredKeys: [] },
);
const digest = fc.constantFrom(...['a', 'b', 'c'].map((name) => digestOf(name)));
const output = fc.option(fc.record({ digest, bytes: fc.constantFrom(3, 9) }), { nil: undefined });
const campaign = fc.constantFrom({}, { campaign: 'c' });
const request = fc.record({
  project: fc.constantFrom('p', 'q'),
  campaign,
  why: fc.constantFrom({}, { justification: 'the last batch' }),
  tool: fc.constantFrom('dock', 'fold'),
  inputs: fc.record({ usd: fc.nat(4), bytes: fc.nat(3) }),
});
/** One of the latest calls, whatever has become of it. */
const earlier = fc.nat(12);
const nameOf = (place: number): string => `call-${place}`;
const ended = (cell: Cell, type: string, place: number, back: number, more: object): void =>
  cell.append({ type, data: { invocation: nameOf(place - back), agent: 'ada', ...more } } as never, 'e1');

const steps = fc.oneof(
  step(12, request, (cell, { project, campaign: named, why, tool, inputs }, place) =>
    cell.append(
      {
        type: 'tool.requested',
        data: {
          project,
          ...named,
          ...why,
          priority: 'normal',
          calls: [{ invocation: nameOf(place), tool, inputs }],
        },
      } as never,
      'ada',
    ),
  ),
  step(10, fc.tuple(earlier, amounts, output), (cell, [back, usage, outputRef], place) =>
    ended(cell, 'execution.completed', place, back, {
      usage,
      outcome: 'succeeded',
      ...(outputRef ? { outputRef } : {}),
    }),
  ),
  step(1, fc.tuple(earlier, amounts), (cell, [back, usage]: [number, Amounts], place) =>
    ended(cell, 'execution.attempted', place, back, { usage, argsDigest: digestOf({}) }),
  ),
  step(1, fc.tuple(earlier, amounts), (cell, [back, used]: [number, Amounts], place) =>
    ended(cell, 'schedule.resolved', place, back, { used, outcome: 'failed', by: 'eve' }),
  ),
  step(2, earlier, (cell, back, place) =>
    ended(cell, 'schedule.refused', place, back, { reason: 'deadline' }),
  ),
  step(1, digest, (cell, one) =>
    cell.append({ type: 'payload.removed', data: { digest: one } } as never, 'op'),
  ),
  step(1, fc.tuple(campaign, amounts), (cell, [named, { usd = '1' }]) =>
    cell.append(
      { type: 'storage.returned', data: { project: 'p', ...named, amount: usd, reason: 'gone' } } as never,
      'op',
    ),
  ),
  step(1, budgets, (cell, budget) =>
    cell.append({ type: 'budget.defined', data: { budget } } as never, 'op'),
  ),
  step(1, fc.constantFrom(...PATHS), (cell, account) =>
    cell.append({ type: 'budget.retired', data: { account } }, 'op'),
  ),
  step(1, publish, (cell, told) => cell.append(told as never, 'op')),
  step(14, fc.constantFrom(1, 2, 5, 50), (cell, most) => cell.catchUp(most)),
  step(4, fc.oneof(fc.nat(90_000), fc.nat(900_000), fc.nat(7_200_000)), (cell, ms) => void (cell.now += ms)),
  step(1, nothing, (cell) => cell.restartPolicy()),
  step(1, nothing, (cell) => cell.restartBudget()),
);

it(
  'any history: a decision sees the balances that the budget has, all before its request in them',
  { timeout: TIMEOUT_MS },
  () => {
    let compared = 0;
    let waited = 0;
    const first = fc.tuple(
      publish,
      ...[0, 1, 2].map(() => budgets.map((budget) => ({ type: 'budget.defined', data: { budget } }))),
    );
    const history = fc.array(steps, { minLength: 1, maxLength: MOST_STEPS, size: 'max' });
    fc.assert(
      fc.property(fc.constantFrom(...STARTS), first, history, (start, begin, happenings) => {
        const cell = new Cell(start);
        for (const tool of TOOLS) cell.append({ type: 'tool.registered', data: { tool } }, 'op');
        for (const told of begin) cell.append(told as never, 'op');
        happenings.forEach((happening, place) => happening(cell, place));
        while (cell.isBehind) cell.catchUp(50);
        expect([...cell.open.keys()]).toEqual([]);
        compared += cell.compared;
        waited += cell.waited;
      }),
      { numRuns: RUNS },
    );
    expect(compared).toBeGreaterThan(RUNS);
    expect(waited).toBeGreaterThan(RUNS / 2);
  },
);
