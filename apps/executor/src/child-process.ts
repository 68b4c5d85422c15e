/**
 * One subprocess in a process group of its own, from spawn to the last byte: with only the environment it is given,
 * its output bounded while it is read, what it uses watched, and all of it killed when it exceeds a bound or has
 * ended. It says on descriptor 3 that it has begun (`sandbox-script.ts`) and, if it likes, on 4 how far it is.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { ChildWatch } from './child-watch.ts';
import type { Excess } from './child-watch.ts';
import { LONGEST_PROGRESS_BYTES, MOST_STDERR_BYTES, OUTPUT_GRACE_MS, STDERR_TAIL_BYTES } from './limits.ts';
import type { CommandLimits } from './sandbox-script.ts';
import type { Launch } from './sandbox.ts';

export interface ChildCommand extends Launch {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly stdin: string;
  readonly timeoutMs: number;
  readonly maxOutputBytes: number;
  readonly limits: Pick<CommandLimits, 'cpuSeconds' | 'memoryMegabytes' | 'processes'>;
  /** How many processes at the top of its tree are the launcher's. */
  readonly launchers: number;
  /** Time between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  /** A line that it wrote on descriptor 4. */
  readonly onProgress?: ((line: string) => void) | undefined;
}

export type StopReason = 'timeout' | 'output-too-large' | 'cancelled' | Excess;

/** How the process ended, and why if it was made to. */
export interface ChildEnd {
  readonly stopped: StopReason | undefined;
  /** It could not even start. */
  readonly spawnError: Error | undefined;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: Buffer;
  /** The last bytes of stderr. */
  readonly stderrTail: string;
  /** What the launching script said on descriptor 3. */
  readonly told: string;
  readonly wallSeconds: number;
  /** The most that was seen; zero when it ended before anybody looked. */
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

export interface RunningChild {
  readonly ended: Promise<ChildEnd>;
  /** Asks the group to end, then ends it. */
  stop(): void;
}

const NOTHING = {
  stopped: undefined,
  spawnError: undefined,
  exitCode: null,
  signal: null,
  stdout: Buffer.alloc(0),
  stderrTail: '',
  told: '',
  wallSeconds: 0,
  cpuSeconds: 0,
  peakBytes: 0,
} as const;

/** Starts it. Never throws: what cannot start has ended with `spawnError`. */
export function startChild(command: ChildCommand): RunningChild {
  let child: ChildProcess;
  try {
    child = spawn(command.program, command.arguments, {
      cwd: command.folder,
      env: { ...command.environment },
      stdio: ['pipe', 'pipe', 'pipe', 'pipe', command.onProgress ? 'pipe' : 'ignore'],
      ...(command.user === undefined ? {} : { uid: command.user, gid: command.user }),
      detached: true,
      shell: false,
    });
  } catch (error) {
    const ended = Promise.resolve({ ...NOTHING, spawnError: error as Error });
    return { ended, stop: () => undefined };
  }
  return new WatchedChild(child, command);
}

class WatchedChild implements RunningChild {
  readonly ended: Promise<ChildEnd>;
  readonly #child: ChildProcess;
  readonly #command: ChildCommand;
  readonly #begun = performance.now();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #watch: ChildWatch;
  #stopped: StopReason | undefined;

  constructor(child: ChildProcess, command: ChildCommand) {
    this.#child = child;
    this.#command = command;
    const [stdin, stdout, stderr, report, progress] = child.stdio as [ChildProcess['stdin'], ...Readable[]];
    const tooMuch = (): void => this.#kill('output-too-large');
    const output = collectOutput(stdout as Readable, command.maxOutputBytes, tooMuch);
    const complaint = collectTail(stderr as Readable, MOST_STDERR_BYTES, tooMuch);
    const told = collectTail(report as Readable, STDERR_TAIL_BYTES, () => undefined);
    if (progress && command.onProgress) readLines(progress, command.onProgress);
    this.#timers.push(setTimeout(() => this.#stop('timeout'), command.timeoutMs));
    // A program that does not read its input closes the pipe early; that is its right.
    stdin?.on('error', () => undefined);
    stdin?.end(command.stdin);
    this.#watch = new ChildWatch(child.pid, command, (excess) => this.#kill(excess));
    this.ended = new Promise((resolve) => {
      const finish = (end: Partial<ChildEnd>): void => {
        for (const timer of this.#timers) clearTimeout(timer);
        resolve({
          ...NOTHING,
          ...end,
          stopped: this.#stopped,
          stdout: output(),
          stderrTail: complaint(),
          told: told(),
          wallSeconds: (performance.now() - this.#begun) / 1_000,
          ...this.#watch.most,
        });
      };
      child.once('error', (spawnError) => finish({ spawnError }));
      child.once('exit', () => this.#exited());
      child.once('close', (exitCode, signal) => finish({ exitCode, signal }));
    });
  }

  stop(): void {
    this.#stop('cancelled');
  }

  #stop(reason: StopReason): void {
    if (this.#stopped !== undefined) return;
    this.#stopped = reason;
    this.#signal('SIGTERM');
    this.#timers.push(setTimeout(() => this.#signal('SIGKILL'), this.#command.graceMs));
  }

  /** Who is over a limit gets no time to go on. */
  #kill(reason: StopReason): void {
    this.#stopped ??= reason;
    this.#signal('SIGKILL');
  }

  #exited(): void {
    this.#watch.end();
    this.#signal('SIGKILL');
    // What left the group may hold the pipes open; the call does not wait for it.
    const pipes = this.#child.stdio as readonly (Readable | null)[];
    const close = (): void => pipes.forEach((pipe) => pipe?.destroy());
    this.#timers.push(setTimeout(close, OUTPUT_GRACE_MS));
  }

  /** To every process of the group; there is nothing to do when none is left. */
  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // The group is gone.
    }
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

function collectTail(stream: Readable, most: number, onOverflow: () => void): () => string {
  let tail = Buffer.alloc(0);
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > most) onOverflow();
    tail = Buffer.concat([tail, chunk]).subarray(-STDERR_TAIL_BYTES);
  });
  return () => tail.toString('utf8').trim();
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = (lines.pop() ?? '').slice(0, LONGEST_PROGRESS_BYTES);
    for (const line of lines) if (line !== '') onLine(line);
  });
}
