/**
 * `command` tools: a subprocess per call. Inputs arrive as JSON on stdin and as `{args.name}` in the arguments;
 * stdout is the output, as JSON when it parses, else as text. The process sees no environment but what the tool
 * lists and the call's own identity (`WRIT_...`), works in a scratch folder that is removed afterwards, and is held
 * in what the machine has to hold it in (`sandbox.ts`).
 */
import { chownSync, mkdtempSync, rmdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { WritError } from '@writ/contracts';
import type { JsonObject, ToolSpec } from '@writ/contracts';
import { failedRun } from '@writ/execution';
import type { RunResult } from '@writ/execution';
import { startChild } from './child-process.ts';
import type { ChildEnd, RunningChild } from './child-process.ts';
import { expandArguments } from './command-argv.ts';
import { measured, resultOf } from './command-result.ts';
import { USAGE_FILE, withUsage } from './command-usage.ts';
import { COMMAND_PROCESSES, OPEN_FILES, LARGEST_FILE_MB, TERM_GRACE_MS } from './limits.ts';
import { insideFolder } from './module-adapter.ts';
import { killLeftovers } from './process-tree.ts';
import { findProgram } from './sandbox.ts';
import type { Holding, Sandbox } from './sandbox.ts';
import type { CommandLimits } from './sandbox-script.ts';
import { passedVariables, secretVariables } from './tool-environment.ts';
import type { PreparedTool, ToolAdapter, ToolRun } from './tool-run.ts';
import { Turnstile } from './turnstile.ts';
import { unfinished } from './unfinished.ts';

export interface CommandAdapterOptions {
  /** Programs named by a path with a `/` are looked for here; `{tools}` in an argument. */
  readonly toolsFolder: string;
  /** Where the variables that tools list are taken from. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly maxOutputBytes: number;
  /** Most subprocesses at once; more wait their turn, their time not yet running. */
  readonly processes: number;
  /** What this machine can hold a command in. */
  readonly sandbox: () => Promise<Sandbox>;
  /** How long a process group has between SIGTERM and SIGKILL. */
  readonly graceMs?: number;
  /** Where scratch folders are made; the system's temporary folder by default. */
  readonly scratchFolder?: string;
}

interface Command extends Pick<Holding, 'limits' | 'noNetwork' | 'readOnlyRoot'> {
  readonly name: string;
  readonly program: string;
  readonly templates: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly maxOutputBytes: number;
  readonly sandbox: Sandbox;
}

const MEGABYTE = 1_024 * 1_024;
const LAUNCHERS_OF_NAMESPACE = 2;

export class CommandAdapter implements ToolAdapter {
  readonly #options: CommandAdapterOptions;
  readonly #turnstile: Turnstile;
  readonly #running = new Set<RunningChild>();
  readonly #freeSlots: number[];
  #closed = false;

  constructor(options: CommandAdapterOptions) {
    // The process works in its scratch folder, where a relative path would mean something else.
    this.#options = { ...options, toolsFolder: resolve(options.toolsFolder) };
    this.#turnstile = new Turnstile(options.processes);
    this.#freeSlots = Array.from({ length: options.processes }, (_, index) => options.processes - 1 - index);
  }

  async prepare(tool: ToolSpec): Promise<PreparedTool> {
    const { adapter, name } = tool;
    if (adapter.kind !== 'command') throw new WritError('invalid-tool', `tool "${name}" is no command`);
    const [program, ...templates] = adapter.argv as [string, ...string[]];
    if (program.includes('{args.')) {
      throw new WritError('invalid-tool', `the program of tool "${name}" must not depend on its inputs`);
    }
    const sandbox = await this.#options.sandbox();
    const demand = { noNetwork: adapter.network === false, readOnlyRoot: adapter.readOnlyRoot === true };
    sandbox.require(name, demand);
    const environment = passedVariables(adapter.environment, this.#options.environment);
    const command: Command = {
      name,
      program: await this.#locate(program, environment['PATH']),
      templates,
      environment,
      secrets: adapter.secrets ?? {},
      timeoutMs: 1_000 * tool.timeoutSeconds,
      maxOutputBytes: this.#options.maxOutputBytes,
      limits: limitsOf(tool, adapter.limits),
      sandbox,
      ...demand,
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

  /** A bare name is looked up, an absolute path is itself, any other path lies in the tools folder. */
  async #locate(program: string, path: string | undefined): Promise<string> {
    if (isAbsolute(program)) return program;
    if (!program.includes('/')) return (await findProgram(program, path)) ?? `/nowhere/${program}`;
    return insideFolder(this.#options.toolsFolder, program);
  }

  async #run(command: Command, run: ToolRun): Promise<RunResult> {
    if (this.#closed || run.signal?.aborted) return unfinished(run.signal);
    let args: string[];
    try {
      const inputs = JSON.parse(run.inputs) as JsonObject;
      args = expandArguments(command.templates, inputs, this.#options.toolsFolder);
    } catch (error) {
      if (error instanceof WritError) return failedRun(error.code, error.message);
      throw error;
    }
    const slot = this.#freeSlots.pop() ?? 0;
    const user = command.sandbox.userOf(slot);
    const folder = this.#makeScratch(user);
    try {
      const end = await this.#child(command, run, args, folder, slot);
      if (!command.sandbox.namespaces) killLeftovers(folder, user);
      const sent = Buffer.byteLength(run.inputs);
      return withUsage(
        { ...resultOf({ ...command, user, signal: run.signal }, end), measured: measured(end, sent) },
        folder,
      );
    } finally {
      this.#freeSlots.push(slot);
      await removeScratch(folder);
    }
  }

  /** Synchronous, like the spawn that follows: a thread of its own would cost more than the work. */
  #makeScratch(user: number | undefined): string {
    const folder = mkdtempSync(join(this.#options.scratchFolder ?? tmpdir(), 'writ-'));
    if (user !== undefined) chownSync(folder, user, user);
    return folder;
  }

  async #child(
    command: Command,
    run: ToolRun,
    args: readonly string[],
    folder: string,
    slot: number,
  ): Promise<ChildEnd> {
    const { sandbox, program, limits, timeoutMs, maxOutputBytes } = command;
    const child = startChild({
      ...sandbox.launch([program, ...args], { ...command, slot }),
      folder,
      environment: {
        ...command.environment,
        ...secretVariables(command.secrets, run),
        ...identity(command, run, folder),
      },
      stdin: run.inputs,
      timeoutMs,
      maxOutputBytes,
      limits,
      launchers: sandbox.namespaces ? LAUNCHERS_OF_NAMESPACE : 0,
      graceMs: this.#options.graceMs ?? TERM_GRACE_MS,
      onProgress: run.progress && ((line) => run.progress?.(parsed(line))),
    });
    const stop = (): void => child.stop();
    this.#running.add(child);
    run.signal?.addEventListener('abort', stop, { once: true });
    if (this.#closed) child.stop();
    const end = await child.ended;
    run.signal?.removeEventListener('abort', stop);
    this.#running.delete(child);
    return end;
  }
}

async function removeScratch(folder: string): Promise<void> {
  try {
    // Most commands leave nothing.
    rmdirSync(folder);
  } catch {
    // A tool may have made its own files unremovable; that is no reason to lose its result.
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

type AdapterLimits = Extract<ToolSpec['adapter'], { kind: 'command' }>['limits'];

/** What a tool does not say is bounded all the same. */
function limitsOf({ timeoutSeconds }: ToolSpec, said: AdapterLimits): CommandLimits {
  return {
    cpuSeconds: said?.cpuSeconds ?? timeoutSeconds * availableParallelism(),
    memoryMegabytes: said?.memoryMegabytes ?? Math.floor(totalmem() / MEGABYTE / 2),
    processes: said?.processes ?? COMMAND_PROCESSES,
    files: said?.files ?? OPEN_FILES,
    fileMegabytes: said?.fileMegabytes ?? LARGEST_FILE_MB,
  };
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
    ...(run.traceparent === undefined ? {} : { TRACEPARENT: run.traceparent }),
    ...(run.nodes ? { WRIT_NODES: run.nodes.join(',') } : {}),
    ...(run.progress ? { WRIT_PROGRESS_FD: '4' } : {}),
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return line;
  }
}
