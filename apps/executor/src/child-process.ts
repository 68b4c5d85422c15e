/**
 * One subprocess in a process group of its own, from spawn to the last byte: without a shell, with only the
 * environment it is given, its output bounded while it is read, and the whole group killed when it exceeds a bound
 * or has ended, so that nothing it started stays behind in the group.
 */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { OUTPUT_GRACE_MS, STDERR_TAIL_BYTES } from './limits.ts';

export interface ChildCommand {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly stdin: string;
  readonly timeoutMs: number;
  readonly maxOutputBytes: number;
  /** Time between SIGTERM and SIGKILL. */
  readonly graceMs: number;
}

/** How the process ended, and why if it was made to. */
export interface ChildEnd {
  readonly stopped: 'timeout' | 'output-too-large' | 'cancelled' | undefined;
  /** It could not even start. */
  readonly spawnError: Error | undefined;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: Buffer;
  /** The last bytes of stderr. */
  readonly stderrTail: string;
}

export interface RunningChild {
  readonly ended: Promise<ChildEnd>;
  /** Asks the group to end, then ends it. */
  stop(): void;
}

/** Starts it. Never throws: what cannot start has ended with `spawnError`. */
export function startChild(command: ChildCommand): RunningChild {
  let child: ChildProcessByStdio<Writable, Readable, Readable>;
  try {
    child = spawn(command.program, command.arguments, {
      cwd: command.folder,
      env: { ...command.environment },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      shell: false,
    });
  } catch (error) {
    const ended = Promise.resolve({ ...NOTHING, spawnError: error as Error });
    return { ended, stop: () => undefined };
  }
  return watch(child, command);
}

const NOTHING: ChildEnd = {
  stopped: undefined,
  spawnError: undefined,
  exitCode: null,
  signal: null,
  stdout: Buffer.alloc(0),
  stderrTail: '',
};

function watch(
  child: ChildProcessByStdio<Writable, Readable, Readable>,
  command: ChildCommand,
): RunningChild {
  let stopped: ChildEnd['stopped'];
  const timers: NodeJS.Timeout[] = [];
  const stop = (reason: NonNullable<ChildEnd['stopped']>): void => {
    if (stopped !== undefined) return;
    stopped = reason;
    killGroup(child.pid, 'SIGTERM');
    timers.push(setTimeout(() => killGroup(child.pid, 'SIGKILL'), command.graceMs));
  };
  const output = collectOutput(child.stdout, command.maxOutputBytes, () => stop('output-too-large'));
  const complaint = collectTail(child.stderr);
  timers.push(setTimeout(() => stop('timeout'), command.timeoutMs));
  // A program that does not read its input closes the pipe early; that is its right.
  child.stdin.on('error', () => undefined);
  child.stdin.end(command.stdin);

  const ended = new Promise<ChildEnd>((resolve) => {
    const finish = (end: Partial<ChildEnd>): void => {
      for (const timer of timers) clearTimeout(timer);
      resolve({ ...NOTHING, ...end, stopped, stdout: output(), stderrTail: complaint() });
    };
    child.once('error', (spawnError) => finish({ spawnError }));
    child.once('exit', () => {
      killGroup(child.pid, 'SIGKILL');
      // A daemon that left the group may hold the pipes open; the call does not wait for it.
      timers.push(
        setTimeout(() => [child.stdout, child.stderr].forEach((pipe) => pipe.destroy()), OUTPUT_GRACE_MS),
      );
    });
    child.once('close', (exitCode, signal) => finish({ exitCode, signal }));
  });
  return { ended, stop: () => stop('cancelled') };
}

/** Ends every process of the group; there is nothing to do when none is left. */
function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone.
  }
}

function collectOutput(stream: Readable, most: number, onOverflow: () => void): () => Buffer {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= most) chunks.push(chunk);
    else onOverflow();
  });
  return () => Buffer.concat(chunks);
}

function collectTail(stream: Readable): () => string {
  let tail = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-STDERR_TAIL_BYTES);
  });
  return () => tail.toString('utf8').trim();
}
