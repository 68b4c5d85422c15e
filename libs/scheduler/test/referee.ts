/**
 * Watches a history from outside, with lists and loops instead of heaps, and holds every answer of the scheduler
 * against what must always be true of it. Knows nothing of the scheduler's state.
 */
import { expect } from 'vitest';
import type { EventData, RecordedFact } from '@writ/contracts';
import type { SchedulerOffer } from '../src/index.ts';
import { OrderReferee } from './order-referee.ts';
import { ShareReferee } from './share-referee.ts';
import { NEW_CALL } from './watched.ts';
import type { Watched } from './watched.ts';

type Data<T extends RecordedFact['type']> = EventData<T>;

/** What a test tool is, as the referee needs it. */
export interface ToolFacts {
  readonly pool: string;
  readonly once: boolean;
  /** Whether it leases `file:{args.k}`, and whether it shares it. */
  readonly keyed: boolean;
  readonly reads: boolean;
}

export class Referee {
  readonly calls = new Map<string, Watched>();
  readonly #tools: ReadonlyMap<string, ToolFacts>;
  readonly #dead = new Set<string>();
  readonly #circuits = new Map<
    string,
    { status: string; permits: number; probes: Set<string>; passed: number }
  >();

  readonly #shares = new ShareReferee();
  readonly order = new OrderReferee(this.#shares);
  #tickets = 0;

  constructor(tools: ReadonlyMap<string, ToolFacts>) {
    this.#tools = tools;
  }

  get living(): Watched[] {
    return [...this.calls.values()].filter((call) => call.ended === undefined);
  }

  /** Grants of a session that are not closed. */
  heldBy(holder: string): Watched[] {
    return this.living.filter((call) => call.holder === holder);
  }

  /** Follows one fact; `offer` is what the answer was given to, for an answer of the scheduler. */
  see(fact: RecordedFact, now: number, offer?: SchedulerOffer): void {
    this.#follow(fact, now, offer);
    for (const call of this.living) {
      const cleared = call.allowed && call.reserved && call.holder === undefined && !call.indeterminate;
      // What the runs so far say of its slack is asked once each time that it can run.
      if (cleared && !call.cleared && call.deadlineMs < Infinity) this.order.forecast(call, now);
      call.cleared = cleared;
      if (!this.#isReady(call)) call.readyAt = undefined;
      else if (call.readyAt === undefined) {
        call.readyAt = Math.floor(now / 1_000);
        if (call.key !== undefined) call.ticket ??= this.#tickets++;
      }
    }
  }

  #follow(fact: RecordedFact, now: number, offer?: SchedulerOffer): void {
    const id = `${fact.tenant}/${(fact.data as { invocation?: string }).invocation}`;
    const call = this.calls.get(id);
    switch (fact.type) {
      case 'tool.requested':
        this.#ask(fact.tenant, fact.data);
        break;
      case 'policy.decided':
        if (call && fact.data.verdict === 'allow') call.allowed = true;
        else if (call) this.#end(call, 'denied');
        break;
      case 'budget.reserved':
        if (call) call.reserved = true;
        break;
      case 'schedule.planned':
        this.#plan(fact.tenant, fact.data);
        break;
      case 'schedule.dispatched':
        this.#grant(call, fact.data, now, offer);
        break;
      case 'schedule.refused':
        this.#refuse(call, fact.data, now);
        break;
      case 'invocation.cancelled':
        expect(call?.holder).toBeUndefined();
        if (call) this.#end(call, 'cancelled');
        break;
      case 'schedule.indeterminate':
        expect(call).toMatchObject({ once: true, started: true, indeterminate: true, ended: undefined });
        break;
      case 'executor.lost':
        this.#dead.add(`${fact.data.executor}/${fact.data.session}`);
        break;
      case 'execution.started':
        if (call && this.#isHolder(call, fact.data)) call.started = true;
        break;
      case 'execution.completed':
        if (call && (this.#isHolder(call, fact.data) || this.#resolves(call, fact.data)))
          this.#complete(call, fact.data, now);
        break;
      case 'execution.fenced':
        this.#fence(fact.tenant, `${fact.origin}/${fact.data.session}`);
        break;
      case 'breaker.opened':
      case 'breaker.half-opened':
      case 'breaker.closed':
        this.#turn(`${fact.tenant}/${fact.data.scope.slice(5)}`, fact.type.slice(8), fact.data);
        break;
      default:
        break;
    }
  }

  #ask(tenant: string, data: Data<'tool.requested'>): void {
    const step: Watched[] = [];
    for (const { invocation, tool, inputs } of data.calls) {
      const id = `${tenant}/${invocation}`;
      const facts = this.#tools.get(tool) as ToolFacts;
      if (this.calls.has(id)) continue;
      const urgency = { urgent: 100, normal: 500, background: 900 }[data.priority as 'normal'];
      const deadlineMs = data.deadline === undefined ? Infinity : Date.parse(data.deadline);
      const call: Watched = {
        ...NEW_CALL,
        ...facts,
        id,
        tool: `${tenant}/${tool}`,
        arrival: this.calls.size,
        band: Math.floor(urgency / 100),
        accounts: [tenant, `${tenant}/${data.project}`, `${tenant}/${data.project}/${data.campaign ?? ''}`],
        deadlineMs,
        late: data.whenLate === 'run',
        key: facts.keyed ? `${tenant}/${String(inputs['k'])}` : undefined,
        step,
      };
      step.push(call);
      this.calls.set(id, call);
    }
  }

  #plan(tenant: string, data: Data<'schedule.planned'>): void {
    const waves = data.waves.map((wave) => wave.calls.map((invocation) => `${tenant}/${invocation}`));
    for (const id of waves.flat()) {
      const call = this.calls.get(id) as Watched;
      expect(call.waves, `${id} is planned once`).toBeUndefined();
      expect(waves.flat().sort()).toEqual(call.step.map((one) => one.id).sort());
      call.waves = waves;
    }
    const order = waves.flat();
    for (const [place, before] of (data.after ?? []).entries()) {
      const call = this.calls.get(order[place] ?? '') as Watched;
      call.after = before.map((earlier) => order[earlier] ?? '');
    }
  }

  #isOpen(call: Watched): boolean {
    if (call.step.length === 1) return true;
    if (call.after) return call.after.every((id) => this.#isOver(this.calls.get(id) as Watched));
    const earlier = call.waves?.slice(
      0,
      call.waves.findIndex((wave) => wave.includes(call.id)),
    );
    return earlier?.flat().every((id) => this.calls.get(id)?.ended !== undefined) ?? false;
  }

  /** It has ended, and so has all that it waited for: it may have ended without waiting. */
  #isOver(call: Watched): boolean {
    return (
      call.ended !== undefined &&
      (call.after ?? []).every((id) => this.#isOver(this.calls.get(id) as Watched))
    );
  }

  #isReady(call: Watched): boolean {
    const free = call.ended === undefined && call.holder === undefined && !call.indeterminate;
    return free && call.allowed && call.reserved && this.#isOpen(call);
  }

  #queuedFor(pool: string): Watched[] {
    return this.living.filter(
      (call) => call.pool === pool && this.#isReady(call) && !this.#waitsForKey(call),
    );
  }

  #waitsForKey(call: Watched): boolean {
    return this.living.some(
      (other) =>
        other.key === call.key &&
        other.ticket !== undefined &&
        other.ticket < (call.ticket ?? -1) &&
        !(other.reads && call.reads),
    );
  }

  #admits(call: Watched): boolean {
    const circuit = this.#circuits.get(call.tool);
    if (circuit?.status === 'opened') return false;
    return circuit?.status !== 'half-opened' || circuit.probes.size + circuit.passed < circuit.permits;
  }

  #grant(
    call: Watched | undefined,
    data: Data<'schedule.dispatched'>,
    now: number,
    offer?: SchedulerOffer,
  ): void {
    const holder = `${data.executor}/${data.session}`;
    const offered = offer?.executors.find((one) => `${one.executor}/${one.session}` === holder);
    if (!call || !offered)
      return expect.fail(`${data.invocation} was granted to ${holder}, which offered nothing`);
    const queued = this.#queuedFor(offered.pool);
    const best = this.order.next(
      queued.filter((one) => this.#admits(one)),
      offered.pool,
      now,
    );
    expect(best?.id, 'the best call goes first').toBe(call.id);
    this.order.age(queued, offered.pool, now);
    if (!call.late) expect(call.deadlineMs).toBeGreaterThan(now);
    expect(this.heldBy(holder).length, 'no more grants than slots').toBeLessThan(offered.slots);
    expect(this.#dead.has(holder), 'a lost session gets nothing').toBe(false);
    expect(call.once && call.started, 'what must not run twice is not granted again').toBe(false);
    expect(data.attempt).toBe(++call.attempts);
    call.holder = holder;
    call.penalty = this.#shares.charge(call, this.#shares.usualMs(call) / 1_000, now);
    const circuit = this.#circuits.get(call.tool);
    if (circuit?.status === 'half-opened') circuit.probes.add(call.id);
  }

  #refuse(call: Watched | undefined, data: Data<'schedule.refused'>, now: number): void {
    if (!call) return expect.fail('an unknown call was refused');
    expect(call.allowed && call.reserved && call.holder === undefined).toBe(true);
    if (data.reason === 'deadline')
      expect(call.deadlineMs - (data.expectedRunMs ?? 0)).toBeLessThanOrEqual(now + 1);
    else expect(this.#isReady(call) && this.#circuits.get(call.tool)?.status === 'opened').toBe(true);
    this.#end(call, 'refused');
  }

  #isHolder(call: Watched, data: Data<'execution.started'> | Data<'execution.completed'>): boolean {
    return call.holder === `${data.executor}/${data.session}` && data.attempt === call.attempts;
  }

  #resolves(call: Watched, data: Data<'execution.completed'>): boolean {
    return call.indeterminate && call.ended === undefined && data.attempt === call.attempts;
  }

  #complete(call: Watched, { outcome, endedAtMs }: Data<'execution.completed'>, now: number): void {
    this.order.age(this.#queuedFor(call.pool), call.pool, now);
    this.#shares.complete(call, endedAtMs, outcome === 'succeeded', now);
    const circuit = this.#circuits.get(call.tool);
    if (circuit?.probes.delete(call.id) && outcome === 'succeeded') circuit.passed++;
    this.#end(call, outcome);
  }

  #end(call: Watched, how: string): void {
    expect(call.ended, `${call.id} ends once`).toBeUndefined();
    call.ended = how;
    call.holder = undefined;
  }

  #fence(tenant: string, holder: string): void {
    this.#dead.add(holder);
    for (const call of this.heldBy(holder)) {
      if (!call.id.startsWith(`${tenant}/`)) continue;
      call.holder = undefined;
      this.#circuits.get(call.tool)?.probes.delete(call.id);
      if (call.started && call.once) call.indeterminate = true;
    }
  }

  #turn(tool: string, status: string, data: Partial<Data<'breaker.half-opened'>>): void {
    const before = this.#circuits.get(tool)?.status ?? 'closed';
    const legal = { opened: ['closed', 'half-opened'], 'half-opened': ['opened'], closed: ['half-opened'] }[
      status
    ];
    expect(legal, `a circuit that is ${before} turned to ${status}`).toContain(before);
    this.#circuits.set(tool, { status, permits: data.permits ?? 0, probes: new Set(), passed: 0 });
  }
}
