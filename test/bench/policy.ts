/**
 * `npm run bench policy`: what one decision costs, our core beside other policy engines in the same process and run. All
 * are given the same rules and calls and are held to the same answers; each figure is thread time, the best of several rounds. `--json` prints the figures.
 */
import Table from 'cli-table3';
import { invariant } from '@writ/contracts';
import type { AskedCall } from '@writ/policy';
import { measureBacktest } from './policy/backtest.ts';
import { casbin, cedar, celJs, writ } from './policy/engines.ts';
import type { Engine } from './policy/engines.ts';
import { threadMilliseconds } from './policy/thread-time.ts';
import { callsOf, rulesOf } from './policy/rules.ts';

/** How long one round of one engine may take. */
const ROUND_MS = 250;
const ROUNDS = 5;
const CALLS = 4_000;

const MOST_MICROSECONDS = { 100: 5, 10_000: 25 } as const;
const LEAST_FACTOR = 5;
const LEAST_BACKTEST = 20_000;

interface Measured {
  readonly engine: string;
  readonly rules: number;
  readonly microseconds: number;
}

const calls = callsOf(CALLS);
const measured: Measured[] = [];
for (const count of [100, 10_000]) {
  const rules = rulesOf(count);
  const engines = [writ(rules), celJs(rules), cedar(rules), await casbin(rules)];
  agree(engines, calls.slice(0, count > 1_000 ? 64 : CALLS));
  // Round by round, so that a busy moment of the machine meets all of them.
  const best = engines.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round++)
    engines.forEach((engine, index) => (best[index] = Math.min(best[index] ?? 0, measure(engine, calls))));
  engines.forEach(({ name }, index) =>
    measured.push({ engine: name, rules: count, microseconds: best[index] ?? 0 }),
  );
}
report(measured, measureBacktest(), process.argv.includes('--json'));

/** Every engine gives every call the same answer, and both answers occur. */
function agree(engines: readonly Engine[], some: readonly AskedCall[]): void {
  const answers = new Set<boolean>();
  for (const call of some) {
    const [first, ...others] = engines.map((engine) => engine.allows(call));
    invariant(
      first !== undefined && others.every((one) => one === first),
      `the engines differ about ${JSON.stringify(call)}: ${[first, ...others].join(', ')}`,
    );
    answers.add(first);
  }
  invariant(answers.size === 2, 'all calls have the same answer');
}

/** Microseconds a decision. */
function measure({ allows }: Engine, asked: readonly AskedCall[]): number {
  let decisions = 0;
  let elapsed = 0;
  const start = threadMilliseconds();
  while (elapsed < ROUND_MS) {
    for (let some = 0; some < 64; some++) allows(asked[decisions++ % asked.length] as AskedCall);
    elapsed = threadMilliseconds() - start;
  }
  return (elapsed * 1_000) / decisions;
}

function report(figures: readonly Measured[], backtest: number, json: boolean): void {
  const of = (engine: string, rules: number): number =>
    figures.find((one) => one.engine === engine && one.rules === rules)?.microseconds ?? Number.NaN;
  const peers = figures.filter(({ engine, rules }) => engine !== 'writ' && rules === 100);
  const fastest = Math.min(...peers.map(({ microseconds }) => microseconds));
  const bars = [
    bar('100 rules, us a decision', of('writ', 100), '<=', MOST_MICROSECONDS[100]),
    bar('100 rules, times as fast as the fastest peer', fastest / of('writ', 100), '>=', LEAST_FACTOR),
    bar('10,000 rules, us a decision', of('writ', 10_000), '<=', MOST_MICROSECONDS[10_000]),
    bar('backtest, decisions a second', backtest, '>=', LEAST_BACKTEST),
  ];
  if (json) {
    console.log(JSON.stringify({ figures, bars }, undefined, 2));
    return;
  }
  const table = new Table({
    head: ['engine', 'rules', 'us a decision'],
    colAligns: ['left', 'right', 'right'],
  });
  for (const { engine, rules, microseconds } of figures)
    table.push([engine, rules.toLocaleString('en'), microseconds.toFixed(2)]);
  console.log(table.toString());
  const judged = new Table({ head: ['bar', 'measured', 'wanted', ''] });
  for (const { name, value, wanted, met } of bars)
    judged.push([name, value.toFixed(2), wanted, met ? 'met' : 'NOT MET']);
  console.log(judged.toString());
}

function bar(name: string, value: number, sign: '<=' | '>=', bound: number) {
  return { name, value, wanted: `${sign} ${bound}`, met: sign === '<=' ? value <= bound : value >= bound };
}
