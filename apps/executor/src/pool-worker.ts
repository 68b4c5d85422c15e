/**
 * The executor's side of one tool worker thread: which calls it was given, how much of its time they are expected to
 * take, and what it has begun. It decides nothing; `worker-pool.ts` does.
 */
import { Worker } from 'node:worker_threads';
import type { RunResult } from '@writ/execution';
import { SHARED_THREAD_MS } from './limits.ts';
import { secretVariables } from './tool-environment.ts';
import type { ToolRun } from './tool-run.ts';
import { CLAIMED, RECEIVED, SHARED_COUNTERS } from './worker-protocol.ts';
import type { CallMessage, FromWorker, ToWorker, WorkerSetup } from './worker-protocol.ts';

/** The exported function that a call runs. */
export interface ModuleTarget {
  /** Names it in the pool's memory of how long it takes. */
  readonly name: string;
  readonly module: string;
  readonly export: string;
  readonly timeoutMs: number;
  /** Name in the tool's context -> `secret://name`. */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  /** The tool's cost names what an adapter measures. */
  readonly measures?: boolean;
  /** It has no effect, so it may run again when its worker is lost. */
  readonly repeatable: boolean;
}

/** A call in the pool, wherever it is. */
export interface Job {
  readonly target: ModuleTarget;
  readonly run: ToolRun;
  readonly settle: (result: RunResult) => void;
  /** Time that it is expected to keep a thread busy; zero once its thread was seen waiting. */
  expectedMs: number;
  /** On the clock of `performance.now()`; set when a worker gets it. */
  deadlineAt: number;
  /** Workers that died while it ran. */
  crashes: number;
  reported: Record<string, number> | undefined;
}

export interface ThreadOptions {
  readonly entry: URL;
  readonly environment: Readonly<Record<string, string>>;
  readonly maxOutputBytes: number;
  readonly onAnswers: (worker: PoolWorker, answers: FromWorker) => void;
  /** The thread has ended by itself; `error` when it says why. */
  readonly onExit: (worker: PoolWorker, error: unknown) => void;
}

export class PoolWorker {
  /** Calls given and not settled, by id. */
  readonly jobs = new Map<number, Job>();
  /** Resolves when the thread runs; rejects when it cannot. */
  readonly online: Promise<void>;
  /** Sum of what its jobs are expected to take. */
  loadMs = 0;
  /** It gets no more calls and ends as soon as nobody waits for it. */
  retired = false;
  readonly #thread: Worker;
  readonly #counters = new Int32Array(new SharedArrayBuffer(4 * SHARED_COUNTERS));
  #lastId = 0;
  #calls: CallMessage[] = [];
  #aborted: number[] = [];
  #sent = 0;
  #seenReceived = 0;
  #behindSince = 0;
  #utilization: ReturnType<Worker['performance']['eventLoopUtilization']> | undefined;
  #ended = false;

  constructor(options: ThreadOptions) {
    const setup: WorkerSetup = { counters: this.#counters, maxOutputBytes: options.maxOutputBytes };
    this.#thread = new Worker(options.entry, {
      name: 'writ-tool',
      workerData: setup,
      env: { ...options.environment },
      // What this process preloads (telemetry, say) is none of a tool's business.
      execArgv: [],
    });
    let error: unknown;
    this.#thread.on('message', (answers: FromWorker) => options.onAnswers(this, answers));
    this.#thread.on('error', (thrown) => (error = thrown));
    this.online = new Promise((resolve, reject) => {
      this.#thread.once('online', resolve);
      this.#thread.once('exit', () => reject(error));
    });
    this.online.catch(() => undefined);
    this.#thread.once('exit', () => {
      if (this.#ended) return;
      this.#ended = true;
      options.onExit(this, error);
    });
  }

  /** Hands a call over at the end of this turn, together with all others of the turn. */
  give(job: Job, now: number): void {
    const { run, target } = job;
    const id = (this.#lastId = (this.#lastId + 1) | 0);
    job.deadlineAt = now + target.timeoutMs;
    this.jobs.set(id, job);
    this.loadMs += job.expectedMs;
    this.#post();
    this.#calls.push({
      id,
      module: target.module,
      export: target.export,
      inputs: run.inputs,
      invocation: run.invocation,
      attempt: run.attempt,
      idempotencyKey: run.idempotencyKey,
      fencingToken: run.fencingToken,
      deadlineMs: Date.now() + target.timeoutMs,
      traceparent: run.traceparent,
      secrets: target.secrets && secretVariables(target.secrets, run),
    });
  }

  /** Takes a job off the books: it is settled, or it goes elsewhere. */
  release(id: number): Job | undefined {
    const job = this.jobs.get(id);
    if (job === undefined) return undefined;
    this.jobs.delete(id);
    this.loadMs = this.jobs.size === 0 ? 0 : this.loadMs - job.expectedMs;
    return job;
  }

  /** Tells the tool that nobody waits for this call any more. */
  abort(id: number): void {
    this.#post();
    this.#aborted.push(id);
  }

  /** Under which id it has a job; undefined when it has not. */
  idOf(job: Job): number | undefined {
    for (const [id, held] of this.jobs) if (held === job) return id;
    return undefined;
  }

  hasBegun(id: number): boolean {
    return ((id - Atomics.load(this.#counters, CLAIMED)) | 0) <= 0;
  }

  /** Takes back every call that has not begun, oldest first; afterwards they cannot begin here any more. */
  takeBack(): Job[] {
    for (;;) {
      const begun = Atomics.load(this.#counters, CLAIMED);
      if (begun === this.#lastId) return [];
      if (Atomics.compareExchange(this.#counters, CLAIMED, begun, this.#lastId) !== begun) continue;
      this.#calls = [];
      const ids = [...this.jobs.keys()].filter((id) => ((id - begun) | 0) > 0);
      return ids.map((id) => this.release(id) as Job);
    }
  }

  /** Whether the thread reads what it is sent; one that is blocked gets nothing to share. */
  responsive(now: number): boolean {
    const received = Atomics.load(this.#counters, RECEIVED);
    if (received === this.#sent) return true;
    if (received !== this.#seenReceived) {
      this.#seenReceived = received;
      this.#behindSince = now;
    }
    return now - this.#behindSince < SHARED_THREAD_MS;
  }

  /**
   * Looks at what the thread did since the last look: when it was mostly waiting, its calls wait for something
   * outside, and their expected load counts no more.
   */
  noticeWaiting(): void {
    const current = this.#thread.performance.eventLoopUtilization();
    const since = this.#thread.performance.eventLoopUtilization(current, this.#utilization);
    this.#utilization = current;
    if (this.loadMs === 0 || since.idle === 0 || since.utilization > MOSTLY_WAITING) return;
    for (const job of this.jobs.values()) job.expectedMs = 0;
    this.loadMs = 0;
  }

  /** Ends the thread at once, whatever it does. */
  async terminate(): Promise<void> {
    this.#ended = true;
    await this.#thread.terminate();
  }

  #post(): void {
    if (this.#calls.length + this.#aborted.length > 0) return;
    process.nextTick(() => {
      const message: ToWorker = { calls: this.#calls, aborted: this.#aborted };
      if (this.#ended || message.calls.length + message.aborted.length === 0) return;
      if (Atomics.load(this.#counters, RECEIVED) === this.#sent) this.#behindSince = performance.now();
      this.#sent = (this.#sent + 1) | 0;
      this.#calls = [];
      this.#aborted = [];
      this.#thread.postMessage(message);
    });
  }
}

/** Share of a look's time below which a thread counts as waiting. */
const MOSTLY_WAITING = 0.2;
