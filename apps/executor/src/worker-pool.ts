/**
 * Runs `module` calls on a pool of long-lived worker threads. Two needs pull against each other: trivial calls must
 * share threads and messages, or the price of a message limits everything; heavy ones must have a thread to
 * themselves, or they hold up and endanger others. The rule that serves both:
 *
 * - A worker carries several calls only as long as they are expected to keep its thread busy for at most
 *   `SHARED_THREAD_MS` in all. What a tool takes is measured inside the thread; it counts at once when it grows and is
 *   forgotten slowly. A tool never seen before counts as heavy.
 * - A worker that leaves messages unread for as long gets no more calls, and what it has not begun moves elsewhere. A
 *   worker whose thread is idle only holds calls that wait for something outside; they take no room.
 * - A call that exceeds its timeout ends there and then, and its worker is replaced. What had not begun there, and
 *   READ_ONLY calls that had, run again elsewhere. The thread is terminated at once, unless it still holds begun calls
 *   with effects: those get the rest of their own time, because killing half an effect helps nobody.
 * - When a thread dies, READ_ONLY calls run once more elsewhere; others end `failed` with code `worker-crashed`.
 */
import type { ReportedUsage, RunResult } from '@writ/execution';
import { RunOutcome, messageOf } from '@writ/contracts';
import { Measured, failedRun } from '@writ/execution';
import { PACKED_THREAD_MS, SHARED_THREAD_MS, SWEEP_MS, WORKER_RESTART_MS } from './limits.ts';
import { PoolWorker } from './pool-worker.ts';
import type { Job, ModuleTarget, ThreadOptions } from './pool-worker.ts';
import type { ToolRun } from './tool-run.ts';
import { CANCELLED, STOPPED } from './unfinished.ts';
import type { Answer, FromWorker } from './worker-protocol.ts';

export interface WorkerPoolOptions {
  /** How many threads. */
  readonly workers: number;
  /** Everything that tools see as `process.env`. */
  readonly environment: Readonly<Record<string, string>>;
  readonly maxOutputBytes: number;
}

/** No call counts less, so that a worker never holds more than this many that may want its thread. */
const LEAST_EXPECTED_MS = SHARED_THREAD_MS / 256;

/** How fast an expectation falls when calls turn out cheaper. */
const FORGETTING = 0.2;

export class WorkerPool {
  readonly #thread: ThreadOptions;
  readonly #size: number;
  readonly #expectedMs = new Map<string, number>();
  #workers: PoolWorker[] = [];
  #retired = new Set<PoolWorker>();
  #waiting: Job[] = [];
  #sweeping = false;
  #closed = false;

  constructor(options: WorkerPoolOptions) {
    this.#size = options.workers;
    this.#thread = {
      entry: new URL(
        import.meta.url.endsWith('.ts') ? './tool-worker.ts' : './tool-worker.js',
        import.meta.url,
      ),
      environment: options.environment,
      maxOutputBytes: options.maxOutputBytes,
      onAnswers: (worker, answers) => this.#onAnswers(worker, answers),
      onExit: (worker, error) => this.#onExit(worker, error),
    };
  }

  /** Starts all threads, so that the first call finds them ready. */
  async start(): Promise<void> {
    while (this.#workers.length < this.#size) this.#workers.push(new PoolWorker(this.#thread));
    await Promise.all(this.#workers.map((worker) => worker.online));
  }

  /** Runs one call; never rejects. */
  run(target: ModuleTarget, run: ToolRun): Promise<RunResult> {
    return new Promise((settle) => {
      if (this.#closed) return settle(STOPPED);
      const job: Job = { target, run, settle, expectedMs: 0, deadlineAt: 0, crashes: 0, reported: undefined };
      if (run.signal?.aborted) return settle(CANCELLED);
      if (this.#waiting.length > 0 || !this.#place(job)) this.#waiting.push(job);
      run.signal?.addEventListener('abort', () => this.#cancel(job), { once: true });
      this.#armSweep();
    });
  }

  /** Ends every thread; calls that still run are answered as cancelled. */
  async close(): Promise<void> {
    this.#closed = true;
    const all = [...this.#workers, ...this.#retired];
    for (const job of [...this.#waiting, ...all.flatMap((worker) => [...worker.jobs.values()])])
      job.settle(STOPPED);
    this.#waiting = [];
    this.#workers = [];
    this.#retired = new Set();
    await Promise.all(all.map((worker) => worker.terminate()));
  }

  /** In the order of arrival: a heavy call that waits for a free thread is not overtaken for ever by light ones. */
  #placeWaiting(): void {
    let placed = 0;
    while (placed < this.#waiting.length && this.#place(this.#waiting[placed] as Job)) placed++;
    if (placed > 0) this.#waiting.splice(0, placed);
  }

  #place(job: Job): boolean {
    const now = performance.now();
    job.expectedMs = this.#expectedMs.get(job.target.name) ?? SHARED_THREAD_MS;
    const worker = this.#roomFor(job, now);
    worker?.give(job, now);
    return worker !== undefined;
  }

  /** Light calls gather on as few threads as that costs no time, so that others stay free; the rest spreads. */
  #roomFor(job: Job, now: number): PoolWorker | undefined {
    let best: PoolWorker | undefined;
    for (const worker of this.#workers) {
      const fits = worker.loadMs === 0 || worker.loadMs + job.expectedMs <= SHARED_THREAD_MS;
      const company = worker.jobs.size > 0;
      // What may have killed a thread before gets one to itself.
      if (!fits || (company && (job.crashes > 0 || !worker.responsive(now)))) continue;
      if (worker.loadMs + job.expectedMs <= PACKED_THREAD_MS) return worker;
      if (best === undefined || worker.loadMs < best.loadMs) best = worker;
    }
    return best;
  }

  #onAnswers(worker: PoolWorker, answers: FromWorker): void {
    for (const told of answers) this.#onAnswer(worker, told);
    if (worker.retired) this.#endWhenUnneeded(worker);
    if (this.#waiting.length > 0) this.#placeWaiting();
  }

  #onAnswer(worker: PoolWorker, told: Answer): void {
    // A call that timed out, or moved elsewhere, is on the books no more.
    const job = worker.jobs.get(told.id);
    if (job === undefined) return;
    if (told.reported) job.reported = addUp(job.reported, told.reported);
    if (told.notes) for (const note of told.notes) job.run.progress?.(note);
    if (told.threadMs === undefined) return;
    worker.release(told.id);
    this.#learn(job.target, told.threadMs);
    const result = resultOf(told);
    answer(job, job.target.measures ? { ...result, measured: measuredOf(job, told.threadMs) } : result);
  }

  #learn({ name }: ModuleTarget, threadMs: number): void {
    const known = this.#expectedMs.get(name) ?? 0;
    const expected = Math.max(threadMs, known + FORGETTING * (threadMs - known), LEAST_EXPECTED_MS);
    this.#expectedMs.set(name, expected);
  }

  #onExit(worker: PoolWorker, error: unknown): void {
    if (this.#closed) return;
    const again = worker.takeBack();
    for (const [id, job] of worker.jobs) {
      worker.release(id);
      if (job.target.repeatable && job.crashes++ === 0) again.push(job);
      else answer(job, failedRun('worker-crashed', crashSentence(error)));
    }
    this.#replace(worker);
    this.#again(again);
  }

  /** Puts another worker in its place; one that never came up is not replaced in a busy loop. */
  #replace(worker: PoolWorker): void {
    this.#retired.delete(worker);
    const place = this.#workers.indexOf(worker);
    if (place < 0) return;
    this.#workers.splice(place, 1);
    const another = (): void => {
      if (!this.#closed) this.#workers.push(new PoolWorker(this.#thread));
      this.#placeWaiting();
    };
    worker.online.then(another, () => setTimeout(another, WORKER_RESTART_MS));
  }

  #again(jobs: readonly Job[]): void {
    if (jobs.length === 0) return;
    this.#waiting = [...jobs, ...this.#waiting];
    this.#placeWaiting();
  }

  #armSweep(): void {
    if (this.#sweeping) return;
    this.#sweeping = true;
    setTimeout(() => this.#sweep(), SWEEP_MS);
  }

  /** Ends what is overdue, moves what is stuck, and notices threads that only wait. */
  #sweep(): void {
    this.#sweeping = false;
    const now = performance.now();
    const free = this.#workers.some((worker) => worker.jobs.size === 0);
    for (const worker of [...this.#workers, ...this.#retired]) {
      let stuck = free && !worker.responsive(now);
      for (const [id, job] of worker.jobs) {
        if (now < job.deadlineAt) continue;
        if (worker.hasBegun(id)) this.#timeOut(worker, id);
        else stuck = true;
      }
      if (stuck) this.#again(worker.takeBack());
      worker.noticeWaiting();
    }
    if (this.#waiting.length > 0) this.#placeWaiting();
    if (this.#waiting.length > 0 || [...this.#workers, ...this.#retired].some(({ jobs }) => jobs.size > 0)) {
      this.#armSweep();
    }
  }

  #timeOut(worker: PoolWorker, id: number): void {
    const job = worker.release(id) as Job;
    this.#learn(job.target, SHARED_THREAD_MS);
    const message = `the tool did not finish within ${job.target.timeoutMs / 1_000} s`;
    answer(job, { outcome: RunOutcome.timedOut, error: { code: 'timeout', message } });
    this.#endCall(worker, id);
  }

  /** Nobody waits for it any more; one that has ended is not affected. */
  #cancel(job: Job): void {
    const waits = this.#waiting.indexOf(job);
    if (waits >= 0) {
      this.#waiting.splice(waits, 1);
      return answer(job, CANCELLED);
    }
    for (const worker of [...this.#workers, ...this.#retired]) {
      const id = worker.idOf(job);
      if (id === undefined) continue;
      worker.release(id);
      answer(job, CANCELLED);
      return this.#endCall(worker, id);
    }
  }

  /** Asks the tool to stop and ends its thread as soon as nobody else needs it: a tool need not obey. */
  #endCall(worker: PoolWorker, id: number): void {
    worker.abort(id);
    if (!worker.retired) this.#retire(worker);
    this.#endWhenUnneeded(worker);
  }

  /** Nothing new begins on it; what can go elsewhere does. */
  #retire(worker: PoolWorker): void {
    worker.retired = true;
    const again = worker.takeBack();
    for (const [id, job] of worker.jobs) if (job.target.repeatable) again.push(worker.release(id) as Job);
    this.#replace(worker);
    this.#retired.add(worker);
    this.#again(again);
  }

  #endWhenUnneeded(worker: PoolWorker): void {
    if (worker.jobs.size > 0 || !this.#retired.delete(worker)) return;
    void worker.terminate();
  }
}

function answer(job: Job, result: RunResult): void {
  job.settle(job.reported === undefined ? result : { ...result, reported: job.reported });
}

function resultOf({ error, output }: Answer): RunResult {
  if (error) return { outcome: RunOutcome.failed, error };
  return { outcome: RunOutcome.succeeded, output: output === undefined ? undefined : JSON.parse(output) };
}

/** CPU is the time that the call kept its thread busy. */
function measuredOf({ deadlineAt, target }: Job, threadMs: number): ReportedUsage {
  const wallMs = performance.now() - (deadlineAt - target.timeoutMs);
  return { [Measured.cpuSeconds]: threadMs / 1_000, [Measured.wallSeconds]: wallMs / 1_000 };
}

function addUp(
  sum: Record<string, number> = {},
  more: Readonly<Record<string, number>>,
): Record<string, number> {
  for (const [unit, amount] of Object.entries(more)) sum[unit] = (sum[unit] ?? 0) + amount;
  return sum;
}

function crashSentence(error: unknown): string {
  return error === undefined
    ? 'the worker thread ended while the tool ran in it'
    : `the worker thread died while the tool ran in it: ${messageOf(error)}`;
}
