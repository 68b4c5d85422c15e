/**
 * What a command and everything it started use right now, read from `/proc`. Orphans of a PID namespace are adopted
 * inside it, so walking down from its first process finds them all. Elsewhere than on Linux there is nothing to read.
 */
import { readFileSync, readdirSync, statSync } from 'node:fs';

export interface TreeSample {
  readonly processes: number;
  /** Of all that live and all that were waited for. */
  readonly cpuSeconds: number;
  /** Memory that is no file's, of all processes together. */
  readonly memoryBytes: number;
  /** The most that one process has had resident at once. */
  readonly peakBytes: number;
}

const CLOCK_TICKS = 100;
const KILOBYTE = 1_024;
/** Fields of `/proc/<pid>/stat` after the command's name: user, system, and the same of children waited for. */
const TIMES = [11, 12, 13, 14];
/** A tree larger than this is over every limit. */
const MOST_PROCESSES = 200_000;

/** Everything from `root` down, without the first `ours`; `undefined` when nothing can be read. */
export function sampleTree(root: number, ours: number): TreeSample | undefined {
  const found = [root];
  let [processes, ticks, memory, peak] = [0, 0, 0, 0];
  for (let at = 0; at < found.length && at < MOST_PROCESSES; at++) {
    const pid = found[at] as number;
    try {
      found.push(...childrenOf(pid));
      ticks += ticksOf(pid);
      if (at < ours) continue;
      processes++;
      const status = readFileSync(`/proc/${pid}/status`, 'latin1');
      memory += kilobytes(status, 'RssAnon') + kilobytes(status, 'RssShmem');
      peak = Math.max(peak, kilobytes(status, 'VmHWM'));
    } catch {
      // It ended while we looked.
      if (pid === root) return undefined;
    }
  }
  return {
    processes,
    cpuSeconds: ticks / CLOCK_TICKS,
    memoryBytes: memory * KILOBYTE,
    peakBytes: peak * KILOBYTE,
  };
}

/**
 * Ends what a command without a namespace left behind: every process that carries `mark` in its environment, or runs
 * as `user`, which is the command's alone.
 */
export function killLeftovers(mark: string, user: number | undefined): void {
  for (const name of procFolder()) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      const theirs = user !== undefined && statSync(`/proc/${pid}`).uid === user;
      if (theirs || readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark))
        process.kill(pid, 'SIGKILL');
    } catch {
      // Another user's, or gone.
    }
  }
}

function procFolder(): string[] {
  try {
    return readdirSync('/proc');
  } catch {
    return [];
  }
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number);
}

function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return TIMES.reduce((sum, index) => sum + Number(fields[index]), 0);
}

function kilobytes(status: string, field: string): number {
  const at = status.indexOf(`${field}:`);
  return at < 0 ? 0 : Number.parseInt(status.slice(at + field.length + 1), 10);
}
