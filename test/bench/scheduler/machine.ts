/**
 * A machine in simulated time under the real core: calls arrive, executors run them for as long as they take, and every
 * fact goes through `evolve` and every offer through `react`, as in the service. Only the tools are not real.
 */
import { Heap, digestOf, toolSpec } from '@writ/contracts';
import type { EventData, Priority, RecordedFact } from '@writ/contracts';
import { scheduler } from '@writ/scheduler';
import type { OfferedExecutor, SchedulerOffer } from '@writ/scheduler';

export interface Job {
  readonly id: string;
  readonly arrivesMs: number;
  readonly runMs: number;
  readonly tool: string;
  readonly project?: string;
  readonly campaign?: string;
  readonly priority?: Priority;
  readonly deadlineMs?: number;
}

/** What became of a job. */
export interface Ended {
  readonly job: Job;
  readonly startMs: number;
  readonly endMs: number;
  readonly refused: boolean;
}

export interface ToolTerms {
  readonly timeoutSeconds?: number;
  readonly nodes?: number;
}

interface Running {
  readonly job: Job;
  readonly endMs: number;
  readonly startMs: number;
  readonly order: number;
  readonly granted: EventData<'schedule.dispatched'>;
}

const DIGEST = digestOf({});

export class Machine {
  readonly #state = scheduler.initial();
  readonly #offer: SchedulerOffer;
  readonly #jobs = new Map<string, Job>();
  readonly #running = new Heap<Running>(
    (a, b) => a.endMs - b.endMs < 0 || (a.endMs === b.endMs && a.order < b.order),
  );
  readonly #onEnd: (ended: Ended) => void;
  #granted = 0;
  now = 0;

  /** `onEnd` may submit more jobs, from now on. */
  constructor(executors: number, slots: number, onEnd: (ended: Ended) => void) {
    const offered = Array.from({ length: executors }, (_, index) => ({
      executor: `e${index}`,
      session: 's1',
      pool: 'default',
      slots,
      labels: {},
    }));
    this.#offer = { executors: offered as unknown as OfferedExecutor[], silent: [], fresh: [] };
    this.#onEnd = onEnd;
  }

  tool(name: string, { timeoutSeconds = 86_400, nodes }: ToolTerms = {}): void {
    const requires = nodes === undefined ? {} : { requires: { nodes } };
    const adapter = { kind: 'module', module: 'tool.js' };
    const tool = toolSpec.parse({ name, adapter, class: 'READ_ONLY', timeoutSeconds, ...requires });
    this.#tell('tool.registered', 'catalog', { tool });
  }

  shares(shares: Readonly<Record<string, number>>): void {
    const list = Object.entries(shares).map(([account, share]) => ({ account, share }));
    this.#tell('shares.defined', 'catalog', { shares: list });
  }

  submit(job: Job): void {
    const { id: invocation, tool, project = 'default', campaign, priority = 'normal', deadlineMs } = job;
    this.#jobs.set(invocation, job);
    const deadline = deadlineMs === undefined ? {} : { deadline: new Date(deadlineMs).toISOString() };
    const calls = [{ invocation, tool, inputs: {} }];
    const account = campaign === undefined ? { project } : { project, campaign };
    this.#tell('tool.requested', 'ada', { calls, priority, ...account, ...deadline });
    this.#tell('policy.decided', 'decisions', {
      invocation,
      verdict: 'allow',
      argsDigest: DIGEST,
      catalogRevision: 1,
    });
    this.#tell('budget.reserved', 'budget', { invocation, holds: [] });
  }

  /** Lets time pass until nothing runs and no job is left, or until `untilMs`. */
  run(jobs: readonly Job[], untilMs = Infinity): void {
    let next = 0;
    this.#dispatch();
    for (;;) {
      const arrival = jobs[next]?.arrivesMs ?? Infinity;
      const end = this.#running.peek()?.endMs ?? Infinity;
      const at = Math.min(arrival, end);
      if (at === Infinity || at > untilMs) return;
      this.now = at;
      while (jobs[next] && (jobs[next] as Job).arrivesMs <= at) this.submit(jobs[next++] as Job);
      while ((this.#running.peek()?.endMs ?? Infinity) <= at) this.#complete(this.#running.pop() as Running);
      this.#dispatch();
    }
  }

  #complete({ job, startMs, endMs, granted }: Running): void {
    const { invocation, attempt, executor, session } = granted;
    const run = {
      invocation,
      attempt,
      executor,
      session,
      outcome: 'succeeded',
      argsDigest: DIGEST,
      usage: {},
    };
    this.#tell('execution.completed', executor, { ...run, startedAtMs: startMs, endedAtMs: endMs });
    this.#jobs.delete(job.id);
    this.#onEnd({ job, startMs, endMs, refused: false });
  }

  #dispatch(): void {
    for (;;) {
      const facts = scheduler.react(this.#state, this.now, this.#offer);
      if (facts.length === 0) return;
      for (const fact of facts) {
        scheduler.evolve(this.#state, { ...fact, origin: 'schedule', seq: 0, at: this.now });
        if (fact.type === 'schedule.dispatched') this.#start(fact.data);
        if (fact.type === 'schedule.refused') {
          const job = this.#jobs.get(fact.data.invocation) as Job;
          this.#jobs.delete(job.id);
          this.#onEnd({ job, startMs: this.now, endMs: this.now, refused: true });
        }
      }
    }
  }

  #start(granted: EventData<'schedule.dispatched'>): void {
    const job = this.#jobs.get(granted.invocation) as Job;
    const endMs = this.now + job.runMs;
    this.#running.push({ job, startMs: this.now, endMs, order: this.#granted++, granted });
  }

  #tell(type: string, origin: string, data: unknown): void {
    scheduler.evolve(this.#state, {
      type,
      origin,
      tenant: 'lab',
      seq: 1,
      at: this.now,
      data,
    } as RecordedFact);
  }
}
