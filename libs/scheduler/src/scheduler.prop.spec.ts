/**
 * Random histories of two tenants: steps, verdicts, cancels, runs that fail, executors that fall silent or begin anew,
 * deadlines, breakers, restarts at any point. A referee that keeps only lists checks every answer, a twin that never
 * restarts must answer alike, and in the end everything that was allowed has run or has an owner.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Fact, RecordedFact, RunOutcome } from '@writ/contracts';
import {
  AGENT,
  allowed,
  asked,
  breaker,
  completed,
  fact,
  fenced,
  reserved,
  started,
  tool,
} from '../test/facts.ts';
import { Referee } from '../test/referee.ts';
import { NOTHING, executor, fresh, recorded, reload, silent, text } from '../test/scenario.ts';
import { fencesOwed, queueDepth, scheduler } from './index.ts';
import type { SchedulerOffer, SchedulerState } from './index.ts';
import type { OfferedExecutor } from './attempt.ts';

const RUNS = Number(process.env['WRIT_SCHEDULER_RUNS'] ?? 50);
/** Far more than it needs, for a machine that is busy with other things. */
const TIMEOUT_MS = 30_000 + 100 * RUNS;
const LEAST_OF_EACH = 1;
const ANSWERS = [
  'schedule.planned',
  'schedule.dispatched',
  'schedule.refused',
  'schedule.indeterminate',
  'invocation.cancelled',
  'executor.lost',
  'breaker.opened',
  'breaker.half-opened',
  'breaker.closed',
  'turn skipped',
  'queued late',
];
const TENANTS = ['acme', 'other'];
const TOOLS = {
  read: { class: 'READ_ONLY', keys: ['file:{args.k}'] },
  loose: {},
  keyed: { class: 'NETWORK', effects: 'keyed' },
  edit: { class: 'LOCAL_WRITE', effects: 'keyed', keys: ['file:{args.k}'] },
  once: { class: 'DESTRUCTIVE', effects: 'once', pool: 'gpu' },
};
const FACTS = new Map(
  Object.entries(TOOLS).map(([name, terms]) => {
    const { pool = 'default', keys } = terms as { pool?: string; keys?: string[] };
    // A tool without class and effects runs once, too.
    return [
      name,
      { pool, once: name === 'once' || name === 'loose', keyed: keys !== undefined, reads: name === 'read' },
    ];
  }),
);
const MOST_ANSWERS = 5_000;

/** One operation; the numbers choose among what there is when it is played. */
interface Operation {
  readonly kind: string;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

const kind = fc.oneof(
  { weight: 6, arbitrary: fc.constant('ask') },
  { weight: 8, arbitrary: fc.constant('clear') },
  { weight: 2, arbitrary: fc.constantFrom('allow', 'reserve', 'deny', 'cancel', 'repeat') },
  { weight: 8, arbitrary: fc.constant('offer') },
  { weight: 8, arbitrary: fc.constant('complete') },
  { weight: 4, arbitrary: fc.constant('start') },
  { weight: 8, arbitrary: fc.constantFrom('silent', 'fresh', 'fence', 'late', 'wait', 'restart') },
);
const operation: fc.Arbitrary<Operation> = fc.record({ kind, a: fc.nat(99), b: fc.nat(99), c: fc.nat(99) });

class History {
  readonly referee = new Referee(FACTS);
  live: SchedulerState = scheduler.initial();
  readonly twin: SchedulerState = scheduler.initial();
  now = 0;
  readonly seen: Map<string, number>;
  #named = 0;
  /** The latest session of each executor. */
  readonly #sessions = [1, 1, 1];

  /** `seen` counts what was answered, by type. */
  constructor(seen: Map<string, number>) {
    this.seen = seen;
    for (const tenant of TENANTS) {
      for (const [name, terms] of Object.entries(TOOLS)) this.tell(tool(name, terms, { tenant }));
      for (const name of Object.keys(TOOLS)) {
        const terms = { tool: name, window: 5, minimumCalls: 3, openSeconds: 3, halfOpenPermits: 2 };
        this.tell({ ...breaker(terms), tenant } as RecordedFact);
      }
    }
  }

  /** A fact from outside, and everything that the scheduler owes then. */
  tell(...facts: readonly RecordedFact[]): void {
    for (const told of facts) {
      const one = { ...told, at: this.now };
      scheduler.evolve(this.live, one);
      scheduler.evolve(this.twin, one);
      this.referee.see(one, this.now);
    }
    this.answer(NOTHING);
  }

  answer(offer: SchedulerOffer): void {
    for (let answers = 0; answers < MOST_ANSWERS; answers++) {
      const facts = scheduler.react(this.live, this.now, offer);
      expect(scheduler.react(this.twin, this.now, offer)).toEqual(facts);
      if (facts.length === 0) return;
      for (const one of facts) this.#fold(one, offer);
    }
    expect.fail('the scheduler never stops answering');
  }

  #fold(one: Fact, offer: SchedulerOffer): void {
    const own = recorded(one, this.now);
    scheduler.evolve(this.live, own);
    scheduler.evolve(this.twin, own);
    this.referee.see(own, this.now, offer);
    count(this.seen, one.type, 1);
  }

  play({ kind: what, a, b, c }: Operation): void {
    const call = pick(this.referee.living, a);
    const [tenant = '', invocation = ''] = call?.id.split('/') ?? [];
    switch (what) {
      case 'ask':
        return this.#ask(a, b, c);
      case 'clear':
        for (const { id } of call?.step ?? []) {
          const one = id.split('/')[1] ?? '';
          this.tell(allowed(one, 1, { tenant }), reserved(one, { tenant }));
        }
        return;
      case 'allow':
        return this.tell(allowed(invocation, 1, { tenant }));
      case 'reserve':
        return this.tell(reserved(invocation, { tenant }));
      case 'deny': {
        const undecided = call && !call.allowed;
        const data = { invocation, agent: AGENT, verdict: 'deny' };
        return undecided ? this.tell(fact('policy.decided', data, { tenant })) : undefined;
      }
      case 'cancel': {
        const place = { tenant, origin: b < 90 ? AGENT : 'eve' };
        return this.tell(fact('tool.cancel-requested', { invocation }, place));
      }
      case 'repeat': {
        const earlier = pick([...this.referee.calls.values()], b);
        const [owner = '', id = ''] = earlier?.id.split('/') ?? [];
        return earlier && this.tell(asked([{ invocation: id, tool: 'read' }], {}, { tenant: owner }));
      }
      case 'offer':
        return this.answer({ ...NOTHING, executors: this.#executors(a, b) });
      case 'wait':
        this.now += b % 8 === 0 ? 600_000 : 200 * a;
        return this.answer(NOTHING);
      case 'restart':
        expect(text(reload(this.live))).toBe(text(this.twin));
        this.live = reload(this.live);
        return;
      default:
        return this.#run(what, a, b);
    }
  }

  /** What executors do, and what becomes of them. */
  #run(what: string, a: number, b: number): void {
    const call = pick(
      this.referee.living.filter((one) => one.holder !== undefined),
      a,
    );
    const [tenant = '', invocation = ''] = call?.id.split('/') ?? [];
    const [name = '', session = ''] = call?.holder?.split('/') ?? [];
    const run = { tenant, attempt: call?.attempts ?? 1, executor: name, session };
    const outcome = (['succeeded', 'failed', 'succeeded', 'timed-out', 'cancelled'] as RunOutcome[])[b % 5];
    if (what === 'start' && call) this.tell(started(invocation, run));
    if (what === 'complete' && call) this.tell(completed(invocation, { ...run, ms: 10 * a }, outcome));
    if (what === 'silent' && call) this.answer(silent(name, session));
    if (what === 'fresh') this.renew(a % 3);
    if (what === 'fence') this.fence();
    if (what === 'late') {
      const other = pick([...this.referee.calls.values()], a);
      const [owner = '', id = ''] = other?.id.split('/') ?? [];
      const late = { tenant: owner, attempt: 1 + (b % 2), executor: `e${b % 3}`, session: `s${1 + (b % 4)}` };
      this.tell(started(id, late), completed(id, late, outcome));
    }
  }

  #ask(a: number, b: number, c: number): void {
    const names = Object.keys(TOOLS);
    const calls = Array.from({ length: 1 + (c % 5) }, (_, index) => ({
      invocation: `call-${this.#named++}`,
      tool: names[(a + index * b) % names.length] as string,
      inputs: { k: `${b % (index + 2)}` },
    }));
    const priority = (['normal', 'urgent', 'background', 'normal'] as const)[b % 4] ?? 'normal';
    const whenLate = c % 8 === 0 ? { whenLate: 'run' as const } : {};
    const due = { deadline: new Date(this.now + (a % 2 === 0 ? 100 : 2_000) * b).toISOString(), ...whenLate };
    const deadline = c % 4 === 0 ? due : {};
    const plan = c % 3 === 0 ? 'dag' : 'waves';
    const account = { project: `p${b % 3}`, ...(a % 3 === 0 ? { campaign: `c${c % 2}` } : {}) };
    const terms = { priority, plan, ...account, ...deadline };
    this.tell(asked(calls, terms, { tenant: TENANTS[a % 2] as string }));
  }

  #executors(a: number, b: number): OfferedExecutor[] {
    return this.#sessions.map((session, index) => {
      const pool = index === 2 ? 'gpu' : 'default';
      const slots = 1 + ((index === 0 ? a : b) % 4);
      return executor(slots, { executor: `e${index}`, session: `s${session}`, pool });
    });
  }

  renew(index: number): void {
    const session = (this.#sessions[index] ?? 0) + 1;
    this.#sessions[index] = session;
    this.answer(fresh(`e${index}`, `s${session}`));
  }

  fence(): void {
    for (const owed of fencesOwed(this.live)) this.tell(fenced(owed.executor, owed.session, owed.tenant));
  }

  /** Executors that work, people who answer, and time: what any history must end well with. */
  drain(): void {
    for (const index of [0, 1, 2]) this.renew(index);
    this.fence();
    for (const { id } of this.referee.living) {
      const [tenant = '', invocation = ''] = id.split('/');
      this.tell(allowed(invocation, 1, { tenant }), reserved(invocation, { tenant }));
    }
    for (let rounds = 0; rounds < 1_000 && this.referee.living.length > 0; rounds++) {
      this.now += 1_000;
      this.answer({ ...NOTHING, executors: this.#executors(3, 3) });
      for (const { id, holder, attempts, indeterminate } of this.referee.living) {
        const [tenant = '', invocation = ''] = id.split('/');
        const [name = 'e0', session = 's0'] = holder?.split('/') ?? [];
        if (!holder && !indeterminate) continue;
        this.tell(completed(invocation, { tenant, attempt: attempts, executor: name, session }));
      }
    }
  }
}

function count(seen: Map<string, number>, what: string, by: number): void {
  seen.set(what, (seen.get(what) ?? 0) + by);
}

function pick<T>(items: readonly T[], index: number): T | undefined {
  return items[index % Math.max(1, items.length)];
}

it(
  'any history: every answer is right, restarts change nothing, and all calls end',
  () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(fc.array(operation, { minLength: 100, maxLength: 200 }), (operations) => {
        const history = new History(seen);
        for (const one of operations) history.play(one);
        expect(text(reload(history.live))).toBe(text(history.twin));
        history.drain();
        expect(history.referee.living.map((call) => call.id)).toEqual([]);
        expect(queueDepth(history.live)).toBe(0);
        const { tenants, sessions } = history.live;
        expect([...tenants.values()].every((tenant) => tenant.calls.size === 0)).toBe(true);
        expect(sessions.size).toBe(0);
        expect(text(reload(history.live))).toBe(text(history.twin));
        count(seen, 'turn skipped', history.referee.order.turnsSkipped);
        count(seen, 'queued late', history.referee.order.lateCalls);
      }),
      { numRuns: RUNS },
    );
    // Histories in which nothing happens prove nothing.
    for (const type of ANSWERS) expect(seen.get(type) ?? 0, type).toBeGreaterThanOrEqual(LEAST_OF_EACH);
  },
  TIMEOUT_MS,
);
