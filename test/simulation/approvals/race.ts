/**
 * One seeded race around approvals: agents ask and cancel, people vote, delegate, give ahead and break the glass, an
 * operator changes policies and groups, time passes, and the real policy and scheduler cores read, decide, write and
 * die in any order. The budget and the executor are played by rules of three lines each.
 */
import { SubjectKind, digestOf, policyRule, toolSpec } from '@writ/contracts';
import type { EventType, Fact, Instant } from '@writ/contracts';
import { policy } from '@writ/policy';
import type { PolicyState } from '@writ/policy';
import { scheduler } from '@writ/scheduler';
import type { SchedulerOffer, SchedulerState } from '@writ/scheduler';
import { Random } from '../random.ts';
import { RaceLedger, Seat } from './seat.ts';

export const START: Instant = 1_800_000_000_000;
const TENANT = 'lab';
const AGENT = 'ada';
const PEOPLE = ['grace', 'lise', 'oscar', 'emmy', 'bob', AGENT];
const GROUPS = [
  { pi: ['grace', 'lise', AGENT], safety: ['oscar', 'lise'], chiefs: ['emmy'] },
  { pi: ['grace', 'lise', 'bob'], safety: ['oscar'], chiefs: ['emmy', 'grace'] },
  { pi: ['bob', 'oscar'], safety: ['lise', 'grace'], chiefs: [] },
];
const STAGES = [
  { afterSeconds: 5, approvers: ['safety'] },
  { afterSeconds: 12, approvers: ['chiefs'], quorum: 1 },
];
const TERMS = [
  { approvers: ['pi'] },
  { approvers: ['pi'], quorum: 2, breakGlass: ['chiefs'] },
  { approvers: ['pi', 'safety'], quorum: 2, separationOfDuties: true },
  { approvers: ['pi'], quorum: 2, escalate: STAGES },
  { approvers: ['safety'], quorum: 1, escalate: [{ afterSeconds: 8, approvers: ['pi'], quorum: 2 }] },
  {},
];
const QUIET_ROUNDS = 12;

export class Race {
  readonly ledger = new RaceLedger();
  readonly policy: Seat<PolicyState, undefined>;
  readonly scheduler: Seat<SchedulerState, SchedulerOffer>;
  readonly #random: Random;
  #now = START;
  #named = 0;
  #given = 0;
  /** What the budget and the executor have looked at. */
  #paid = 0;
  #ran = 0;
  readonly #answered = new Set<string>();

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.policy = new Seat(policy, this.ledger);
    this.scheduler = new Seat(scheduler, this.ledger);
    const cost = { usd: '1 USD * args.n' };
    const adapter = { kind: 'module', module: 'sim.mjs' };
    const tool = toolSpec.parse({ name: 'simulate', class: 'READ_ONLY', cost, adapter });
    const owners = this.#random.chance(0.4) ? { [AGENT]: this.#random.pick(PEOPLE) } : {};
    const soft = {
      account: '/',
      limits: { usd: { hard: 9, soft: 0.5, overdraft: 'escalated' } },
      alerts: [],
    };
    this.#catalog(
      ['tool.registered', { tool }],
      ['groups.defined', { groups: this.#random.pick(GROUPS) }],
      ['owners.defined', { owners }],
      ...(this.#random.chance(0.4) ? [['budget.defined', { budget: soft }] as const] : []),
    );
    this.#publish(0);
  }

  run(steps: number): this {
    for (let call = 1 + this.#random.below(3); call > 0; call--) this.#ask();
    for (let step = 0; step < steps; step++) this.#act();
    for (let round = 0; round < QUIET_ROUNDS; round++) this.#quiet(round);
    return this;
  }

  #act(): void {
    const random = this.#random;
    const dice = random.next();
    if (dice < 0.18) this.#vote();
    else if (dice < 0.21) this.#write(random.pick(PEOPLE), 'approval.delegated', this.#delegation());
    else if (dice < 0.24) this.#write(random.pick(PEOPLE), 'standing.granted', this.#standing());
    else if (dice < 0.25)
      this.#write(random.pick(PEOPLE), 'standing.withdrawn', { standing: `s${random.below(4)}` });
    else if (dice < 0.27) this.#cancel();
    else if (dice < 0.31) this.#publish(0.4);
    else if (dice < 0.33) this.#catalog(['groups.defined', { groups: random.pick(GROUPS) }]);
    else if (dice < 0.45) this.#now += random.below(4_000);
    else if (dice < 0.52) this.#pay();
    else if (dice < 0.55) this.#execute();
    else if (dice < 0.6) random.pick([this.policy, this.scheduler]).crash();
    else this.#step(random.chance(0.6) ? this.policy : this.scheduler);
  }

  #step(seat: Seat<PolicyState, undefined> | Seat<SchedulerState, SchedulerOffer>): void {
    const random = this.#random;
    if (random.chance(0.7)) seat.read(1 + random.below(4));
    if (random.chance(0.7)) this.#decide(seat);
    if (random.chance(0.7)) seat.write(this.#now);
  }

  #decide(seat: Seat<PolicyState, undefined> | Seat<SchedulerState, SchedulerOffer>): void {
    if (seat === this.policy) this.policy.decide(this.#now, undefined);
    else this.scheduler.decide(this.#now, this.#offer());
  }

  /** Nobody interferes any more; time passes until everything has ended. */
  #quiet(round: number): void {
    if (round > 2) this.#now += 20_000;
    for (let turn = 0; turn < 3; turn++) {
      for (const seat of [this.policy, this.scheduler]) {
        seat.write(this.#now);
        seat.read(Infinity);
        this.#decide(seat);
        seat.write(this.#now);
      }
      this.#pay();
      this.#execute();
    }
  }

  /** An executor that is there now and then, with a place for every call. */
  #offer(): SchedulerOffer {
    const there = { executor: 'e1', session: 's1', pool: 'default', slots: 100, labels: {} };
    const executors = this.#random.chance(0.5) ? [there] : [];
    return { executors, silent: [], fresh: [] } as unknown as SchedulerOffer;
  }

  #ask(): void {
    const invocation = `i${++this.#named}`;
    const inputs = { n: 1 + this.#random.below(3) };
    const calls = [{ invocation, tool: 'simulate', inputs }];
    const data = {
      step: `step-${invocation}`,
      calls,
      project: 'lab',
      priority: 'normal',
      justification: 'why not',
    };
    this.#tell(SubjectKind.requests, AGENT, ['tool.requested', data]);
  }

  #cancel(): void {
    this.#tell(SubjectKind.requests, AGENT, ['tool.cancel-requested', { invocation: this.#call() }]);
  }

  #vote(): void {
    const random = this.#random;
    const invocation = this.#call();
    const n = this.#inputs(invocation) + (random.chance(0.05) ? 1 : 0);
    const word = random.chance(0.12) ? 'deny' : 'approve';
    const glass = word === 'approve' && random.chance(0.3) ? { breakGlass: true, reason: 'fire' } : {};
    this.#write(random.pick(PEOPLE), 'approval.voted', {
      invocation,
      vote: word,
      argsDigest: digestOf({ n }),
      ...glass,
    });
  }

  #delegation(): object {
    return { to: this.#random.pick(PEOPLE), untilMs: this.#now + this.#random.below(30_000) - 2_000 };
  }

  #standing(): object {
    const random = this.#random;
    return {
      standing: `s${++this.#given}`,
      tool: 'simulate',
      project: 'lab',
      condition: random.pick(['true', 'args.n <= 2']),
      maxUses: 1 + random.below(2),
      maxCost: { usd: `${1 + random.below(4)}000000` },
      lastsSeconds: 1 + random.below(40),
    };
  }

  /** Asks in one of several ways; sometimes denies or allows everything instead. */
  #publish(otherwise: number): void {
    const random = this.#random;
    const approval = {
      ...random.pick(TERMS),
      expiresSeconds: 15 + random.below(30),
      validSeconds: 5 + random.below(40),
    };
    const asking = [{ name: 'ask', condition: 'true', action: 'require-approval', approval }];
    if (random.chance(0.2))
      asking.push({ ...asking[0], name: 'ask-safety', approval: { ...approval, ...TERMS[4] } } as never);
    const other = { name: 'all', condition: 'true', action: random.pick(['deny', 'deny', 'allow']) };
    const policies = (random.chance(otherwise) ? [other] : asking).map((rule) => policyRule.parse(rule));
    this.#catalog(['policy.published', { bundle: digestOf(policies), policies }]);
  }

  /** Answers every verdict once: mostly with a hold, sometimes with people, seldom with a no. */
  #pay(): void {
    const facts = this.#newest(SubjectKind.decisions, this.#paid);
    this.#paid = this.ledger.commits.length;
    for (const { type, data } of facts) {
      const { invocation } = data as { invocation: string };
      if (type === 'approval.granted' && this.#answered.has(`${invocation} asks`)) {
        this.#tell(SubjectKind.budget, 'budget', [
          'budget.reserved',
          { invocation, holds: [], overdraft: true },
        ]);
      }
      if (type !== 'policy.decided' || data.verdict === 'deny' || this.#answered.has(invocation)) continue;
      this.#answered.add(invocation);
      const dice = this.#random.next();
      const asks = dice < 0.3 && this.#asksPeople();
      if (asks) this.#answered.add(`${invocation} asks`);
      const escalation = {
        invocation,
        argsDigest: data.argsDigest,
        justification: 'why not',
        holds: [],
        over: [],
      };
      const answer = asks
        ? ([
            'budget.escalated',
            { ...escalation, approvers: ['chiefs', 'pi'], expiresAt: this.#now + 30_000 },
          ] as const)
        : dice > 0.95
          ? ([
              'budget.refused',
              { invocation, agent: AGENT, reason: 'exhausted', account: '/', detail: '' },
            ] as const)
          : (['budget.reserved', { invocation, holds: [] }] as const);
      this.#tell(SubjectKind.budget, 'budget', answer);
    }
  }

  #asksPeople(): boolean {
    return this.ledger.commits.some(({ facts }) => facts.some(({ type }) => type === 'budget.defined'));
  }

  /** Runs what it was handed. */
  #execute(): void {
    const facts = this.#newest(SubjectKind.schedule, this.#ran);
    this.#ran = this.ledger.commits.length;
    for (const { type, data } of facts) {
      if (type !== 'schedule.dispatched') continue;
      const run = { ...data, agent: AGENT, outcome: 'succeeded', usage: {}, startedAtMs: 0, endedAtMs: 1 };
      this.#tell(SubjectKind.executions, data.executor, ['execution.completed', run]);
    }
  }

  #newest(kind: SubjectKind, after: number): Fact[] {
    return this.ledger.commits.slice(after).flatMap((commit) => (commit.kind === kind ? commit.facts : []));
  }

  #call(): string {
    return `i${1 + this.#random.below(3)}`;
  }

  #inputs(invocation: string): number {
    const asked = this.ledger.commits
      .flatMap(({ facts }) => facts)
      .flatMap((fact) => (fact.type === 'tool.requested' ? fact.data.calls : []));
    return Number(asked.find((call) => call.invocation === invocation)?.inputs['n'] ?? 1);
  }

  #write(person: string, type: EventType, data: object): void {
    this.#tell(SubjectKind.approvals, person, [type, data]);
  }

  #catalog(...facts: (readonly [EventType, object])[]): void {
    this.#tell(SubjectKind.catalog, 'catalog', ...facts);
  }

  #tell(kind: SubjectKind, origin: string, ...facts: (readonly [EventType, object])[]): void {
    const told = facts.map(([type, data]) => ({ type, tenant: TENANT, data }) as unknown as Fact);
    this.ledger.append(kind, origin, this.#now, told);
  }
}
