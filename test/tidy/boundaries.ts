/**
 * The dependency arrows, checked by dependency-cruiser with the rules of `.dependency-cruiser.cjs`. It exits with 0 when
 * it could not read a single module, so what it has read is counted here.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { WritError } from '@writ/contracts';
import { REPOSITORY } from '@writ/testkit';

export interface Violation {
  readonly rule: string;
  readonly from: string;
  readonly to: string;
}

/** The part of dependency-cruiser's report that is read here. */
interface Report {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
  };
}

const MOST_OUTPUT_BYTES = 256 * 1024 * 1024;

const run = promisify(execFile);

/** Checks the folders of a layout; `root` has the same shape as this repository. */
export async function boundaryViolations(root: string, folders: readonly string[]): Promise<Violation[]> {
  const program = join(REPOSITORY, 'node_modules', '.bin', 'depcruise');
  const config = join(REPOSITORY, '.dependency-cruiser.cjs');
  const flags = ['--config', config, '--output-type', 'json'];
  const stdout = await run(process.execPath, [program, ...flags, ...folders], {
    cwd: root,
    maxBuffer: MOST_OUTPUT_BYTES,
  }).then(
    (done) => done.stdout,
    (failed: { readonly stdout?: string }) => failed.stdout ?? '',
  );
  const { summary } = JSON.parse(stdout) as Report;
  if (summary.totalCruised === 0)
    throw new WritError('nothing-cruised', `dependency-cruiser read no module below ${root}`);
  return summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to }));
}
