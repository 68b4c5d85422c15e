/**
 * `command` tools: a subprocess per call. Inputs arrive as JSON on stdin and as `{args.name}` in the arguments;
 * stdout is the output, as JSON when it parses, else as text. The process sees no environment but what the tool
 * lists and the call's own identity (`WRIT_...`), and works in a scratch folder that is removed afterwards.
 */
import { lstat, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { RunOutcome, WritError } from '@writ/contracts';
import type { JsonObject, ToolSpec } from '@writ/contracts';
import { failedRun } from '@writ/execution';
import type { ReportedUsage, RunResult } from '@writ/execution';
import { startChild } from './child-process.ts';
import type { ChildEnd, RunningChild } from './child-process.ts';
import { expandArguments } from './command-argv.ts';
import { TERM_GRACE_MS } from './limits.ts';
import { insideFolder } from './module-adapter.ts';
import { Turnstile } from './turnstile.ts';
import type { PreparedTool, ToolAdapter, ToolRun } from './tool-run.ts';

export interface CommandAdapterOptions {
  /** Programs named by a path with a `/` are looked for here; `{tools}` in an argument. */
  readonly toolsFolder: string;
  /** Where the variables that tools list are taken from. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly maxOutputBytes: number;
  /** Most subprocesses at once; more wait their turn, their time not yet running. */
  readonly processes: number;
  /** How long a process group has between SIGTERM and SIGKILL. */
  readonly graceMs?: number;
  /** Where scratch folders are made; the system's temporary folder by default. */
  readonly scratchFolder?: string;
}

/** What a command may write here, as JSON, is what it used up: `{"node-hours": 1.2}`. */
const USAGE_FILE = 'usage.json';

const MAX_USAGE_BYTES = 16 * 1024;
const UNREADABLE: ReportedUsage = { [USAGE_FILE]: Number.NaN };

interface Command {
  readonly name: string;
  readonly program: string;
  readonly templates: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

export class CommandAdapter implements ToolAdapter {
  readonly #options: CommandAdapterOptions;
  readonly #turnstile: Turnstile;
  readonly #running = new Set<RunningChild>();
  #closed = false;

  constructor(options: CommandAdapterOptions) {
    // The process works in its scratch folder, where a relative path would mean something else.
    this.#options = { ...options, toolsFolder: resolve(options.toolsFolder) };
    this.#turnstile = new Turnstile(options.processes);
  }

  async prepare(tool: ToolSpec): Promise<PreparedTool> {
    const { adapter } = tool;
    if (adapter.kind !== 'command') throw new WritError('invalid-tool', `tool "${tool.name}" is no command`);
    const [program, ...templates] = adapter.argv as [string, ...string[]];
    if (program.includes('{args.')) {
      throw new WritError('invalid-tool', `the program of tool "${tool.name}" must not depend on its inputs`);
    }
    const environment: Record<string, string> = {};
    for (const name of adapter.environment) {
      const value = this.#options.environment[name];
      if (value !== undefined) environment[name] = value;
    }
    const command: Command = {
      name: tool.name,
      program: await this.#locate(program),
      templates,
      environment,
      timeoutMs: 1_000 * tool.timeoutSeconds,
    };
    return (run) => this.#turnstile.pass(() => this.#run(command, run));
  }

  /** Ends all process groups, the polite way first; resolves when the last one is gone. */
  async close(): Promise<void> {
    this.#closed = true;
    const running = [...this.#running];
    for (const child of running) child.stop();
    await Promise.all(running.map((child) => child.ended));
  }

  /** A bare name is looked up by the system, an absolute path is itself, any other path lies in the tools folder. */
  async #locate(program: string): Promise<string> {
    if (!program.includes('/') || isAbsolute(program)) return program;
    return insideFolder(this.#options.toolsFolder, program);
  }

  async #run(command: Command, run: ToolRun): Promise<RunResult> {
    if (this.#closed) return cancelled();
    let args: string[];
    try {
      args = expandArguments(
        command.templates,
        JSON.parse(run.inputs) as JsonObject,
        this.#options.toolsFolder,
      );
    } catch (error) {
      if (error instanceof WritError) return failedRun(error.code, error.message);
      throw error;
    }
    const folder = await mkdtemp(join(this.#options.scratchFolder ?? tmpdir(), 'writ-'));
    try {
      const end = await this.#child(command, run, args, folder);
      const reported = await readUsage(folder);
      const result = resultOf(command, end, this.#options.maxOutputBytes);
      return reported === undefined ? result : { ...result, reported };
    } finally {
      // A tool may have made its own files unremovable; that is no reason to lose its result.
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    }
  }

  async #child(command: Command, run: ToolRun, args: readonly string[], folder: string): Promise<ChildEnd> {
    const child = startChild({
      program: command.program,
      arguments: args,
      folder,
      environment: { ...command.environment, ...identity(command, run, folder) },
      stdin: run.inputs,
      timeoutMs: command.timeoutMs,
      maxOutputBytes: this.#options.maxOutputBytes,
      graceMs: this.#options.graceMs ?? TERM_GRACE_MS,
    });
    this.#running.add(child);
    if (this.#closed) child.stop();
    const end = await child.ended;
    this.#running.delete(child);
    return end;
  }
}

/** What a `module` tool finds in its context. */
function identity(command: Command, run: ToolRun, folder: string): Record<string, string> {
  return {
    WRIT_INVOCATION: run.invocation,
    WRIT_ATTEMPT: String(run.attempt),
    WRIT_IDEMPOTENCY_KEY: run.idempotencyKey,
    WRIT_FENCING_TOKEN: String(run.fencingToken),
    WRIT_DEADLINE_MS: String(Date.now() + command.timeoutMs),
    WRIT_USAGE_FILE: join(folder, USAGE_FILE),
  };
}

function resultOf(command: Command, end: ChildEnd, maxOutputBytes: number): RunResult {
  const { name, program, timeoutMs } = command;
  const said = end.stderrTail === '' ? '' : `; it said: ${end.stderrTail}`;
  if (end.spawnError)
    return failedRun('spawn-failed', `tool "${name}" could not be started: ${end.spawnError.message}`);
  if (end.stopped === 'timeout') {
    const message = `"${program}" did not finish within ${timeoutMs / 1_000} s and was killed${said}`;
    return { outcome: RunOutcome.timedOut, error: { code: 'timeout', message } };
  }
  if (end.stopped === 'output-too-large') {
    return failedRun(
      'output-too-large',
      `"${program}" wrote more than ${maxOutputBytes} bytes and was killed`,
    );
  }
  if (end.stopped === 'cancelled') return cancelled();
  if (end.signal !== null)
    return failedRun('killed-by-signal', `"${program}" was killed by ${end.signal}${said}`);
  if (end.exitCode !== 0)
    return failedRun('exit-code', `"${program}" exited with code ${end.exitCode}${said}`);
  return { outcome: RunOutcome.succeeded, output: parseOutput(end.stdout) };
}

function cancelled(): RunResult {
  const message = 'the executor was stopped before the tool had finished';
  return { outcome: RunOutcome.cancelled, error: { code: 'executor-stopped', message } };
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

/** Absent when the command wrote none; what is not a set of amounts is passed on and fails the call. */
async function readUsage(folder: string): Promise<ReportedUsage | undefined> {
  const file = join(folder, USAGE_FILE);
  const found = await lstat(file).catch(() => undefined);
  if (found === undefined) return undefined;
  if (!found.isFile() || found.size > MAX_USAGE_BYTES) return UNREADABLE;
  try {
    return { ...(JSON.parse(await readFile(file, 'utf8')) as ReportedUsage) };
  } catch {
    return UNREADABLE;
  }
}
