/**
 * A tool worker: any process that can reach NATS becomes the place where a `nats` tool runs. Workers of one name share
 * the calls; more of them, anywhere, is more capacity. The wire is plain NATS (`worker-wire.md`), so a worker needs
 * neither this function nor this language.
 */
import type { Msg } from '@nats-io/nats-core';
import {
  WORKER_QUEUE,
  WritError,
  isToken,
  messageOf,
  subjects,
  workerCancel,
  workerRequest,
} from '@writ/contracts';
import { connectNats } from '@writ/ledger';
import { DEFAULT_WORKER_CONCURRENCY, WORKER_DRAIN_MS } from './limits.ts';
import { workerSettings } from './settings.ts';
import type { AgentOptions } from './settings.ts';
import { WorkerCall } from './worker-call.ts';
import type { WorkerFunction } from './worker-call.ts';

export interface ServeOptions extends Omit<AgentOptions, 'agent'> {
  /** Calls at once; more wait here, and the executor hears that they are not forgotten. */
  readonly concurrency?: number | undefined;
}

export interface ToolWorker {
  /** Calls that run or wait here. */
  readonly held: number;
  /** Takes no more calls, lets what runs finish (20 s at most), ends the connection. */
  stop(): Promise<void>;
}

/**
 * Serves the `nats` tools whose spec names `worker`, until stopped.
 * @throws WritError `invalid-connection`, `connection-failed`, `not-permitted`.
 * @example
 * const worker = await serveTool('dock', async ({ smiles }, call) => {
 *   call.progress({ percent: 50 });
 *   call.report({ 'node-hours': 0.2 });
 *   return { score: await dock(smiles, call.signal) };
 * });
 */
export async function serveTool(
  worker: string,
  work: WorkerFunction,
  options: ServeOptions = {},
): Promise<ToolWorker> {
  if (!isToken(worker)) {
    throw new WritError(
      'invalid-connection',
      `worker "${worker}" must be 1 to 64 letters, digits, "_" or "-"`,
    );
  }
  const { server: url, user, password, tenant } = workerSettings(options);
  let connection;
  try {
    connection = await connectNats({ url, user, password, name: `worker ${tenant}/${worker}` });
  } catch (cause) {
    const message = `cannot connect to ${url}: ${messageOf(cause)}`;
    throw new WritError('connection-failed', message, { retryable: true, cause });
  }
  const serving = new Serving(work, options.concurrency ?? DEFAULT_WORKER_CONCURRENCY);
  let refusal: Error | undefined;
  const listen = (subject: string, hear: (message: Msg) => void, queue?: string): { unsubscribe(): void } =>
    connection.subscribe(subject, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, message) => {
        if (error === null) hear(message);
        else refusal = error;
      },
    });
  const calls = listen(subjects.worker(tenant, worker), (message) => serving.take(message), WORKER_QUEUE);
  listen(subjects.workerCancel(tenant, worker), (message) => serving.cancel(message));
  // The server answers in order: before its PONG a refusal of these subscriptions has arrived.
  await connection.flush();
  if (refusal !== undefined) {
    await connection.close();
    const message = `user ${user ?? '(none)'} may not serve "${worker}": ${refusal.message}`;
    throw new WritError('not-permitted', message, { cause: refusal });
  }
  const stop = async (): Promise<void> => {
    calls.unsubscribe();
    await serving.drained(WORKER_DRAIN_MS);
    await connection.drain();
  };
  let stopping: Promise<void> | undefined;
  return {
    get held() {
      return serving.held;
    },
    stop: () => (stopping ??= stop()),
  };
}

/** The calls of one worker: so many at once, the rest in the order in which they came. */
class Serving {
  readonly #work: WorkerFunction;
  readonly #most: number;
  readonly #calls = new Map<string, WorkerCall>();
  readonly #waiting: { readonly key: string; readonly call: WorkerCall }[] = [];
  #running = 0;
  #whenEmpty: (() => void) | undefined;

  constructor(work: WorkerFunction, most: number) {
    this.#work = work;
    this.#most = most;
  }

  get held(): number {
    return this.#calls.size;
  }

  take(message: Msg): void {
    let parsed;
    try {
      parsed = workerRequest.parse(message.json());
    } catch (thrown) {
      const error = { code: 'invalid-request', message: messageOf(thrown).slice(0, 1_000) };
      return void message.respond(JSON.stringify({ type: 'error', error }));
    }
    const call = new WorkerCall(message, parsed);
    const key = `${parsed.invocation}/${parsed.attempt}`;
    this.#calls.set(key, call);
    this.#waiting.push({ key, call });
    this.#next();
  }

  cancel(message: Msg): void {
    const parsed = workerCancel.safeParse(message.json());
    if (parsed.success) this.#calls.get(`${parsed.data.invocation}/${parsed.data.attempt}`)?.abort();
  }

  async drained(withinMs: number): Promise<void> {
    if (this.#calls.size === 0) return;
    let late: NodeJS.Timeout | undefined;
    const bound = new Promise<void>((resolve) => (late = setTimeout(resolve, withinMs)));
    await Promise.race([bound, new Promise<void>((resolve) => (this.#whenEmpty = resolve))]);
    clearTimeout(late);
    for (const call of this.#calls.values()) call.abort();
  }

  #next(): void {
    while (this.#running < this.#most) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#running++;
      void next.call.run(this.#work).then(() => {
        this.#running--;
        this.#calls.delete(next.key);
        if (this.#calls.size === 0) this.#whenEmpty?.();
        this.#next();
      });
    }
  }
}
