/**
 * `npm run bench budget`: what the budget's core costs with 10,000 accounts and 100,000 open holds. A decision is all
 * that one call costs it: the verdict folded, the answer found over every account on the call's way, the answer folded.
 * Best of many rounds, because what else a shared machine does is not the core's. `--json` prints the figures.
 */
import { budget } from '@writ/budget';
import type { BudgetState } from '@writ/budget';
import { budgetSpec } from '@writ/contracts';
import type { BudgetSpec, RecordedFact } from '@writ/contracts';
import Table from 'cli-table3';

const PROJECTS = 100;
const CAMPAIGNS_PER_PROJECT = 99;
const OPEN_HOLDS = 100_000;
const SETTLED = 1_000_000;
/** Rounds are short, so that the best of them had the core for itself. */
const ROUNDS = 1_000;
const CALLS_PER_ROUND = 250;
const SNAPSHOTS = 5;
/** A million calls are eight hours. */
const MS_BETWEEN_CALLS = 30;
const START = Date.parse('2026-11-21T08:00:00Z');

const MOST_MICROSECONDS = 5;
const MOST_SECONDS = 2;
/** Of the state's text, by a million settled invocations once the windows are full: sums get longer digits. */
const MOST_GROWTH = 0.05;

let calls = 0;
let now = START;

function fact(type: string, data: object): RecordedFact {
  const recorded = { type, tenant: 'acme', origin: 'bench', seq: 1, at: now, data };
  return recorded as unknown as RecordedFact;
}

function accounts(): BudgetSpec[] {
  const limits = {
    usd: { hard: 1e12, per: 'month', timeZone: 'Europe/Berlin', soft: 0.9, overdraft: 'recorded' },
    'node-hours': 1e12,
    calls: [
      { hard: 1e12, per: 'day' },
      { hard: 1e12, rollingMinutes: 60 },
    ],
  };
  const paths = ['/'];
  for (let project = 0; project < PROJECTS; project++) {
    paths.push(`p${project}`);
    for (let campaign = 0; campaign < CAMPAIGNS_PER_PROJECT; campaign++)
      paths.push(`p${project}/c${campaign}`);
  }
  return paths.map((account) => budgetSpec.parse({ account, limits, alerts: [0.5, 0.8] }));
}

/** One call of a campaign by turns; a ceiling as policy computes it. */
function verdict(usd = '250000'): RecordedFact {
  const call = calls++;
  return fact('policy.decided', {
    invocation: `call-${call}`,
    agent: 'ada',
    tool: 'dock',
    verdict: 'allow',
    argsDigest: 'sha256:00',
    project: `p${call % PROJECTS}`,
    campaign: `c${call % CAMPAIGNS_PER_PROJECT}`,
    ceiling: {
      usd,
      'node-hours': '1500000',
      calls: '1000000',
    },
  });
}

function completion(call: number): RecordedFact {
  const usage = { usd: '200000', 'node-hours': '900000', calls: '1000000' };
  return fact('execution.completed', { invocation: `call-${call}`, agent: 'ada', attempt: 1, usage });
}

/** Folds news and answers until nothing is owed; how many answers of the wanted type there were. */
function decide(state: BudgetState, news: RecordedFact, wanted: string): number {
  budget.evolve(state, news);
  let answers = 0;
  for (
    let [answer] = budget.react(state, now, undefined);
    answer;
    [answer] = budget.react(state, now, undefined)
  ) {
    if (answer.type === wanted) answers++;
    budget.evolve(state, { ...answer, origin: 'budget', seq: 0, at: now });
  }
  return answers;
}

/** Microseconds a decision; `undo` restores the number of open holds outside of what is timed. */
function measure(
  state: BudgetState,
  next: () => RecordedFact,
  wanted: string,
  undo: (call: number) => void,
): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const first = calls;
    const news = Array.from({ length: CALLS_PER_ROUND }, next);
    const begin = performance.now();
    let answers = 0;
    for (const one of news) answers += decide(state, one, wanted);
    best = Math.min(best, ((performance.now() - begin) * 1_000) / CALLS_PER_ROUND);
    if (answers !== CALLS_PER_ROUND) throw new Error(`${answers} of ${CALLS_PER_ROUND} are ${wanted}`);
    for (let call = first; call < calls; call++) undo(call);
  }
  return best;
}

/** What this thread has computed, collecting garbage included. */
function cpuMicroseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

/** The best of so many times. */
function timed<T>(work: () => T, times = 1): { readonly value: T; readonly seconds: number } {
  const begin = cpuMicroseconds();
  const value = work();
  const seconds = (cpuMicroseconds() - begin) / 1e6;
  if (times === 1) return { value, seconds };
  return { value, seconds: Math.min(seconds, timed(work, times - 1).seconds) };
}

const state = budget.initial();
for (const one of accounts()) budget.evolve(state, fact('budget.defined', { budget: one }));
while (calls < OPEN_HOLDS) decide(state, verdict(), 'budget.reserved');
const settleOne = (call: number): void => void budget.evolve(state, completion(call));

const reserved = measure(state, () => verdict(), 'budget.reserved', settleOne);
const tooMuch = '2000000000000000000';
const refused = measure(
  state,
  () => verdict(tooMuch),
  'budget.refused',
  () => {},
);
// The windows fill first: what they hold then is what they hold for ever.
settleMany(SETTLED / 4);
const before = JSON.stringify(budget.snapshot(state)).length;
const settled = timed(() => settleMany(SETTLED));
const saved = timed(() => JSON.stringify(budget.snapshot(state)), SNAPSHOTS);
const restored = timed(() => budget.restore(JSON.parse(saved.value)), SNAPSHOTS);
if (JSON.stringify(budget.snapshot(restored.value)) !== saved.value)
  throw new Error('the restored state differs from the saved one');
report();

/** As many calls, one after the other, spread over hours. */
function settleMany(count: number): void {
  for (let done = 0; done < count; done++) {
    now += MS_BETWEEN_CALLS;
    decide(state, verdict(), 'budget.reserved');
    settleOne(calls - 1);
  }
}

function report(): void {
  const growth = saved.value.length / before - 1;
  const bars = [
    bar('a decision that holds, us', reserved, MOST_MICROSECONDS),
    bar('a decision that refuses, us', refused, MOST_MICROSECONDS),
    bar(`growth of the state by ${SETTLED.toLocaleString('en')} settled calls`, growth, MOST_GROWTH),
    bar('snapshot and restore, CPU s', saved.seconds + restored.seconds, MOST_SECONDS),
  ];
  const figures = {
    accounts: 1 + PROJECTS * (1 + CAMPAIGNS_PER_PROJECT),
    openHolds: OPEN_HOLDS,
    settledPerCpuSecond: SETTLED / settled.seconds,
    snapshotCpuSeconds: saved.seconds,
    restoreCpuSeconds: restored.seconds,
    snapshotMegabytes: saved.value.length / 1_048_576,
  };
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify({ figures, bars }, undefined, 2));
    return;
  }
  const table = new Table({ head: ['what', 'measured'], colAligns: ['left', 'right'] });
  for (const [name, value] of Object.entries(figures))
    table.push([name, value.toLocaleString('en', { maximumFractionDigits: 2 })]);
  console.log(table.toString());
  const judged = new Table({ head: ['bar', 'measured', 'wanted', ''] });
  for (const { name, value, wanted, met } of bars)
    judged.push([name, value.toFixed(3), wanted, met ? 'met' : 'NOT MET']);
  console.log(judged.toString());
}

function bar(name: string, value: number, bound: number) {
  return { name, value, wanted: `<= ${bound}`, met: value <= bound };
}
