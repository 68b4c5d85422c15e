/**
 * The inside of a tool worker thread: loads modules, runs calls, answers in batches. It depends on nothing of ours at
 * run time, so that a worker starts quickly. It only ever runs what it has claimed (see `worker-protocol.ts`).
 */
import { performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import type { ToolContext } from './tool-context.ts';
import { CLAIMED, RECEIVED } from './worker-protocol.ts';
import type { Answer, CallMessage, ToWorker, WorkerSetup } from './worker-protocol.ts';

type Tool = (inputs: unknown, context: ToolContext) => unknown;

/** The reports of a call that never yields are sent at least this often, so that they count when it is ended by force. */
const REPORT_EVERY_MS = 50;
const LONGEST_MESSAGE = 4_000;
const NO_SECRETS: ToolContext['secrets'] = Object.freeze({});
const ERROR_CODE = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

const { counters, maxOutputBytes } = workerData as WorkerSetup;
const tools = new Map<string, Tool | Promise<Tool>>();
const running = new Map<number, Call>();
let outbox: Answer[] = [];

/** One call in the thread; it is also the context that the tool sees. */
class Call implements ToolContext {
  readonly invocation: string;
  readonly attempt: number;
  readonly idempotencyKey: string;
  readonly fencingToken: number;
  readonly deadlineMs: number;
  readonly traceparent: string | undefined;
  readonly secrets: ToolContext['secrets'];
  readonly report: ToolContext['report'];
  readonly progress: ToolContext['progress'];
  readonly #id: number;
  #abort: AbortController | undefined;
  #reported: Record<string, number> | undefined;
  #sharedAtStart = 0;

  constructor(message: CallMessage) {
    this.invocation = message.invocation;
    this.attempt = message.attempt;
    this.idempotencyKey = message.idempotencyKey;
    this.fencingToken = message.fencingToken;
    this.deadlineMs = message.deadlineMs;
    this.traceparent = message.traceparent;
    this.#id = message.id;
    this.secrets = message.secrets ?? NO_SECRETS;
    this.progress = (note) => this.#note(note);
    this.report = (amounts) => this.#report(amounts);
  }

  get signal(): AbortSignal {
    return (this.#abort ??= new AbortController()).signal;
  }

  abort(): void {
    (this.#abort ??= new AbortController()).abort();
  }

  run(tool: Tool, inputs: string): void {
    this.#sharedAtStart = enterThread();
    try {
      const result = tool(JSON.parse(inputs), this);
      if (!isThenable(result)) return this.#returned(result);
      result.then(
        (value) => this.#returned(value),
        (thrown: unknown) => this.#threw(thrown),
      );
    } catch (thrown) {
      this.#threw(thrown);
    }
  }

  /** The call ends here because its tool could not be loaded. */
  refuse(thrown: unknown): void {
    this.#sharedAtStart = enterThread();
    this.#threw(thrown);
  }

  #threw(thrown: unknown): void {
    const code = (thrown as { code?: unknown } | undefined)?.code;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    this.#failed(typeof code === 'string' && ERROR_CODE.test(code) ? code : 'tool-error', message);
  }

  #returned(value: unknown): void {
    let output: string | undefined;
    try {
      output = JSON.stringify(value);
    } catch (thrown) {
      return this.#failed(
        'invalid-output',
        `the tool returned what JSON cannot hold: ${(thrown as Error).message}`,
      );
    }
    if (output === undefined) return this.#answer(value === undefined ? {} : { error: notJson(value) });
    if (output.length > maxOutputBytes) {
      const message = `the output has ${output.length} characters; at most ${maxOutputBytes} bytes are kept`;
      return this.#failed('output-too-large', message);
    }
    this.#answer({ output });
  }

  #failed(code: string, message: string): void {
    this.#answer({ error: { code, message: message.slice(0, LONGEST_MESSAGE) } });
  }

  #answer(end: Pick<Answer, 'output' | 'error'>): void {
    const threadMs = leaveThread() - this.#sharedAtStart;
    running.delete(this.#id);
    send({ id: this.#id, ...end, ...this.#takeReports(), threadMs });
  }

  #note(note: unknown): void {
    send({ id: this.#id, notes: [JSON.parse(JSON.stringify(note ?? null))] });
    if (performance.now() - lastSentAt >= REPORT_EVERY_MS) flush();
  }

  #report(amounts: Readonly<Record<string, number>>): void {
    if (this.#reported === undefined) process.nextTick(() => this.#sendReports());
    const sum = (this.#reported ??= {});
    for (const [unit, amount] of Object.entries(amounts)) {
      if (typeof amount !== 'number' || !Number.isFinite(amount) || amount < 0) {
        throw new TypeError(
          `report: the amount of "${unit}" must be a finite number of at least 0, not ${amount}`,
        );
      }
      sum[unit] = (sum[unit] ?? 0) + amount;
    }
    if (performance.now() - lastSentAt < REPORT_EVERY_MS) return;
    this.#sendReports();
    flush();
  }

  /** At the end of the turn, unless the answer took them along: a call may yet be ended by force. */
  #sendReports(): void {
    if (this.#reported !== undefined) send({ id: this.#id, ...this.#takeReports() });
  }

  #takeReports(): Pick<Answer, 'reported'> {
    const reported = this.#reported;
    this.#reported = undefined;
    return reported === undefined ? {} : { reported };
  }
}

/** Time for which the thread was busy, divided among the calls that it was in; grows by one call's share. */
let sharedMs = 0;
let lastActiveMs = 0;
let inThread = 0;
let lastSentAt = performance.now();

function enterThread(): number {
  advance();
  inThread++;
  return sharedMs;
}

function leaveThread(): number {
  advance();
  inThread--;
  return sharedMs;
}

function advance(): void {
  const { active } = performance.eventLoopUtilization();
  if (inThread > 0) sharedMs += (active - lastActiveMs) / inThread;
  lastActiveMs = active;
}

/** Goes out when this turn's microtasks are done: what finished together is answered together, without a hop. */
function send(answer: Answer): void {
  if (outbox.push(answer) === 1) process.nextTick(flush);
}

function flush(): void {
  if (outbox.length === 0) return;
  lastSentAt = performance.now();
  parentPort?.postMessage(outbox);
  outbox = [];
}

function begin(message: CallMessage): void {
  const claimed = Atomics.compareExchange(counters, CLAIMED, (message.id - 1) | 0, message.id);
  if (claimed !== ((message.id - 1) | 0)) return; // Taken back: it runs elsewhere.
  const call = new Call(message);
  running.set(message.id, call);
  const name = `${message.module}#${message.export}`;
  const tool = tools.get(name) ?? load(name, message);
  if (typeof tool === 'function') return call.run(tool, message.inputs);
  tool.then(
    (loaded) => call.run(loaded, message.inputs),
    (thrown: unknown) => call.refuse(thrown),
  );
}

/** A module is loaded once; one that cannot be loaded is tried again by the next call. */
function load(name: string, message: CallMessage): Promise<Tool> {
  const loading = importTool(message).then(
    (tool) => {
      tools.set(name, tool);
      return tool;
    },
    (thrown: unknown) => {
      tools.delete(name);
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      throw Object.assign(new Error(`the tool cannot be loaded: ${reason}`), { code: 'invalid-tool' });
    },
  );
  tools.set(name, loading);
  return loading;
}

async function importTool(message: CallMessage): Promise<Tool> {
  const module = (await import(message.module)) as Record<string, unknown>;
  const tool = module[message.export];
  if (typeof tool !== 'function')
    throw new Error(`${message.module} exports no function "${message.export}"`);
  return tool as Tool;
}

function notJson(value: unknown): { code: string; message: string } {
  return { code: 'invalid-output', message: `the tool returned a ${typeof value}, which JSON cannot hold` };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

parentPort?.on('message', ({ calls, aborted }: ToWorker) => {
  Atomics.add(counters, RECEIVED, 1);
  for (const message of calls) begin(message);
  for (const id of aborted) running.get(id)?.abort();
});
