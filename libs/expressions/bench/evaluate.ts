/**
 * How long one evaluation of a condition takes: our closures beside the interpreter of the library that
 * parses them. Run: `node --conditions=@writ/source libs/expressions/bench/evaluate.ts`.
 */
import { Environment } from '@marcbachmann/cel-js';
import { compileCondition } from '../src/index.ts';
import type { Bindings } from '../src/index.ts';

const ROUNDS = 7;
const EVALUATIONS = 1_000_000;

const bindings: Bindings = {
  tool: {
    name: 'dft-relax',
    class: 'DESTRUCTIVE',
    effects: 'once',
    destructive: true,
    cost: 1_200_000_000n,
    price: 5_000_000n,
    labels: { domain: 'chemistry' },
  },
  args: { atoms: 120, mode: 'fast', path: '/data/run-17/out.h5', tags: ['a', 'b', 'c'] },
  agent: { name: 'planner' },
  request: { project: 'screening', campaign: 'batch-3', priority: 'normal' },
  env: { production: true },
};

/** The same rule for both: ours with units, the library's with the plain number that it can have. */
const RULES: readonly (readonly [ours: string, theirs: string])[] = [
  ['tool.cost > 1000 node-hours AND env.production', 'tool.cost > 1000000000 && env.production'],
  ['tool.destructive AND env.production', 'tool.destructive && env.production'],
  [
    'tool.class == "NETWORK" OR tool.labels.domain == "physics"',
    'tool.class == "NETWORK" || tool.labels.domain == "physics"',
  ],
  [
    'args.atoms > 100 AND args.mode in ["fast", "draft"]',
    'args.atoms > 100 && args.mode in ["fast", "draft"]',
  ],
  [
    'args.path.startsWith("/data/") AND NOT args.path.contains("..")',
    'args.path.startsWith("/data/") && !args.path.contains("..")',
  ],
  ['args.tags.exists(t, t == "c")', 'args.tags.exists(t, t == "c")'],
  ['args.path.matches("^/data/run-[0-9]+/")', 'args.path.matches("^/data/run-[0-9]+/")'],
];

const library = new Environment({ unlistedVariablesAreDyn: false })
  .registerVariable('tool', 'map<string, dyn>')
  .registerVariable('args', 'map<string, dyn>')
  .registerVariable('env', 'map<string, dyn>');

/** Nanoseconds per call, the best of some rounds. */
function nanosecondsOf(call: () => unknown, evaluations = EVALUATIONS): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint();
    for (let count = 0; count < evaluations; count++) call();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / evaluations);
  }
  return best;
}

const context = { tool: bindings.tool, args: bindings.args, env: bindings.env };
console.log('condition'.padEnd(66), 'ns'.padStart(7), 'library'.padStart(9), 'faster'.padStart(8));
const compiled = RULES.map(([ours, theirs]) => ({
  source: ours,
  ours: compileCondition(ours),
  theirs: library.parse(theirs),
}));
for (const { source, ours, theirs } of compiled) {
  if (ours.evaluate(bindings) !== theirs(context)) throw new Error(`the two differ about ${source}`);
}
for (const { source, ours, theirs } of compiled) {
  const own = nanosecondsOf(() => ours.evaluate(bindings));
  const other = nanosecondsOf(() => theirs(context));
  const factor = `${(other / own).toFixed(1)}x`;
  console.log(
    source.padEnd(66),
    own.toFixed(1).padStart(7),
    other.toFixed(1).padStart(9),
    factor.padStart(8),
  );
}

/** A bundle as the policy service has it: every rule over every call. */
const hundred = Array.from({ length: 100 }, (_, index) =>
  compileCondition(`${RULES[index % 5]?.[0]} OR args.atoms > ${1000 + index}`),
);
const perBundle = nanosecondsOf(() => hundred.forEach((rule) => rule.evaluate(bindings)), 20_000);

console.log(`100 different rules over one call: ${(perBundle / 1000).toFixed(2)} us`);
