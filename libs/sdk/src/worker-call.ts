/** One call in a worker: what its function sees of it, and what it says to the executor while it runs. */
import type { Msg } from '@nats-io/nats-core';
import { ROOT_CONTEXT, context as active, trace } from '@opentelemetry/api';
import { WORKER_ALIVE_MS, digestOf, messageOf } from '@writ/contracts';
import type { WorkerMessage, WorkerRequest } from '@writ/contracts';

/** What a worker's function gets beside its inputs. */
export interface WorkerContext extends Omit<WorkerRequest, 'inputs'> {
  /** Aborts when nobody waits for the output any more: the call was cancelled or has timed out. */
  readonly signal: AbortSignal;
  /** Tells the agent how far the call is: any small JSON value. Not stored, may be lost. */
  progress(note: unknown): void;
  /** States what the call used up, in whole units; amounts of several reports add up. */
  report(amounts: Readonly<Record<string, number>>): void;
}

export type WorkerFunction = (inputs: Record<string, unknown>, call: WorkerContext) => unknown;

const LONGEST_MESSAGE = 4_000;
const ERROR_CODE = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

export class WorkerCall {
  readonly #message: Msg;
  readonly #request: WorkerRequest;
  readonly #abort = new AbortController();
  readonly #alive: NodeJS.Timeout;
  readonly #usage: Record<string, number> = {};

  /** From here on the executor hears that the worker lives. */
  constructor(message: Msg, request: WorkerRequest) {
    this.#message = message;
    this.#request = request;
    this.#alive = setInterval(() => this.#tell({ type: 'alive' }), WORKER_ALIVE_MS);
  }

  abort(): void {
    this.#abort.abort();
  }

  /** Runs it and answers; never rejects. */
  async run(work: WorkerFunction): Promise<void> {
    const { inputs, ...rest } = this.#request;
    try {
      if (this.#abort.signal.aborted) return;
      if (digestOf(inputs) !== rest.argsDigest) {
        return this.#failed('digest-mismatch', 'the inputs received are not the ones that were decided on');
      }
      const context: WorkerContext = {
        ...rest,
        signal: this.#abort.signal,
        progress: (note) => this.#tell({ type: 'progress', note }),
        report: (amounts) => this.#report(amounts),
      };
      const output: unknown = await inTrace(rest.traceparent, async () => work(inputs, context));
      this.#tell({ type: 'result', output, usage: this.#usage });
    } catch (thrown) {
      const code = (thrown as { code?: unknown } | undefined)?.code;
      const known = typeof code === 'string' && ERROR_CODE.test(code);
      this.#failed(known ? code : 'tool-error', messageOf(thrown));
    } finally {
      clearInterval(this.#alive);
    }
  }

  #report(amounts: Readonly<Record<string, number>>): void {
    for (const [unit, amount] of Object.entries(amounts)) {
      if (!(Number.isFinite(amount) && amount >= 0)) {
        throw new TypeError(
          `report: the amount of "${unit}" must be a finite number of at least 0, not ${amount}`,
        );
      }
      this.#usage[unit] = (this.#usage[unit] ?? 0) + amount;
    }
  }

  #failed(code: string, message: string): void {
    this.#tell({
      type: 'error',
      error: { code, message: message.slice(0, LONGEST_MESSAGE) },
      usage: this.#usage,
    });
  }

  #tell(message: WorkerMessage): void {
    this.#message.respond(JSON.stringify(message));
  }
}

/** What the function traces hangs below the call. */
function inTrace<T>(traceparent: string | undefined, work: () => T): T {
  if (traceparent === undefined) return work();
  const [, traceId = '', spanId = '', flags = ''] = traceparent.split('-');
  const traceFlags = Number.parseInt(flags, 16);
  return active.with(
    trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true }),
    work,
  );
}
