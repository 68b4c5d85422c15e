/**
 * Random bundles over random calls, against an evaluator that was written from the documentation alone. The size is
 * `WRIT_DIFFERENTIAL_PAIRS` (pairs of a bundle and a call), the seed `WRIT_DIFFERENTIAL_SEED`.
 */
import { expect, it } from 'vitest';
import { NaiveTenant } from '../test/reference/naive-tenant.ts';
import type { Verdict } from '../test/reference/naive-tenant.ts';
import { dice, randomRules } from '../test/reference/random-rules.ts';
import type { Dice } from '../test/reference/random-rules.ts';
import { START, tool } from '../test/scenario.ts';
import { Trial, askedCall } from './index.ts';
import type { AskedCall } from './index.ts';

const PAIRS = Number(process.env['WRIT_DIFFERENTIAL_PAIRS'] ?? 200_000);
const SEED = Number(process.env['WRIT_DIFFERENTIAL_SEED'] ?? 2_026);
const CALLS_PER_BUNDLE = 50;

const TOOLS = [
  tool('read', { labels: { team: 'red' } }),
  tool('run', { class: 'NETWORK', cost: { 'node-hours': '0.5 node-hours * args.n' } }),
  tool('wipe', { class: 'DESTRUCTIVE' }),
  tool('mystery', { class: undefined, labels: { team: 'ab' } }),
];

function randomEnvironment(random: Dice) {
  return {
    ...(random.roll(2) ? { production: random.pick([true, false, 'yes']) } : {}),
    ...(random.roll(2) ? { level: random.pick([0, 1.5, 3, 'x']) } : {}),
  };
}

function randomCall(random: Dice, index: number): AskedCall {
  const name = random.pick(['read', 'run', 'wipe', 'mystery', 'read', 'none']);
  const number = () => random.pick([0, 1, 2, 2.5, 4]);
  const inputs = {
    // What a call may cost follows from `n`.
    ...(name === 'run' || random.roll(3)
      ? { n: name === 'run' ? number() : random.pick([number(), 'x', true]) }
      : {}),
    ...(random.roll(2) ? { m: number() } : {}),
    ...(random.roll(2) ? { s: random.pick(['a', 'ab', '', 3]) } : {}),
    ...(random.roll(2) ? { flag: random.pick([true, false, 'no']) } : {}),
    ...(random.roll(2) ? { list: random.pick([[], [1, 2], [3, 'x'], 'abc']) } : {}),
  };
  return askedCall(`call-${index}`, random.pick(['ada', 'bob']), name, inputs, {
    project: random.pick(['lab', 'x']),
    priority: 'normal',
    ...(random.roll(2) ? { campaign: random.pick(['a', 'b']) } : {}),
    ...(random.roll(2) ? { justification: 'because' } : {}),
  });
}

function verdictOf(trial: Trial, call: AskedCall): Verdict {
  const { decided } = trial.decide(call, START);
  if (!decided) throw new Error('the inputs fit every tool');
  trial.remember(decided, START);
  const { verdict, denial, rules, notify = [] } = decided;
  return {
    verdict,
    rule: denial?.rule,
    class: denial?.class,
    final: denial?.final ?? false,
    repeats: denial?.repeats ?? 1,
    matched: rules.map(({ policy }) => policy),
    notify,
  };
}

it(`${PAIRS} random pairs of a bundle and a call: both evaluators agree (seed ${SEED})`, () => {
  const random = dice(SEED);
  const verdicts = new Map<string, number>();
  for (let pairs = 0; pairs < PAIRS;) {
    const rules = randomRules(random);
    const environment = randomEnvironment(random);
    const trial = new Trial({ tools: TOOLS, policies: rules.map(({ rule }) => rule), environment });
    const naive = new NaiveTenant(rules, TOOLS, environment);
    for (let index = 0; index < CALLS_PER_BUNDLE && pairs < PAIRS; index++, pairs++) {
      const call = randomCall(random, index);
      const [got, expected] = [verdictOf(trial, call), naive.decide(call)];
      verdicts.set(got.verdict, (verdicts.get(got.verdict) ?? 0) + 1);
      if (JSON.stringify(got) === JSON.stringify({ ...got, ...expected })) continue;
      expect({ ...got, pairs, call, rules: rules.map(({ rule }) => rule) }).toEqual({
        ...expected,
        pairs,
        call,
        rules: rules.map(({ rule }) => rule),
      });
    }
  }
  // Every verdict is met often, so that agreement says something.
  for (const verdict of ['allow', 'deny', 'require-approval'])
    expect(verdicts.get(verdict) ?? 0).toBeGreaterThan(PAIRS / 50);
}, 300_000);
