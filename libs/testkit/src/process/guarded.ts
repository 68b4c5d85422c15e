/**
 * Child processes that cannot be orphaned: each one is started by a guard (`guard.mjs`) that ends it when this
 * process is gone, however it went. nats-server, Postgres and the services are all started this way.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { WritError } from '@writ/contracts';

export interface GuardedOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** File descriptor that takes stdout and stderr, or this process' own; nothing is kept by default. */
  readonly output?: number | 'inherit' | 'ignore';
  /** For a program that talks to a person: it reads the terminal, and Ctrl-C reaches it directly. */
  readonly terminal?: boolean;
  /** The signal that asks the command to end when this process is gone. SIGTERM by default. */
  readonly stopSignal?: NodeJS.Signals;
  /** How long it may take over that before it is killed. */
  readonly graceMs?: number;
  /** Run it as this account (only root may). */
  readonly account?: { readonly uid: number; readonly gid: number };
  /** Folders to remove when the command ends after this process is gone: throw-away data. */
  readonly remove?: readonly string[];
}

/** How a process ended: its exit code, or the signal that killed it. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Guarded {
  /** Process id of the command itself, not of its guard. */
  readonly pid: number;
  readonly ended: Promise<Ending>;
  signal(signal: NodeJS.Signals): void;
  /** Asks it to end, kills it when it has not ended within the grace; resolves when it is gone. */
  stop(): Promise<Ending>;
}

const GRACE_MS = 10_000;

/** Lies in `src/` only: `src/` and `dist/` are equally deep, so one path serves both. */
const GUARD = fileURLToPath(new URL('../../src/process/guard.mjs', import.meta.url));

/** Resolves when the command runs. @throws WritError `cannot-start` */
export async function spawnGuarded(
  command: string,
  args: readonly string[],
  options: GuardedOptions = {},
): Promise<Guarded> {
  const { stopSignal = 'SIGTERM', graceMs = GRACE_MS, output = 'ignore' } = options;
  const { terminal = false, account, remove } = options;
  const order = { scope: terminal ? 'terminal' : 'group', stopSignal, graceMs, ...account, remove };
  const guard = fork(GUARD, [JSON.stringify(order), command, ...args], {
    execArgv: [],
    detached: !terminal,
    stdio: [terminal ? 'inherit' : 'ignore', output, output, 'ipc'],
    ...(options.env ? { env: options.env } : {}),
    ...(options.cwd ? { cwd: options.cwd } : {}),
  });
  const ended = ending(guard);
  const pid = await started(guard, command);
  const signal = (name: NodeJS.Signals): void => {
    if (guard.connected) guard.send({ signal: name });
  };
  return {
    pid,
    ended,
    signal,
    stop: async () => {
      signal(stopSignal);
      const impatience = setTimeout(() => signal('SIGKILL'), graceMs);
      return ended.finally(() => clearTimeout(impatience));
    },
  };
}

type Report = { readonly pid: number } | { readonly failed: string } | Ending;

async function started(guard: ChildProcess, command: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (why: string): void => {
      reject(new WritError('cannot-start', `cannot start ${command}: ${why}`));
    };
    guard.once('error', (error) => failed(error.message));
    guard.once('exit', () => failed('its guard ended'));
    guard.on('message', (report: Report) => {
      if ('pid' in report) resolve(report.pid);
      else if ('failed' in report) failed(report.failed);
    });
  });
}

/** The guard reports how the command ended; a guard that was killed itself took the command with it. */
async function ending(guard: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    let reported: Ending | undefined;
    guard.on('message', (report: Report) => {
      if ('code' in report) reported = report;
    });
    guard.once('exit', (code, signal) => resolve(reported ?? { code, signal }));
    guard.once('error', () => resolve({ code: null, signal: null }));
  });
}
