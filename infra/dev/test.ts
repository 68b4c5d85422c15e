/**
 * `npm test`: every test of the repository, on real servers. The last line says "N passed, N failed", counted from
 * vitest's own report; a run without a test has failed. Arguments go to vitest: `npm test -- libs/ledger`.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '@writ/contracts';
import { REPOSITORY, inWrit, natsServerBinary, spawnGuarded } from '@writ/testkit';
import type { Guarded } from '@writ/testkit';

const REPORT = inWrit('test-report.json');

/** The part of vitest's JSON report that is read here. */
interface Report {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

let vitest: Guarded | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => vitest?.signal(signal));

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    await natsServerBinary(console.log);
  } catch (error) {
    console.error(messageOf(error));
    return 1;
  }
  rmSync(REPORT, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`];
  const script = join(REPOSITORY, 'node_modules', 'vitest', 'vitest.mjs');
  vitest = await spawnGuarded(process.execPath, [script, 'run', ...reporters, ...process.argv.slice(2)], {
    cwd: REPOSITORY,
    output: 'inherit',
  });
  const { code } = await vitest.ended;
  const { passed, failed } = count(code);
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

/** A file that could not be loaded has no tests, and an error outside of any test none either: both have failed. */
function count(code: number | null): { passed: number; failed: number } {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(REPORT, 'utf8')) as Report;
  } catch {
    return { passed: 0, failed: 1 };
  }
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  const failed = report.numFailedTests + broken.length;
  const unexplained = failed === 0 && (code !== 0 || !report.success) ? 1 : 0;
  return { passed: report.numPassedTests, failed: failed + unexplained };
}
