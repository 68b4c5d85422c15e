/**
 * `npm start`: the suite below `.writ/`, the governance files of the screening campaign, and the campaign itself.
 * Stays up until Ctrl-C, or ends after the campaign with `--exit`; the exit code is the campaign's. Every start begins
 * with an empty ledger, because a campaign spends its budget and opens its breaker; `--keep` goes on with the last one.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { WritError, messageOf } from '@writ/contracts';
import { LogFile, REPOSITORY, inWrit, spawnGuarded } from '@writ/testkit';
import type { Guarded } from '@writ/testkit';
import { step } from './progress.ts';
import { startSuite } from './suite.ts';
import type { Suite } from './suite.ts';

/** What a shell reports for a command that Ctrl-C ended. */
const INTERRUPTED = 130;

const args = process.argv.slice(2);
const keep = args.includes('--keep');
const stopped = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
});

process.exitCode = await main();
// What is still open belongs to processes that the guards end now.
process.exit();

async function main(): Promise<number> {
  let suite: Suite | undefined;
  try {
    suite = await orStopped(start());
    if (!suite) return INTERRUPTED;
    const code = await campaign();
    if (code === undefined) return INTERRUPTED;
    if (!args.includes('--exit')) await stayUp(suite);
    return code;
  } catch (error) {
    console.error(`\n${error instanceof WritError ? error.message : messageOf(error)}`);
    return 1;
  } finally {
    await suite?.stop();
  }
}

async function start(): Promise<Suite> {
  console.log('Writ starts; its state and logs are in .writ/');
  const state = { tools: join(REPOSITORY, 'apps', 'screening', 'tools'), orders: inWrit('orders') };
  if (!keep)
    await Promise.all(
      [inWrit('nats', 'store'), state.orders].map((path) => rm(path, { recursive: true, force: true })),
    );
  const suite = await startSuite({
    dir: inWrit(),
    keepPostgres: keep,
    environment: { WRIT_TOOLS: state.tools, WRIT_ORDERS: state.orders, WRIT_TOOL_ENVIRONMENT: 'WRIT_ORDERS' },
    step,
    say: console.log,
    ...runningServers(),
  });
  await step('governance: apps/screening/governance', applyGovernance);
  return suite;
}

/** Servers that the environment names are used as they are. */
function runningServers(): {
  natsUrl?: string;
  postgresUrl?: string;
  login?: { user?: string; password?: string };
} {
  const { WRIT_NATS_URL, WRIT_POSTGRES_URL, WRIT_NATS_USER, WRIT_NATS_PASSWORD } = process.env;
  const user = WRIT_NATS_USER === undefined ? {} : { user: WRIT_NATS_USER };
  const password = WRIT_NATS_PASSWORD === undefined ? {} : { password: WRIT_NATS_PASSWORD };
  return {
    ...(WRIT_NATS_URL ? { natsUrl: WRIT_NATS_URL, login: { ...user, ...password } } : {}),
    ...(WRIT_POSTGRES_URL ? { postgresUrl: WRIT_POSTGRES_URL } : {}),
  };
}

async function applyGovernance(): Promise<void> {
  const log = new LogFile(inWrit('logs', 'apply.log'));
  const folder = join(REPOSITORY, 'apps', 'screening', 'governance');
  const apply = await program('cli', ['apply', '-f', folder], { output: log.descriptor });
  const { code } = await apply.ended;
  log.close();
  if (code !== 0)
    throw new WritError('not-applied', `the governance files could not be applied:\n${log.end()}`);
}

/** The campaign on our terminal. Its exit code; undefined when it was interrupted. */
async function campaign(): Promise<number | undefined> {
  const passedOn = args.filter((arg) => arg !== '--exit' && arg !== '--keep');
  const run = await program('screening', passedOn, { output: 'inherit', terminal: true });
  const ending = await orStopped(run.ended);
  if (!ending) await run.stop();
  return ending ? (ending.code ?? INTERRUPTED) : undefined;
}

async function stayUp(suite: Suite): Promise<void> {
  console.log('\nWrit stays up; Ctrl-C ends it. In another terminal: npm run writ -- watch');
  for (const [name, { http }] of Object.entries(suite.connection.services))
    console.log(`  ${name.padEnd(10)} ${http}/metrics`);
  await stopped;
}

/** An app of ours; it finds the suite by `.writ/connection.json`, so the environment must not name another one. */
async function program(
  app: string,
  programArgs: readonly string[],
  options: { output: number | 'inherit'; terminal?: boolean },
): Promise<Guarded> {
  const { WRIT_NATS_URL: _url, WRIT_NATS_USER: _user, WRIT_NATS_PASSWORD: _password, ...env } = process.env;
  const file = join(REPOSITORY, 'apps', app, 'dist', 'main.js');
  return spawnGuarded(process.execPath, [file, ...programArgs], { ...options, cwd: REPOSITORY, env });
}

/** Undefined when Ctrl-C came first. */
async function orStopped<T>(work: Promise<T>): Promise<T | undefined> {
  return Promise.race([work, stopped.then(() => undefined)]);
}
