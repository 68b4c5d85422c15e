/** The whole suite for end-to-end tests: real servers, five real processes, the governance of `governance/` applied. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectNats, jetstreamLedger } from '@writ/ledger';
import { startSuite } from '../../infra/dev/suite.ts';
import type { Suite, SuiteOptions } from '../../infra/dev/suite.ts';
import { recordHistory } from '../conformance/histories/history.ts';

const run = promisify(execFile);
/** Of what the command line says. */
const MOST_OUTPUT_BYTES = 64 * 1024 * 1024;
const CLI = new URL('../../apps/cli/dist/main.js', import.meta.url).pathname;
const TOOLS = new URL('./tools', import.meta.url).pathname;
export const GOVERNANCE = new URL('./governance', import.meta.url).pathname;

export interface TestSuite extends Suite {
  /** A folder of its own, gone at the end. */
  readonly dir: string;
  /** Applies one governance file in place of the one before; throws what the command line says of it when it is not taken. */
  govern(yaml: string): Promise<void>;
  /** Runs the command line against it; never throws. */
  writ(...args: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }>;
}

export async function startTestSuite(options: Partial<SuiteOptions> = {}): Promise<TestSuite> {
  const dir = await mkdtemp(join(tmpdir(), 'writ-e2e-'));
  const suite = await startSuite({
    dir: join(dir, '.writ'),
    agent: 'ada',
    approver: 'eve',
    ...options,
    environment: { WRIT_TOOLS: TOOLS, ...options.environment },
  });
  return {
    ...suite,
    dir,
    govern: async (yaml) => govern(dir, yaml),
    writ: (...args) => writ(dir, args),
    stop: async () => {
      // Whatever a test did to it: each decision in its ledger follows from what stands before it.
      const { out, err, code } = await writ(dir, ['replay']);
      await keepHistory(suite);
      await suite.stop();
      await rm(dir, { recursive: true, force: true });
      if (code !== 0)
        throw new Error(`the ledger of this suite is not decided again as it was:\n${out}${err}`);
    },
  };
}

/** `WRIT_HISTORY=<file>` keeps the ledger of a suite as a golden log (`test/conformance/histories`). */
async function keepHistory({ connection }: Suite): Promise<void> {
  const file = process.env['WRIT_HISTORY'];
  if (!file) return;
  const { natsUrl, users } = connection;
  const nats = await connectNats({ url: natsUrl, ...users.operator, name: 'history' });
  const ledger = jetstreamLedger(nats, { inboxPrefix: '_INBOX_operator' });
  await recordHistory(ledger, file);
  await ledger.close();
  await nats.close();
}

async function govern(dir: string, yaml: string): Promise<void> {
  const folder = join(dir, 'catalog');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'all.yaml'), yaml);
  const { code, err } = await writ(dir, ['apply', '-f', folder]);
  if (code !== 0) throw new Error(`the governance of this suite is not taken (exit code ${code}):\n${err}`);
}

/** The command line finds the suite as a person's would: by `.writ/connection.json` above the working directory. */
async function writ(
  cwd: string,
  args: readonly string[],
): Promise<{ code: number; out: string; err: string }> {
  try {
    const { stdout, stderr } = await run(process.execPath, [CLI, ...args], {
      cwd,
      maxBuffer: MOST_OUTPUT_BYTES,
    });
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: number; stdout?: string; stderr?: string };
    return { code: code ?? -1, out: stdout, err: stderr };
  }
}
