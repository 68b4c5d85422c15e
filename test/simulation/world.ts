/**
 * One run of the whole governance on the memory ledger: real cores in real hosts, agents, a person, executors. A seed
 * decides who does what next, which appends are lost, when folds see what, and which processes are killed.
 */
import { digestOf, subjects } from '@writ/contracts';
import type { Decider, ExecutorId, Fact } from '@writ/contracts';
import { budget } from '@writ/budget';
import type { BudgetState } from '@writ/budget';
import { gatedPolicy } from '@writ/decisions';
import type { GatedState } from '@writ/decisions';
import { DeciderPath, memoryLedger, memorySnapshots, stateText } from '@writ/ledger';
import type { AppendFault, CommittedFact, Difference, MemoryLedger } from '@writ/ledger';
import {
  busySessions,
  fencesOwed,
  indeterminateCalls,
  openGrants,
  scheduler,
  stopsOwed,
} from '@writ/scheduler';
import type { GrantDetails, SchedulerOffer, SchedulerState } from '@writ/scheduler';
import { Checker } from './checker.ts';
import type { Verdict } from './checker.ts';
import { differencesOf } from './differences.ts';
import { Effects } from './effects.ts';
import { TENANTS, catalogFacts } from './governance.ts';
import { People } from './people.ts';
import { publish } from './publish.ts';
import { Random } from './random.ts';
import { SimExecutor } from './sim-executor.ts';
import { SimService } from './service.ts';

const START_MS = 1_800_000_000_000;
/** Rounds after which approvals and breakers have run out too. */
const SETTLED_ROUNDS = 20;
const ROUND_MS = 4_000;
/** Decisions that the approver looks at: the latest while things happen, nearly all in the end. */
const LATEST_DECISIONS = 3;
const ALL_DECISIONS = 20;

export interface WorldOptions {
  readonly seed: number;
  readonly steps: number;
  /** Replaces the budget core, to prove that a planted bug is found. */
  readonly budget?: Decider<BudgetState>;
}

export interface Outcome extends Verdict {
  readonly commits: number;
  /** Services whose live state differs from the fold of the ledger. */
  readonly diverged: readonly string[];
  /** Recorded decisions that come out otherwise when they are decided again. */
  readonly differences: readonly Difference[];
}

export class World {
  readonly ledger: MemoryLedger;
  readonly #random: Random;
  readonly #options: WorldOptions;
  readonly #executors: SimExecutor[];
  readonly #people: People;
  readonly #effects = new Effects();
  readonly services: {
    readonly policy: SimService<GatedState, undefined>;
    readonly budget: SimService<BudgetState, undefined>;
    readonly scheduler: SimService<SchedulerState, SchedulerOffer>;
  };
  readonly #deliveries: (() => void)[] = [];
  #now = START_MS;
  #calm = false;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.ledger = memoryLedger({
      now: () => this.#now,
      fault: () => this.#fault(),
      deliver: (run) => this.#deliveries.push(run),
    });
    this.#executors = ['e1', 'e2'].map((id) => new SimExecutor(id, this.ledger, this.#random, this.#effects));
    this.#people = new People(this.ledger, this.#random, () => this.#now);
    const shared = { ledger: this.ledger, snapshots: memorySnapshots(), now: () => this.#now };
    const quiet = (): void => {};
    this.services = {
      policy: new SimService({ ...shared, decider: gatedPolicy, offer: () => undefined, onCommitted: quiet }),
      budget: new SimService({
        ...shared,
        decider: options.budget ?? budget,
        offer: () => undefined,
        onCommitted: quiet,
      }),
      scheduler: new SimService({
        ...shared,
        decider: scheduler,
        offer: () => this.#offer(),
        onCommitted: (facts) => this.#grant(facts),
      }),
    };
  }

  async run(): Promise<Outcome> {
    await this.#publishCatalogs();
    for (const service of Object.values(this.services)) void service.start();
    for (let step = 0; step < this.#options.steps; step++) {
      await this.#act();
      await this.#turn();
    }
    await this.#calmDown();
    const verdict = new Checker().judge(this.ledger.commits);
    return {
      ...verdict,
      violations: [...verdict.violations, ...this.#effects.repeated],
      commits: this.ledger.commits.length,
      diverged: this.#diverged(),
      differences: differencesOf(this.ledger.commits),
    };
  }

  async #publishCatalogs(): Promise<void> {
    for (const tenant of TENANTS) {
      let status = 'unknown';
      while (status === 'unknown')
        status = await publish(
          this.ledger,
          subjects.catalog(tenant),
          catalogFacts(tenant),
          `catalog-${tenant}`,
          this.#now,
        );
    }
  }

  #fault(): AppendFault {
    if (this.#calm || !this.#random.chance(0.05)) return 'none';
    return this.#random.chance(0.5) ? 'lost' : 'answer-lost';
  }

  async #act(): Promise<void> {
    const random = this.#random;
    const dice = random.next();
    if (dice < 0.2) await this.#people.request();
    else if (dice < 0.23) await this.#people.repeat();
    else if (dice < 0.25) await this.#people.cancel();
    else if (dice < 0.32) await this.#people.vote(LATEST_DECISIONS);
    else if (dice < 0.34) await this.#preempt();
    else if (dice < 0.35) await this.#resolve();
    else if (dice < 0.36) random.pick(this.#executors).drain();
    else if (dice < 0.75) void random.pick(this.#executors).step(this.#now);
    else if (dice < 0.77) random.pick(this.#executors).crash();
    else if (dice < 0.79) await random.pick(Object.values(this.services)).crash();
    else if (dice < 0.8) await random.pick(Object.values(this.services)).rival();
    else this.#now += random.below(1_500);
  }

  /** Lets some folds see what is new, and every service look for what it owes. */
  async #turn(): Promise<void> {
    const due = this.#deliveries.splice(0);
    for (const run of due) {
      if (this.#calm || this.#random.chance(0.7)) run();
      else this.#deliveries.push(run);
    }
    for (const { host } of Object.values(this.services)) {
      void host.campaign();
      host.wake();
    }
    await new Promise((resolve) => setImmediate(resolve));
    this.#redeliver();
    await this.#fence();
  }

  /** Faults stop; everything that is still possible happens. */
  async #calmDown(): Promise<void> {
    this.#calm = true;
    let before = -1;
    const goesOn = (): boolean =>
      before !== this.ledger.commits.length || this.#executors.some(({ held }) => held.size > 0);
    for (let round = 0; round < 4 * SETTLED_ROUNDS && (goesOn() || round < SETTLED_ROUNDS); round++) {
      before = this.ledger.commits.length;
      this.#now += ROUND_MS;
      if (round % 5 === 0) await this.#people.vote(ALL_DECISIONS);
      await this.#resolve();
      this.services.scheduler.host.wake();
      for (const executor of this.#executors) void executor.step(this.#now);
      for (let turn = 0; turn < 3; turn++) await this.#turn();
    }
  }

  #offer(): SchedulerOffer {
    const executors = this.#executors.map(({ offered }) => offered);
    const fresh = executors.map(({ executor, session }) => ({ executor, session }));
    return { executors, silent: [], fresh };
  }

  /** Replies get lost; what the state says is granted is then sent again by `#redeliver`. */
  #grant(facts: readonly CommittedFact[]): void {
    const { host } = this.services.scheduler;
    for (const { fact } of facts) {
      if (fact.type !== 'schedule.dispatched' || (!this.#calm && this.#random.chance(0.1))) continue;
      const { executor, session } = fact.data;
      this.#send(executor, session, openGrants(host.state, executor, session));
    }
  }

  /** Only what is committed may be sent: the state of a host in the middle of a reaction is ahead of the ledger. */
  #redeliver(): void {
    const { host } = this.services.scheduler;
    if (host.role !== 'leading' || host.busy) return;
    for (const { executor, session, stop } of stopsOwed(host.state)) {
      const told = this.#executors.find(({ id, session: present }) => id === executor && present === session);
      if (this.#calm || this.#random.chance(0.5)) told?.stop(stop.grant, stop.cause);
    }
    for (const { executor, session } of busySessions(host.state)) {
      if (this.#calm || this.#random.chance(0.2))
        this.#send(executor, session, openGrants(host.state, executor, session));
    }
  }

  /** An operator wants the place of a call that is with an executor. */
  async #preempt(): Promise<void> {
    const running = this.#executors.flatMap(({ held }) => [...held.values()]);
    if (running.length === 0) return;
    const { tenant, invocation } = this.#random.pick(running).grant;
    await this.#people.preempt(tenant, invocation);
  }

  /** A person looks at the calls that are said to be a person's to resolve. */
  async #resolve(): Promise<void> {
    const { host } = this.services.scheduler;
    if (host.role !== 'leading' || host.busy) return;
    for (const tenant of TENANTS) {
      const { calls } = indeterminateCalls(host.state, tenant, Infinity);
      const theirs = calls.filter(({ owner }) => owner === 'person');
      await this.#people.resolve(tenant, theirs);
    }
  }

  /** A reply reaches the session that pulled, or nobody. */
  #send(executor: ExecutorId, session: string, grants: readonly GrantDetails[]): void {
    this.#executors.find(({ id, session: present }) => id === executor && present === session)?.take(grants);
  }

  async #fence(): Promise<void> {
    const { host } = this.services.scheduler;
    if (host.role !== 'leading') return;
    for (const { tenant, executor, session } of fencesOwed(host.state)) {
      const fact: Fact = { type: 'execution.fenced', tenant, data: { executor, session } };
      const id = `fence.${tenant}.${executor}.${session}`;
      await publish(this.ledger, subjects.executions(tenant, executor), [fact], id, this.#now);
    }
  }

  #diverged(): string[] {
    return Object.values(this.services).flatMap((service) =>
      divergence(service as SimService<unknown, unknown>, this.ledger),
    );
  }

  /** The digest of the whole ledger, to show that a seed gives the same run again. */
  digest(): string {
    return digestOf(
      this.ledger.commits.map(({ subject, data }) => [subject, new TextDecoder().decode(data)]),
    );
  }
}

/** Folds the ledger from zero and compares with the state that lived through crashes and snapshots. */
function divergence({ decider, host }: SimService<unknown, unknown>, ledger: MemoryLedger): string[] {
  const path = new DeciderPath(decider);
  for (const commit of ledger.commits) if (path.receive(commit) === 'own') path.foldOwn(commit);
  path.closeOpen();
  path.foldHeld(path.seen);
  const replayed = stateText(decider.snapshot(path.state));
  const lived = stateText(decider.snapshot(host.state));
  return replayed.hash === lived.hash
    ? []
    : [`${decider.name}: ${lived.state} lived, ${replayed.state} replayed`];
}
