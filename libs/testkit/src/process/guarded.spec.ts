/** Proves the promise that no process outlives its asker, with real processes and a real SIGKILL. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../eventually.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { spawnGuarded } from './guarded.ts';
import type { GuardedOptions } from './guarded.ts';
import { isAlive } from './lock.ts';
import { LogFile } from './log-file.ts';

const SOON_MS = 10_000;

describe('a guarded command whose asker is killed with SIGKILL', () => {
  it('a plain command: is gone, and so is its guard', async () => {
    const asker = await askerOf(['sleep', '1000'], {});
    asker.kill();
    await gone(asker.pid);
    await gone(asker.guard);
  });

  it('a command that ignores SIGTERM: is killed after the grace', async () => {
    const asker = await askerOf(['sh', '-c', 'trap "" TERM; while :; do sleep 0.05; done'], { graceMs: 100 });
    asker.kill();
    await gone(asker.pid);
  });

  it('a server with throw-away data: they are removed', async () => {
    const folder = ownFolder();
    const asker = await askerOf(['sleep', '1000'], { remove: [folder] });
    expect(existsSync(folder)).toBe(true);
    asker.kill();
    await eventually(() => !existsSync(folder), { withinMs: SOON_MS, what: 'the folder is removed' });
  });
});

describe('a guarded command', () => {
  it('that ends by itself: its exit code is reported', async () => {
    const command = await spawnGuarded('sh', ['-c', 'exit 7']);
    expect(await command.ended).toEqual({ code: 7, signal: null });
  });

  it('that is killed: the signal is reported', async () => {
    const command = await spawnGuarded('sleep', ['1000']);
    process.kill(command.pid, 'SIGKILL');
    expect(await command.ended).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('that leaves a child behind: the child ends with it', async () => {
    const log = new LogFile(join(ownFolder(), 'log'));
    const command = await spawnGuarded('sh', ['-c', 'sleep 1000 & echo $!'], { output: log.descriptor });
    await command.ended;
    log.close();
    const child = Number(readFileSync(log.path, 'utf8'));
    expect(child).toBeGreaterThan(0);
    await gone(child);
  });

  it('that does not stop when asked: stop kills it after the grace', async () => {
    const script = 'trap "" TERM; echo ready; while :; do sleep 0.05; done';
    const log = new LogFile(join(ownFolder(), 'log'));
    const command = await spawnGuarded('sh', ['-c', script], { graceMs: 50, output: log.descriptor });
    await log.awaitLine(/ready/, command, SOON_MS);
    expect(await command.stop()).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('that does not exist: says so', async () => {
    await expect(spawnGuarded('/no/such/command', [])).rejects.toThrow(
      /cannot start \/no\/such\/command.*ENOENT/,
    );
  });
});

interface Asker {
  /** The guarded command and its guard. */
  readonly pid: number;
  readonly guard: number;
  kill(): void;
}

/** Another process that starts the command under a guard, tells the ids, and then just lives. */
async function askerOf(command: readonly string[], options: GuardedOptions): Promise<Asker> {
  const program = `
    import { spawnGuarded } from ${JSON.stringify(new URL('./guarded.ts', import.meta.url).href)};
    const [command, ...args] = ${JSON.stringify(command)};
    const { pid } = await spawnGuarded(command, args, ${JSON.stringify(options)});
    console.log(pid);
    setInterval(() => {}, 1000);`;
  const flags = ['--conditions=@writ/source', '--input-type=module', '--eval', program];
  const asker = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(asker.stdout), 'line')) as [string];
  const pid = Number(line);
  return { pid, guard: parentOf(pid), kill: () => asker.kill('SIGKILL') };
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

async function gone(pid: number): Promise<void> {
  await eventually(() => !isAlive(pid) || isZombie(pid), {
    withinMs: SOON_MS,
    what: `process ${pid} is gone`,
  });
}

/** In a container nobody may reap an orphan: it has ended all the same. */
function isZombie(pid: number): boolean {
  return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

function ownFolder(): string {
  const folder = temporaryFolder();
  onTestFinished(() => folder.remove());
  return folder.path;
}
