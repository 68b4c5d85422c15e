/**
 * One run of a scheduler that has breakers of every scope: real core in real hosts on the memory ledger, tools that fall
 * ill and recover, executors that are lost, operators that force circuits, leaders that crash, stall and have rivals.
 * After every commit the leader's live state is compared with the fold of the ledger up to there.
 */
import { CELL, breakerSpec, decodeCommit, digestOf, subjects, toolSpec } from '@writ/contracts';
import type {
  AgentId,
  Decider,
  ExecutorId,
  Fact,
  Json,
  RecordedFact,
  SessionId,
  TenantId,
} from '@writ/contracts';
import { DeciderPath, memoryLedger, memorySnapshots, stateText } from '@writ/ledger';
import type { AppendFault, CommittedFact, MemoryLedger } from '@writ/ledger';
import { fencesOwed, openGrants, scheduler } from '@writ/scheduler';
import type { GrantDetails, OfferedExecutor, SchedulerOffer, SchedulerState } from '@writ/scheduler';
import { BreakerReferee } from './breaker-referee.ts';
import { publish } from './publish.ts';
import { Random } from './random.ts';
import { SimService } from './service.ts';

const START_MS = 1_800_000_000_000;
const TENANTS = ['lab', 'mill'] as TenantId[];
const AGENT = 'ada' as AgentId;
const POOLS = { dock: 'default', fold: 'default', train: 'gpu' } as const;
const TOOLS = Object.keys(POOLS) as (keyof typeof POOLS)[];
const SCOPES = ['tool:dock', 'tool:train', 'pool:gpu', 'all'];
const DIGEST = digestOf({});
const SLOTS = 3;
/** Reactions after which the fold goes through a snapshot. */
const RESTORE_EVERY = 7;

const TERMS = { window: 5, minimumCalls: 3, openSeconds: 3 };
const BREAKERS: readonly [TenantId, object][] = [
  ...TENANTS.flatMap((tenant): [TenantId, object][] => [
    [tenant, { tool: 'dock', ...TERMS, halfOpenPermits: 1 }],
    [tenant, { tool: 'train', ...TERMS, windowSeconds: 6, halfOpenPermits: 2 }],
    [tenant, { pool: 'gpu', ...TERMS, window: 8, minimumCalls: 6, halfOpenPermits: 1 }],
    [tenant, { everything: true, ...TERMS, window: 12, minimumCalls: 8, halfOpenPermits: 3 }],
  ]),
  [CELL, { tool: 'dock', ...TERMS, window: 8, minimumCalls: 5, halfOpenPermits: 1 }],
  [CELL, { tool: 'train', ...TERMS, window: 8, minimumCalls: 6, halfOpenPermits: 2 }],
  [CELL, { pool: 'gpu', ...TERMS, window: 10, minimumCalls: 8, halfOpenPermits: 2 }],
  [CELL, { everything: true, ...TERMS, window: 20, minimumCalls: 15, halfOpenPermits: 1 }],
];

export interface BreakerCellOptions {
  readonly seed: number;
  readonly steps: number;
  /** Replaces the core, to prove that a planted bug is found. */
  readonly core?: Decider<SchedulerState, SchedulerOffer>;
}

export class BreakerCell {
  readonly referee = new BreakerReferee();
  /** Reactions after which live state and fold were compared, and those where they differed. */
  compared = 0;
  readonly diverged: string[] = [];
  readonly #random: Random;
  readonly #ledger: MemoryLedger;
  readonly #service: SimService<SchedulerState, SchedulerOffer>;
  readonly #deliveries: (() => void)[] = [];
  readonly #executors: { executor: ExecutorId; session: SessionId; pool: string }[];
  /** The fold of the ledger, fact by fact, watched by the referee. */
  readonly #fold: DeciderPath<SchedulerState, SchedulerOffer>;
  readonly #steps: number;
  #folded = 0;
  #now = START_MS;
  #calls = 0;
  #sick = new Set<string>();
  #silent: SchedulerOffer['silent'] = [];

  constructor({ seed, steps, core = scheduler }: BreakerCellOptions) {
    this.#steps = steps;
    this.#random = new Random(seed);
    this.#ledger = memoryLedger({
      now: () => this.#now,
      fault: () => this.#fault(),
      deliver: (run) => this.#deliveries.push(run),
    });
    this.#executors = ['e1', 'e2', 'g1', 'g2'].map((id) => ({
      executor: id as ExecutorId,
      session: `${id}-0` as SessionId,
      pool: id.startsWith('g') ? 'gpu' : 'default',
    }));
    const see = (fact: RecordedFact): void => this.referee.see(fact);
    this.#fold = new DeciderPath({
      ...scheduler,
      evolve: (state, fact) => {
        see(fact);
        return scheduler.evolve(state, fact);
      },
    });
    this.#service = new SimService({
      decider: core,
      ledger: this.#ledger,
      snapshots: memorySnapshots(),
      now: () => this.#now,
      offer: () => this.#offer(),
      onCommitted: (facts, state) => this.#compare(facts, state),
    });
  }

  /** Processes that led. */
  get leaders(): number {
    const schedules = this.#ledger.commits.filter(({ subject }) => subject.endsWith('.schedule'));
    const elected = schedules.flatMap(decodeCommit).filter((fact) => fact.type === 'leader.elected');
    return new Set(elected.map(({ data }) => data.leader)).size;
  }

  async run(): Promise<void> {
    await this.#publishCatalog();
    void this.#service.start();
    for (let step = 0; step < this.#steps; step++) {
      await this.#act();
      await this.#turn();
    }
  }

  #fault(): AppendFault {
    if (this.#calls === 0 || !this.#random.chance(0.04)) return 'none';
    return this.#random.chance(0.5) ? 'lost' : 'answer-lost';
  }

  async #publishCatalog(): Promise<void> {
    for (const tenant of TENANTS) {
      for (const name of TOOLS) {
        const adapter = { kind: 'module', module: 'x.mjs' };
        const tool = toolSpec.parse({ name, class: 'READ_ONLY', pool: POOLS[name], adapter });
        await this.#tell(subjects.catalog(tenant), { type: 'tool.registered', tenant, data: { tool } });
      }
    }
    for (const [tenant, terms] of BREAKERS) {
      const data = { breaker: breakerSpec.parse(terms) };
      await this.#tell(subjects.catalog(tenant), { type: 'breaker.configured', tenant, data });
    }
  }

  async #act(): Promise<void> {
    const random = this.#random;
    const dice = random.next();
    if (dice < 0.3) await this.#ask();
    else if (dice < 0.72) await this.#complete();
    else if (dice < 0.76) await this.#operate();
    else if (dice < 0.79) await this.#service.crash();
    else if (dice < 0.81) await this.#service.rival();
    else if (dice < 0.83) await this.#lose();
    else if (dice < 0.88) this.#fallIllOrRecover();
    else this.#now += random.below(4_000);
  }

  /** A call that policy and budget have let through already. */
  async #ask(): Promise<void> {
    const tenant = this.#random.pick(TENANTS);
    const calls = Array.from({ length: 1 + this.#random.below(3) }, () => `i${++this.#calls}`);
    for (const invocation of calls) {
      const tool = this.#random.pick(TOOLS);
      const request = { calls: [{ invocation, tool, inputs: {} }], project: 'default', priority: 'normal' };
      await this.#tell(subjects.requests(tenant, AGENT), { type: 'tool.requested', tenant, data: request });
      const decided = {
        invocation,
        agent: AGENT,
        tool,
        argsDigest: DIGEST,
        verdict: 'allow',
        catalogRevision: 1,
      };
      await this.#tell(subjects.decisions(tenant), { type: 'policy.decided', tenant, data: decided });
      const reserved = { invocation, holds: [] };
      await this.#tell(subjects.budget(tenant), { type: 'budget.reserved', tenant, data: reserved });
    }
  }

  async #complete(): Promise<void> {
    const { host } = this.#service;
    if (host.role !== 'leading' || host.busy) return;
    const held = this.#executors.flatMap((one) =>
      openGrants(host.state, one.executor, one.session).map((grant) => ({ ...one, grant })),
    );
    if (held.length === 0) return;
    const { grant, executor, session } = this.#random.pick(held);
    const { tenant, invocation, attempt, agent } = grant;
    const outcome = this.#outcome(grant, executor);
    const run = { invocation, attempt, agent, executor, session, argsDigest: DIGEST, outcome, usage: {} };
    const data = { ...run, startedAtMs: this.#now, endedAtMs: this.#now };
    await this.#tell(subjects.executions(tenant, executor), { type: 'execution.completed', tenant, data });
  }

  #outcome({ tool }: GrantDetails, executor: ExecutorId): string {
    const ill = this.#sick.has(tool) || this.#sick.has(executor);
    if (this.#random.chance(0.03)) return 'cancelled';
    return this.#random.chance(ill ? 0.9 : 0.1) ? 'failed' : 'succeeded';
  }

  async #operate(): Promise<void> {
    const random = this.#random;
    const tenant = random.pick([...TENANTS, CELL]);
    const scope = random.pick(SCOPES);
    const mode = random.pick(['open', 'paused', 'closed', 'metrics-only']);
    const fact = random.chance(0.5)
      ? { type: 'breaker.released', data: { scope, reason: 'enough' } }
      : { type: 'breaker.forced', data: { scope, mode, ttlSeconds: 1 + random.below(8), reason: 'a drill' } };
    await this.#tell(subjects.catalog(tenant), { ...fact, tenant });
  }

  /** An executor falls silent; it comes back with a new session. */
  async #lose(): Promise<void> {
    const one = this.#random.pick(this.#executors);
    this.#silent = [{ executor: one.executor, session: one.session }];
    one.session = `${one.executor}-${this.#now}-${this.#calls}` as SessionId;
  }

  #fallIllOrRecover(): void {
    const who = this.#random.pick([...TOOLS, ...this.#executors.map(({ executor }) => executor)]);
    if (!this.#sick.delete(who)) this.#sick.add(who);
  }

  async #turn(): Promise<void> {
    for (const run of this.#deliveries.splice(0)) {
      if (this.#random.chance(0.8)) run();
      else this.#deliveries.push(run);
    }
    const { host } = this.#service;
    void host.campaign();
    host.wake();
    await new Promise((resolve) => setImmediate(resolve));
    if (host.role !== 'leading' || host.busy) return;
    for (const { tenant, executor, session } of fencesOwed(host.state)) {
      const data = { executor, session };
      await this.#tell(subjects.executions(tenant, executor), { type: 'execution.fenced', tenant, data });
    }
  }

  #offer(): SchedulerOffer {
    const executors = this.#executors.map((one): OfferedExecutor => ({ ...one, slots: SLOTS, labels: {} }));
    return { executors, silent: this.#silent, fresh: [] };
  }

  /** The leader's state when its reaction is acknowledged is the fold of the ledger up to there. */
  #compare(facts: readonly CommittedFact[], live: SchedulerState): void {
    const last = Math.max(...facts.map(({ seq }) => seq));
    for (const commit of this.#ledger.commits.slice(this.#folded, last)) {
      if (this.#fold.receive(commit) === 'own') this.#fold.foldOwn(commit);
    }
    this.#folded = Math.max(this.#folded, last);
    this.compared++;
    const [lived, replayed] = [live, this.#fold.state].map(
      (state) => stateText(scheduler.snapshot(state)).state,
    );
    // From here on the fold is one that was saved and restored in between.
    if (this.compared % RESTORE_EVERY === 0) {
      this.#fold.state = scheduler.restore(JSON.parse(replayed ?? '') as Json);
    }
    if (lived !== replayed) this.diverged.push(`at ${last}: ${lived} lived, ${replayed} replayed`);
  }

  async #tell(subject: string, fact: { type: string; tenant: TenantId; data: object }): Promise<void> {
    await publish(
      this.#ledger,
      subject,
      [fact as unknown as Fact],
      `${subject}-${this.#ledger.commits.length}`,
      this.#now,
    );
  }
}
