/**
 * Messages between the executor and its tool workers. At ten thousand calls a second the price of a message, not of
 * what is in it, decides; so both sides send what has gathered as one message.
 *
 * Two shared counters need no message at all. `claimed` is the id of the last call that the worker has begun: ids are
 * consecutive, and the worker begins call n only by moving the counter from n-1 to n. So the executor can take back
 * everything that was not begun, in one step, by moving the counter past it; there is no moment at which both sides
 * believe to own a call. `received` counts the messages that the worker has read: a worker that reads is not blocked.
 */

export const CLAIMED = 0;
export const RECEIVED = 1;
export const SHARED_COUNTERS = 2;

/** What a worker is born with. */
export interface WorkerSetup {
  readonly counters: Int32Array;
  readonly maxOutputBytes: number;
}

export interface CallMessage {
  /** Consecutive per worker, as a wrapping 32-bit integer. */
  readonly id: number;
  /** URL of the ES module, and the name of what it exports. */
  readonly module: string;
  readonly export: string;
  /** JSON of the arguments. */
  readonly inputs: string;
  readonly invocation: string;
  readonly attempt: number;
  readonly idempotencyKey: string;
  readonly fencingToken: number;
  readonly deadlineMs: number;
  /** Undefined when nothing is traced. */
  readonly traceparent: string | undefined;
  /** Name -> value; undefined for a tool without secrets. */
  readonly secrets: Readonly<Record<string, string>> | undefined;
}

export interface ToWorker {
  readonly calls: readonly CallMessage[];
  /** Calls that timed out and still run. */
  readonly aborted: readonly number[];
}

/** What happened to a call, told once. */
export interface Answer {
  readonly id: number;
  /** JSON of what was returned; absent when the tool returned nothing or failed. */
  readonly output?: string;
  readonly error?: { readonly code: string; readonly message: string };
  /** Everything reported since the last message about this call. */
  readonly reported?: Readonly<Record<string, number>>;
  /** What it said about how far it is. */
  readonly notes?: readonly unknown[];
  /** How long the call kept the thread busy, its share when calls overlapped; absent while it still runs. */
  readonly threadMs?: number;
}

export type FromWorker = readonly Answer[];
