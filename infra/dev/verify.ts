/**
 * `npm run verify`: what a contributor runs before a commit. Format, lint, types, style and boundaries (`test/tidy`), unit
 * and property tests, the simulation; two at a time, one line each, and the output of what failed. The longest searches
 * are a twentieth here of what they are by default, which is what `npm test` runs.
 */
import { join } from 'node:path';
import { LogFile, REPOSITORY, inWrit, spawnGuarded } from '@writ/testkit';
import { seconds } from './progress.ts';

interface Check {
  readonly name: string;
  /** A program of node_modules/.bin with its arguments. */
  readonly command: readonly [program: string, ...args: string[]];
}

/** The longest first, so that both lanes end together. */
const CHECKS: readonly Check[] = [
  { name: 'style, unit and property tests', command: ['vitest', 'run', '--project', 'unit'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'types', command: ['tsc', '-b'] },
  { name: 'format', command: ['prettier', '--cache', '--check', '.'] },
];

/** A twentieth of each spec's own default. Whoever sets one of these has it as said. */
const SEARCHES = {
  WRIT_SIMULATION_SEEDS: '25',
  WRIT_BREAKER_SEEDS: '50',
  WRIT_APPROVAL_RACES: '500',
  WRIT_BALANCES_RUNS: '40',
  WRIT_BUDGET_OPERATIONS: '5000',
  WRIT_DIFFERENTIAL_PAIRS: '10000',
  WRIT_WORKFLOW_RUNS: '1000',
  WRIT_WORKFLOW_CRASHES: '50',
};

const LANES = 2;
const NAME_WIDTH = 32;

const start = performance.now();
const waiting = [...CHECKS];
const failed: string[] = [];
await Promise.all(Array.from({ length: LANES }, async () => lane()));
console.log(failed.length === 0 ? `all good in ${seconds(start)}` : `\nfailed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;

async function lane(): Promise<void> {
  for (let check = waiting.shift(); check; check = waiting.shift()) {
    const since = performance.now();
    const output = await outputOfFailure(check);
    console.log(
      `${output === undefined ? 'ok    ' : 'FAILED'} ${check.name.padEnd(NAME_WIDTH)} ${seconds(since).padStart(7)}`,
    );
    if (output === undefined) continue;
    failed.push(check.name);
    console.log(output);
  }
}

/** Undefined when everything is as it should be. */
async function outputOfFailure({ name, command: [program, ...args] }: Check): Promise<string | undefined> {
  const log = new LogFile(inWrit('logs', `verify-${name.split(/\W/)[0] ?? ''}.log`));
  try {
    const binary = join(REPOSITORY, 'node_modules', '.bin', program);
    const run = await spawnGuarded(process.execPath, [binary, ...args], {
      cwd: REPOSITORY,
      env: { ...SEARCHES, ...process.env },
      output: log.descriptor,
    });
    return (await run.ended).code === 0 ? undefined : log.text();
  } finally {
    log.close();
  }
}
