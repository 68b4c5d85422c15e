/** One executor process of the fleet (`executor-node.mjs`): killed and started anew, or paused and woken. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { eventually, inWrit } from '@writ/testkit';
import type { Login } from '../../../infra/dev/connection.ts';

export interface NodeOptions {
  readonly slots: number;
  readonly url: string;
  readonly login: Login;
  /** Where commands work: what is left of those of a killed executor stays there. */
  readonly scratchFolder: string;
}

const PROGRAM = fileURLToPath(new URL('./executor-node.mjs', import.meta.url));
const TOOLS = fileURLToPath(new URL('./tools', import.meta.url));
const START_AGAIN_MS = 100;
const STANDS_STILL_WITHIN_MS = 30_000;

export class ExecutorNode {
  /** Under which name it is known; a process that comes back may have another one. */
  name: string;
  /** Whether it pulls. */
  up = false;
  /** What processes said that ended although nobody had killed them. */
  readonly crashes: string[] = [];
  readonly #options: NodeOptions;
  #process: ChildProcess | undefined;

  constructor(name: string, options: NodeOptions) {
    this.name = name;
    this.#options = options;
  }

  /** Resolves when it pulls. One that finds no server ends, and is started again. */
  async start(name = this.name): Promise<void> {
    this.name = name;
    while (!(await this.#launch())) await delay(START_AGAIN_MS);
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.up = false;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  /** SIGSTOP; resolves when the kernel says that it stands still. */
  async pause(): Promise<void> {
    const { pid } = this.#process ?? {};
    this.#process?.kill('SIGSTOP');
    await eventually(async () => / T /.test(await readFile(`/proc/${pid}/stat`, 'utf8')), {
      withinMs: STANDS_STILL_WITHIN_MS,
      what: `${this.name} stands still`,
    });
  }

  /** SIGCONT. */
  wake(): void {
    this.#process?.kill('SIGCONT');
  }

  async #launch(): Promise<boolean> {
    const { login, ...rest } = this.#options;
    const order = { executor: this.name, ...rest, ...login, toolsFolder: TOOLS };
    const env = { ...process.env, NODE_COMPILE_CACHE: inWrit('compile-cache') };
    const child = fork(PROGRAM, [JSON.stringify(order)], {
      execArgv: [],
      env,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#process = child;
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.once('exit', () => {
      if (this.up && this.#process === child) this.crashes.push(said);
      this.up = false;
    });
    const [first] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as unknown[];
    this.up = first === 'pulling';
    return this.up;
  }
}
