/**
 * Guard: runs one command and sees to it that it never outlives the process that asked for it, not even when that
 * one is killed with SIGKILL. The asker holds the other end of the IPC channel; the kernel closes it on any death.
 * Plain JavaScript, because `infra/dev/run.mjs` needs it on the oldest Node that is supported.
 *
 *   node guard.mjs <options as JSON> <command> [argument...]
 *
 * `scope` "group": guard and command have a process group of their own, which ends with the command (a server, a
 * service). "terminal": the command shares the terminal's foreground group, so that Ctrl-C and prompts work.
 */
// @ts-check
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { constants } from 'node:os';

/** @type {{scope: 'group'|'terminal', stopSignal: NodeJS.Signals, graceMs: number, uid?: number, gid?: number, remove?: string[]}} */
const options = JSON.parse(process.argv[2] ?? '{}');
const [command = '', ...args] = process.argv.slice(3);

// What is sent to the whole group is meant for the command; the guard stays until the command has ended.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) process.on(signal, () => {});

const { uid, gid } = options;
const child = spawn(command, args, {
  stdio: 'inherit',
  ...(uid === undefined ? {} : { uid }),
  ...(gid === undefined ? {} : { gid }),
});
child.on('spawn', () => tell({ pid: child.pid }));
child.on('error', (error) => tell({ failed: error.message }, () => process.exit(127)));
child.on('exit', (code, signal) => tell({ code, signal }, () => leave(code, signal)));

process.on('message', (/** @type {{signal: NodeJS.Signals}} */ order) => child.kill(order.signal));
process.on('disconnect', abandoned);
if (!process.connected) abandoned();

/** The asker is gone: the command may end in its own way for a while, then it is killed. */
function abandoned() {
  child.kill(options.stopSignal);
  setTimeout(() => child.kill('SIGKILL'), options.graceMs);
}

/** The group's leftovers end with the command; the last signal ends the guard too. */
function leave(/** @type {number|null} */ code, /** @type {NodeJS.Signals|null} */ signal) {
  if (!process.connected)
    for (const path of options.remove ?? []) rmSync(path, { recursive: true, force: true });
  if (options.scope === 'group') process.kill(-process.pid, 'SIGKILL');
  process.exit(code ?? 128 + constants.signals[signal ?? 'SIGKILL']);
}

function tell(/** @type {object} */ message, done = () => {}) {
  if (process.connected) process.send?.(message, () => done());
  else done();
}
