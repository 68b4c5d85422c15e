/**
 * `nats` tools: a worker anywhere, in any language, that answers requests (`worker-wire.ts`). The inputs go out as the
 * very text that was decided on. A worker that falls silent is taken for dead; nobody else is asked then, because it
 * may have done its work.
 */
import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core';
import { createInbox } from '@nats-io/nats-core';
import { RunOutcome, WritError, subjects, workerMessage } from '@writ/contracts';
import type { ToolSpec } from '@writ/contracts';
import { Measured, failedRun } from '@writ/execution';
import type { RunResult } from '@writ/execution';
import { WORKER_SILENT_MS } from './limits.ts';
import type { PreparedTool, ToolAdapter, ToolRun } from './tool-run.ts';
import { unfinished } from './unfinished.ts';

interface NatsTool {
  readonly name: string;
  readonly worker: string;
  readonly timeoutMs: number;
}

export interface NatsAdapterOptions {
  readonly connection: NatsConnection;
  /** Prefix of the inboxes that this user may listen to. */
  readonly inboxPrefix?: string | undefined;
  readonly silentMs?: number;
}

const NO_RESPONDERS = 503;

export class NatsAdapter implements ToolAdapter {
  readonly #options: NatsAdapterOptions;
  readonly #asking = new Set<Asking>();

  constructor(options: NatsAdapterOptions) {
    this.#options = options;
  }

  prepare(tool: ToolSpec): Promise<PreparedTool> {
    const { adapter, name } = tool;
    if (adapter.kind !== 'nats') throw new WritError('invalid-tool', `tool "${name}" is no nats tool`);
    const ready = { name, worker: adapter.worker, timeoutMs: 1_000 * tool.timeoutSeconds };
    return Promise.resolve((run) => this.#run(ready, run));
  }

  close(): Promise<void> {
    for (const asking of this.#asking) asking.cancel();
    return Promise.resolve();
  }

  async #run(tool: NatsTool, run: ToolRun): Promise<RunResult> {
    const asking = new Asking(tool, run, this.#options);
    this.#asking.add(asking);
    const result = await asking.result;
    this.#asking.delete(asking);
    return result;
  }
}

/** One request and all that comes back for it. */
class Asking {
  readonly result: Promise<RunResult>;
  readonly #tool: NatsTool;
  readonly #run: ToolRun;
  readonly #connection: NatsConnection;
  readonly #begun = performance.now();
  readonly #silentMs: number;
  readonly #subscription: Subscription;
  readonly #timeout: NodeJS.Timeout;
  readonly #cancel = (): void => this.cancel();
  #silence: NodeJS.Timeout | undefined;
  #received = 0;
  #settle: (result: RunResult) => void = () => undefined;

  constructor(tool: NatsTool, run: ToolRun, { connection, inboxPrefix, silentMs }: NatsAdapterOptions) {
    this.#tool = tool;
    this.#run = run;
    this.#connection = connection;
    this.#silentMs = silentMs ?? WORKER_SILENT_MS;
    this.result = new Promise((resolve) => (this.#settle = resolve));
    const inbox = createInbox(inboxPrefix);
    this.#subscription = connection.subscribe(inbox, {
      callback: (error, message) =>
        error ? this.#failed('worker-failed', error.message) : this.#heard(message),
    });
    this.#timeout = setTimeout(() => this.#timedOut(), tool.timeoutMs);
    run.signal?.addEventListener('abort', this.#cancel, { once: true });
    this.#listen();
    try {
      connection.publish(subjects.worker(run.tenant, tool.worker), this.#request(), { reply: inbox });
    } catch (error) {
      this.#failed('worker-failed', `the request cannot be sent: ${String(error)}`);
    }
  }

  /** Nobody waits any more; the worker is told. */
  cancel(): void {
    this.#tellCancelled();
    this.#end(unfinished(this.#run.signal));
  }

  #heard(message: Msg): void {
    if (message.data.length === 0 && message.headers?.code === NO_RESPONDERS) {
      const hint = 'start one with serveTool(), and look at its NATS permissions';
      return this.#failed('no-worker', `no worker serves "${this.#tool.worker}": ${hint}`);
    }
    this.#received += message.data.length;
    this.#listen();
    const told = parse(message);
    if (told === undefined)
      return this.#failed('worker-failed', 'the worker answered with what is no answer');
    if (told.type === 'progress') return this.#run.progress?.(told.note);
    if (told.type === 'alive') return;
    const reported = told.usage === undefined ? {} : { reported: told.usage };
    if (told.type === 'error')
      return this.#end({ ...failedRun(told.error.code, told.error.message), ...reported });
    this.#end({ outcome: RunOutcome.succeeded, output: told.output, ...reported });
  }

  #listen(): void {
    clearTimeout(this.#silence);
    const lost = `the worker of "${this.#tool.worker}" was not heard of for ${this.#silentMs / 1_000} s`;
    this.#silence = setTimeout(() => this.#failed('worker-lost', lost), this.#silentMs);
  }

  #timedOut(): void {
    this.#tellCancelled();
    const message = `the worker did not finish within ${this.#tool.timeoutMs / 1_000} s`;
    this.#end({ outcome: RunOutcome.timedOut, error: { code: 'timeout', message } });
  }

  #failed(code: string, message: string): void {
    this.#end(failedRun(code, message));
  }

  #tellCancelled(): void {
    const { tenant, invocation, attempt } = this.#run;
    if (this.#connection.isClosed()) return;
    const subject = subjects.workerCancel(tenant, this.#tool.worker);
    this.#connection.publish(subject, JSON.stringify({ invocation, attempt }));
  }

  #end(result: RunResult): void {
    clearTimeout(this.#timeout);
    clearTimeout(this.#silence);
    this.#subscription.unsubscribe();
    this.#run.signal?.removeEventListener('abort', this.#cancel);
    const measured = {
      [Measured.wallSeconds]: (performance.now() - this.#begun) / 1_000,
      [Measured.bytesSent]: Buffer.byteLength(this.#run.inputs),
      [Measured.bytesReceived]: this.#received,
    };
    this.#settle({ ...result, measured });
  }

  /** Written by hand, so that the inputs are the very bytes that the digest is of. */
  #request(): string {
    const { invocation, attempt, agent, argsDigest, idempotencyKey, fencingToken, inputs, traceparent } =
      this.#run;
    const deadlineMs = Date.now() + this.#tool.timeoutMs;
    const rest = {
      invocation,
      attempt,
      tool: this.#tool.name,
      agent,
      argsDigest,
      idempotencyKey,
      fencingToken,
      deadlineMs,
      traceparent,
    };
    return `{"inputs":${inputs},${JSON.stringify(rest).slice(1)}`;
  }
}

function parse(message: Msg): ReturnType<typeof workerMessage.parse> | undefined {
  try {
    return workerMessage.parse(message.json());
  } catch {
    return undefined;
  }
}
