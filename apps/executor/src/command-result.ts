/** What a command's end amounts to: its output, or a failure that names the bound it ran into. */
import { constants } from 'node:os';
import { RunOutcome } from '@writ/contracts';
import { Measured, failedRun } from '@writ/execution';
import type { ReportedUsage, RunResult } from '@writ/execution';
import type { ChildEnd } from './child-process.ts';
import { Told } from './sandbox-script.ts';
import type { CommandLimits } from './sandbox-script.ts';
import type { StopSignal } from './stop-signal.ts';
import { unfinished } from './unfinished.ts';

export interface EndedCommand {
  readonly name: string;
  readonly program: string;
  readonly timeoutMs: number;
  readonly maxOutputBytes: number;
  readonly limits: CommandLimits;
  /** The user that it was started as, when that is not the executor's own. */
  readonly user: number | undefined;
  readonly signal: StopSignal | undefined;
}

const MEGABYTE = 1_024 * 1_024;
const SIGNALS = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));
/** A shell's exit code for a program that a signal ended is this much more than the signal. */
const SIGNALLED = 128;

/** How programs say that the kernel refused them memory or processes: it tells nobody else. */
const REFUSED_MEMORY =
  /out of memory|allocation failed|cannot allocate memory|memoryerror|bad_alloc|heap limit|enomem/i;
const REFUSED_PROCESS = /cannot fork|fork: .*(temporarily unavailable|retry)|can't start new thread/i;

export function resultOf(command: EndedCommand, end: ChildEnd): RunResult {
  const { name, program } = command;
  if (end.spawnError) {
    return failedRun('spawn-failed', `tool "${name}" could not be started: ${end.spawnError.message}`);
  }
  if (end.told.includes(Told.unisolated)) {
    const message = `tool "${name}" was not run: its root folder could not be made read-only`;
    return failedRun('isolation-unavailable', message);
  }
  if (end.told.includes(Told.absent)) {
    const who = command.user === undefined ? '' : ` as user ${command.user} (WRIT_TOOL_USER)`;
    const message = `tool "${name}" could not be started: ${program} cannot be run${who}`;
    return failedRun('spawn-failed', message);
  }
  return stoppedResult(command, end) ?? endedResult(command, end);
}

/** What was measured; a unit that nobody had time to look at is left out. */
export function measured(end: ChildEnd, sentBytes: number): ReportedUsage {
  const cpuSeconds = Math.max(end.cpuSeconds, waitedSeconds(end.told));
  return {
    [Measured.wallSeconds]: end.wallSeconds,
    [Measured.bytesSent]: sentBytes,
    [Measured.bytesReceived]: end.stdout.length,
    ...(end.told.includes('m') ? { [Measured.cpuSeconds]: cpuSeconds } : {}),
    ...(end.peakBytes > 0 ? { [Measured.peakMemoryMb]: end.peakBytes / MEGABYTE } : {}),
  };
}

function stoppedResult(command: EndedCommand, end: ChildEnd): RunResult | undefined {
  const { program, timeoutMs, limits } = command;
  switch (end.stopped) {
    case undefined:
      return undefined;
    case 'timeout': {
      // What it was refused is why: the rest of a fork bomb may sleep on below the limit.
      const refused = refusal(command, end);
      if (refused !== undefined) return refused;
      const message = `"${program}" did not finish within ${timeoutMs / 1_000} s and was killed${said(end)}`;
      return { outcome: RunOutcome.timedOut, error: { code: 'timeout', message } };
    }
    case 'cancelled':
      return unfinished(command.signal);
    case 'output-too-large':
      return failedRun(
        end.stopped,
        `"${program}" wrote more than ${command.maxOutputBytes} bytes and was killed`,
      );
    case 'process-limit':
      return failedRun(
        end.stopped,
        `"${program}" had more than ${limits.processes} processes and was killed`,
      );
    case 'memory-limit':
      return failedRun(
        end.stopped,
        `"${program}" took more than ${limits.memoryMegabytes} MB and was killed`,
      );
    case 'cpu-limit':
      return failedRun(
        end.stopped,
        `"${program}" used more than ${limits.cpuSeconds} s of CPU and was killed`,
      );
  }
}

function endedResult(command: EndedCommand, end: ChildEnd): RunResult {
  const { program, limits } = command;
  const signal = end.signal ?? (end.exitCode === null ? undefined : SIGNALS.get(end.exitCode - SIGNALLED));
  if (signal === undefined && end.exitCode === 0) {
    return { outcome: RunOutcome.succeeded, output: parseOutput(end.stdout) };
  }
  const overCpu = Math.max(end.cpuSeconds, waitedSeconds(end.told)) >= limits.cpuSeconds;
  if (signal === 'SIGXCPU' || (signal === 'SIGKILL' && overCpu)) {
    return failedRun('cpu-limit', `"${program}" used ${limits.cpuSeconds} s of CPU and was killed`);
  }
  if (signal === 'SIGXFSZ') {
    return failedRun('file-limit', `"${program}" wrote a file of more than ${limits.fileMegabytes} MB`);
  }
  const refused = refusal(command, end);
  if (refused !== undefined) return refused;
  if (signal !== undefined) {
    return failedRun('killed-by-signal', `"${program}" was killed by ${signal}${said(end)}`);
  }
  return failedRun('exit-code', `"${program}" exited with code ${end.exitCode}${said(end)}`);
}

/** The failure for what the kernel refused it, when it says so. */
function refusal({ program, limits }: EndedCommand, end: ChildEnd): RunResult | undefined {
  const told = said(end);
  if (REFUSED_MEMORY.test(end.stderrTail)) {
    return failedRun(
      'memory-limit',
      `"${program}" was refused more than ${limits.memoryMegabytes} MB${told}`,
    );
  }
  if (REFUSED_PROCESS.test(end.stderrTail)) {
    return failedRun(
      'process-limit',
      `"${program}" was refused more than ${limits.processes} processes${told}`,
    );
  }
  return undefined;
}

function said({ stderrTail }: ChildEnd): string {
  return stderrTail === '' ? '' : `; it said: ${stderrTail}`;
}

/** The shell's `times`: two lines of user and system time, its own and that of everything it waited for. */
function waitedSeconds(told: string): number {
  const times = [...told.matchAll(/(\d+)m([\d.]+)s/g)];
  return times.reduce((sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds), 0);
}

function parseOutput(stdout: Buffer): unknown {
  if (stdout.length === 0) return undefined;
  const text = stdout.toString('utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text.replace(/\r?\n$/, '');
  }
}
