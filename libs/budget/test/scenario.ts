/**
 * Given what a budget has seen, when news arrives together, then these are its answers. Facts are written in whole
 * units of tenant "acme", agent "ada".
 */
import { expect } from 'vitest';
import { toMicros } from '@writ/contracts';
import type { BudgetSpec, Fact, RecordedFact, TenantId } from '@writ/contracts';
import { balances, budget } from '../src/index.ts';
import type { BudgetState } from '../src/index.ts';

const TENANT = 'acme' as TenantId;
/** More than any test owes: a core that answers for ever fails instead of hanging. */
const MOST_ANSWERS = 100_000;
type Limits = Record<string, number>;

export const fact = (type: string, data: object, tenant: string = TENANT): RecordedFact =>
  ({ type, tenant, origin: 'test', seq: 1, at: 1_000, data }) as unknown as RecordedFact;
const micros = (amounts: Limits) =>
  Object.fromEntries(Object.entries(amounts).map(([unit, value]) => [unit, toMicros(value).toString()]));

/** The same fact at another time: `at('2026-03-29T01:00:00Z', allowed('a', { usd: 1 }))`. */
export const at = (instant: string, one: RecordedFact): RecordedFact => ({ ...one, at: Date.parse(instant) });

export const account = (
  path: string,
  limits: BudgetSpec['limits'],
  alerts: number[] = [],
  more: Partial<BudgetSpec> = {},
) => fact('budget.defined', { budget: { account: path, limits, alerts, ...more } });
export const retired = (path: string) => fact('budget.retired', { account: path });
export const decided = (
  verdict: string,
  invocation: string,
  ceiling: Limits,
  project = 'lab',
  campaign?: string,
  more: { readonly tool?: string; readonly justification?: string } = {},
) =>
  fact('policy.decided', {
    invocation,
    agent: 'ada',
    tool: 'dock',
    argsDigest: 'sha256:00',
    verdict,
    project,
    ...(campaign === undefined ? {} : { campaign }),
    ceiling: micros(ceiling),
    ...more,
  });
export const allowed = (
  invocation: string,
  ceiling: Limits,
  project?: string,
  campaign?: string,
  more?: Parameters<typeof decided>[5],
) => decided('allow', invocation, ceiling, project, campaign, more);
/** Allowed, and its agent says why it needs the call. */
export const justified = (invocation: string, ceiling: Limits, tool = 'dock') =>
  allowed(invocation, ceiling, 'lab', undefined, { tool, justification: 'the last batch' });
export const completed = (invocation: string, usage: Limits, more: object = {}) =>
  fact('execution.completed', {
    invocation,
    attempt: 1,
    agent: 'ada',
    outcome: 'succeeded',
    usage: micros(usage),
    ...more,
  });
/** An attempt that another one follows. */
export const attempted = (invocation: string, usage: Limits) =>
  fact('execution.attempted', {
    ...(completed(invocation, usage).data as object),
    outcome: 'failed',
    argsDigest: 'sha256:00',
    cause: 'failed',
    waitMs: 0,
  });
export const ended = (type: string, invocation: string) => fact(type, { invocation, agent: 'ada' });

const linesOf = (lines: readonly [string, Limits][]) =>
  lines.flatMap(([path, amounts]) =>
    Object.entries(micros(amounts)).map(([unit, amount]) => ({ account: path, unit, amount })),
  );
const answer = (type: string, data: object) => ({ type, tenant: TENANT, data }) as unknown as Fact;
export const reserved = (invocation: string, ...holds: [string, Limits][]) =>
  answer('budget.reserved', {
    invocation,
    holds: linesOf(holds),
  });
export const released = (invocation: string, reason: string) =>
  answer('budget.released', { invocation, reason });
export const adjusted = (invocation: string, ...lines: [string, Limits][]) =>
  answer('budget.adjusted', { invocation, reason: 'overrun', lines: linesOf(lines) });
export const alerted = (path: string, unit: string, share: number, used: number, limit: number) =>
  answer('budget.alerted', { account: path, unit, share, ...micros({ used, limit }) });

/** An answer as it is read back from the ledger. */
export const recorded = ({ type, data }: Fact, tenant?: string) => fact(type, data, tenant);

/** Everything the budget owes at `now`, folded as it is answered. */
export function answersOf(state: BudgetState, now = 0): Fact[] {
  const all: Fact[] = [];
  for (let owed = budget.react(state, now, undefined); owed[0]; owed = budget.react(state, now, undefined)) {
    for (const one of owed) budget.evolve(state, { ...one, origin: 'budget', seq: 0, at: now });
    all.push(...owed);
    if (all.length > MOST_ANSWERS) throw new Error(`answers for ever: ${JSON.stringify(owed)}`);
  }
  return all;
}

function answers(state: BudgetState, facts: readonly RecordedFact[]): Fact[] {
  for (const one of facts) budget.evolve(state, one);
  return answersOf(state);
}

type Sums = Partial<Record<'limit' | 'spent' | 'held' | 'free' | 'overrun' | 'debt' | 'overdraft', number>>;

/** Each given fact is answered before the next; what comes in `when` arrives together. */
export function given(...facts: RecordedFact[]) {
  const when = (...news: RecordedFact[]) => {
    const state = budget.initial();
    for (const one of facts) answers(state, [one]);
    const got = answers(state, news);
    return {
      got,
      then: (...expected: Fact[]) => expect(got).toEqual(expected),
      thenRefused: (data: object) => expect(got).toMatchObject([{ type: 'budget.refused', data }]),
      balance: (path: string, unit: string, sums: Sums, now = 0) => {
        const found = balances(state, TENANT, now, path).find((one) => one.unit === unit);
        const expected = Object.entries(sums).map(([name, value]) => [name, toMicros(value)]);
        expect(found).toMatchObject(Object.fromEntries(expected));
      },
    };
  };
  return { when };
}
