/**
 * Resource keys under random histories: readers and writers of a small tree of keys, cancels, runs that end, executors
 * that are lost, limits that change, restarts. A referee that only knows who holds what checks every grant; in the end
 * everybody has had a turn.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AGENT, asked, cleared, completed, fact, fenced, started, tool } from '../test/facts.ts';
import { dispatched, executor, fresh, given, offering, recorded, reload, text } from '../test/scenario.ts';
import { fencesOwed, scheduler } from './index.ts';
import type { SchedulerOffer, SchedulerState } from './index.ts';

const RUNS = Number(process.env['WRIT_LEASE_RUNS'] ?? 60);
const TIMEOUT_MS = 60_000;
const KEYS = ['a', 'a/b', 'a/b/c', 'a/d', 'e'];
const READ = tool('read', { class: 'READ_ONLY', keys: ['{args.k}'] });
const WRITE = tool('write', { class: 'LOCAL_WRITE', effects: 'keyed', keys: ['{args.k}'] });
const BOTH = tool('both', { class: 'NETWORK', effects: 'keyed', keys: ['{args.k}', '{args.l}'] });
const TOOLS = ['read', 'write', 'both'];
const LIMITED = 'e';

interface Held {
  readonly id: string;
  readonly keys: readonly string[];
  readonly reads: boolean;
  attempt: number;
}

class Cell {
  state: SchedulerState = given(READ, WRITE, BOTH).play().state;
  readonly waiting = new Map<string, Held>();
  readonly running = new Map<string, Held>();
  #session = 1;
  #named = 0;
  #most: number | undefined;

  offer(slots: number): SchedulerOffer {
    return offering(executor(slots, { session: `s${this.#session}` }));
  }

  ask(a: number, b: number, c: number): void {
    const id = `c${this.#named++}`;
    const [k, l] = [KEYS[b % KEYS.length], KEYS[c % KEYS.length]] as [string, string];
    const name = TOOLS[a % TOOLS.length] as string;
    this.waiting.set(id, { id, keys: name === 'both' ? [k, l] : [k], reads: name === 'read', attempt: 1 });
    this.tell(asked([{ invocation: id, tool: name, inputs: { k, l } }]), ...cleared(id));
  }

  tell(...facts: Parameters<typeof scheduler.evolve>[1][]): void {
    for (const one of facts) scheduler.evolve(this.state, one);
  }

  react(offer: SchedulerOffer): void {
    for (;;) {
      const facts = scheduler.react(this.state, 0, offer);
      if (facts.length === 0) return;
      for (const one of facts) {
        this.tell(recorded(one, 0));
        if (one.type === 'schedule.dispatched') this.#grant(one.data.invocation, one.data.attempt);
        if (one.type === 'invocation.cancelled') this.waiting.delete(one.data.invocation);
      }
    }
  }

  #grant(id: string, attempt: number): void {
    const call = this.waiting.get(id) as Held;
    for (const other of this.running.values())
      expect(this.#conflict(call, other), `${id} beside ${other.id}`).toBe(false);
    const users = [...this.running.values()].filter(({ keys }) => keys.includes(LIMITED)).length;
    if (this.#most !== undefined && call.keys.includes(LIMITED)) expect(users).toBeLessThan(this.#most);
    this.waiting.delete(id);
    this.running.set(id, { ...call, attempt });
  }

  #conflict(a: Held, b: Held): boolean {
    if (a.reads && b.reads) return false;
    return a.keys.some((one) =>
      b.keys.some((other) => {
        if (one === LIMITED && other === LIMITED && this.#most !== undefined) return false;
        return one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);
      }),
    );
  }

  complete(a: number): void {
    const call = [...this.running.values()][a % Math.max(1, this.running.size)];
    if (!call) return;
    this.running.delete(call.id);
    this.tell(completed(call.id, { attempt: call.attempt, session: `s${this.#session}` }));
  }

  cancel(a: number): void {
    const call = [...this.waiting.values()][a % Math.max(1, this.waiting.size)];
    if (call) this.tell(fact('tool.cancel-requested', { invocation: call.id }, { origin: AGENT }));
  }

  /** The executor begins anew: what it had is granted again, and holds its keys meanwhile. */
  lose(): void {
    for (const { id, attempt } of this.running.values())
      this.tell(started(id, { attempt, session: `s${this.#session}` }));
    this.#session++;
    this.react(fresh('e1', `s${this.#session}`));
    for (const { executor: name, session, tenant } of fencesOwed(this.state))
      this.tell(fenced(name, session, tenant));
    for (const call of this.running.values()) this.waiting.set(call.id, call);
    this.running.clear();
  }

  limit(most: number | undefined): void {
    if (this.running.size > 0) return;
    this.#most = most;
    const limits = most === undefined ? [] : [{ key: LIMITED, most }];
    this.tell(fact('concurrency.defined', { limits }));
  }

  restart(): void {
    const again = reload(this.state);
    expect(text(again)).toBe(text(this.state));
    this.state = again;
  }
}

const operation = fc.record({
  kind: fc.oneof(
    { weight: 6, arbitrary: fc.constant('ask') },
    { weight: 4, arbitrary: fc.constantFrom('react', 'complete') },
    { weight: 1, arbitrary: fc.constantFrom('cancel', 'lose', 'limit', 'restart') },
  ),
  a: fc.nat(99),
  b: fc.nat(99),
  c: fc.nat(99),
});

it(
  'any history of keys: no two conflicting holders, nobody waits for ever, nothing is left behind',
  () => {
    fc.assert(
      fc.property(fc.array(operation, { minLength: 60, maxLength: 150 }), (operations) => {
        const cell = new Cell();
        for (const { kind, a, b, c } of operations) {
          if (kind === 'ask') cell.ask(a, b, c);
          else if (kind === 'complete') cell.complete(a);
          else if (kind === 'cancel') cell.cancel(a);
          else if (kind === 'lose') cell.lose();
          else if (kind === 'limit') cell.limit(a % 2 === 0 ? 1 + (b % 3) : undefined);
          else if (kind === 'restart') cell.restart();
          else cell.react(cell.offer(1 + (a % 4)));
        }
        for (let rounds = 0; cell.waiting.size + cell.running.size > 0; rounds++) {
          expect(rounds, 'every round somebody ends').toBeLessThan(1_000);
          cell.react(cell.offer(2));
          expect(cell.running.size, 'somebody can always run').toBeGreaterThan(0);
          cell.complete(0);
        }
        for (const { leases, calls } of cell.state.tenants.values())
          expect([leases.size, calls.size]).toEqual([0, 0]);
        cell.restart();
      }),
      { numRuns: RUNS },
    );
  },
  TIMEOUT_MS,
);

describe('a key', () => {
  const call = (id: string, name: string, k?: string) => [
    asked([{ invocation: id, tool: name, inputs: k === undefined ? {} : { k } }]),
    ...cleared(id),
  ];
  const TEN = offering(executor(10));

  it('that readers hold: a writer waits for them, and readers that come later wait for it', () => {
    const hot = given(
      READ,
      WRITE,
      ...call('r1', 'read', 'a'),
      TEN,
      ...call('w', 'write', 'a'),
      ...call('r2', 'read', 'a'),
    );
    hot.when(TEN).then();
    hot.when(completed('r1'), TEN).then(dispatched('w'));
    hot.when(completed('r1'), TEN, completed('w'), TEN).then(dispatched('r2'));
  });
  it('that many wait for: does not hold up who needs another', () =>
    given(
      READ,
      WRITE,
      ...call('w1', 'write', 'a'),
      TEN,
      ...call('w2', 'write', 'a'),
      ...call('w3', 'write', 'a'),
    )
      .when(...call('o', 'write', 'e'), TEN)
      .then(dispatched('o')));
  it('below one that is held: is held, too', () => {
    given(READ, WRITE, ...call('w', 'write', 'a/b'), TEN, ...call('r', 'read', 'a'), TEN).then();
    given(READ, WRITE, ...call('w', 'write', 'a'), TEN, ...call('r', 'read', 'a/b/c'), TEN).then();
    given(READ, WRITE, ...call('w', 'write', 'a/b'), TEN, ...call('r', 'read', 'a/d'), TEN).then(
      dispatched('r'),
    );
  });
  it('that cannot be computed: stands for every key of the tenant', () =>
    given(READ, WRITE, ...call('w', 'write'), TEN, ...call('r', 'read', 'e'), TEN).then());
  it('held by a call whose outcome nobody knows: stays held until it is resolved', () => {
    const once = tool('once', { class: 'DESTRUCTIVE', keys: ['{args.k}'] });
    const lost = given(once, WRITE, ...call('o', 'once', 'a'), TEN, ...call('w', 'write', 'a')).when(
      started('o'),
      fresh('e1', 's2'),
      fenced(),
      offering(executor(10, { session: 's2' })),
    );
    lost.when(900_000_000, offering(executor(10, { session: 's2' }))).then();
    lost
      .when(completed('o', { executor: 'e2', session: 's9' }), offering(executor(10, { session: 's2' })))
      .then(dispatched('w', { session: 's2' }));
  });
});
