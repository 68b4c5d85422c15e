/**
 * An executor as the protocol demands it (ARCHITECTURE §5), without any tool behind it: `execution.started` before
 * what is not READ_ONLY, exact-sequence appends on its own subject, a new session when it is fenced or restarted.
 */
import { cloudEvent, encodeCommit, subjects } from '@writ/contracts';
import type { ExecutorId, Fact, SessionId, TenantId } from '@writ/contracts';
import { appendResolved } from '@writ/ledger';
import type { Ledger } from '@writ/ledger';
import type { GrantDetails, OfferedExecutor } from '@writ/scheduler';
import type { Effects } from './effects.ts';
import { ProcessLedger } from './process-ledger.ts';
import type { Random } from './random.ts';

interface Held {
  readonly grant: GrantDetails;
  started: boolean;
  /** The tool did what it does, or failed before it could. */
  acted: 'done' | 'failed' | undefined;
  /** It was told to end it. */
  stopped: 'cancelled' | 'preempted' | undefined;
  /** It is to go back unbegun. */
  back: boolean;
  /** An append for it is under way. */
  busy: boolean;
}

const SLOTS = 3;
const READ_ONLY: ReadonlySet<string> = new Set(['read', 'compute']);
/** Attempts of each tool that is tried again. */
const ATTEMPTS: Readonly<Record<string, number>> = { compute: 3, store: 2, post: 3 };
const WAIT_MS = 1_000;

export class SimExecutor {
  readonly id: ExecutorId;
  session: SessionId;
  readonly held = new Map<string, Held>();
  readonly #world: Ledger;
  readonly #random: Random;
  readonly #effects: Effects;
  readonly #done = new Set<string>();
  #ledger: ProcessLedger;
  #tails = new Map<TenantId, number>();
  #sessions = 0;
  #writing = false;

  constructor(id: string, world: Ledger, random: Random, effects: Effects) {
    this.#effects = effects;
    this.id = id as ExecutorId;
    this.#world = world;
    this.#random = random;
    this.#ledger = new ProcessLedger(world);
    this.session = this.#nextSession();
  }

  get offered(): OfferedExecutor {
    return { executor: this.id, session: this.session, pool: 'default', slots: SLOTS, labels: {} };
  }

  /** SIGKILL and restart: whatever was under way is gone, the session is new. */
  crash(): void {
    this.#ledger.kill();
    this.#ledger = new ProcessLedger(this.#world);
    this.#begin();
  }

  take(grants: readonly GrantDetails[]): void {
    for (const grant of grants) {
      const key = `${grant.tenant}/${grant.invocation}/${grant.attempt}`;
      if (!this.#done.has(key) && !this.held.has(key))
        this.held.set(key, {
          grant,
          started: false,
          acted: undefined,
          stopped: undefined,
          back: false,
          busy: false,
        });
    }
  }

  /** It is told to end a call before its time. */
  stop(key: string, cause: 'cancelled' | 'preempted'): void {
    const held = this.held.get(key);
    if (held) held.stopped ??= cause;
  }

  /** Gives back what it has not begun. */
  drain(): void {
    for (const held of this.held.values()) if (!held.started && !held.busy) held.back = true;
  }

  /** Does the next thing for one of the grants it holds; one append at a time, as an executor's subject demands. */
  async step(now: number): Promise<void> {
    const waiting = [...this.held.entries()].filter(([, { busy }]) => !busy);
    if (waiting.length === 0 || this.#writing) return;
    const [key, held] = this.#random.pick(waiting);
    const { session } = this;
    if (this.#act(held)) return;
    held.busy = true;
    this.#writing = true;
    const fact = this.#nextFact(held, now);
    const { tenant } = held.grant;
    const expected = await this.#tail(tenant);
    const id = `${session}.${fact.type}.${key}`;
    const data = encodeCommit([cloudEvent(fact, id, `writ/executor/${this.id}`, now)]);
    const result = await appendResolved(this.#ledger, {
      subject: subjects.executions(tenant, this.id),
      id,
      data,
      expected,
    });
    if (session !== this.session) return;
    this.#writing = false;
    held.busy = false;
    if (result.status === 'conflict') {
      this.#begin();
      return;
    }
    this.#tails.set(tenant, result.seq);
    if (fact.type === 'execution.started') {
      held.started = true;
    } else {
      this.held.delete(key);
      this.#done.add(key);
    }
  }

  /** The tool acts at a moment of its own: a crash may come between that and what the ledger hears of it. */
  #act(held: Held): boolean {
    const { grant, started, acted, back, stopped } = held;
    const { tenant, invocation, tool } = grant;
    const mayAct = (started || READ_ONLY.has(tool)) && !back && !stopped && !grant.query;
    if (!mayAct || acted) return false;
    held.acted = this.#random.chance(0.2) ? 'failed' : 'done';
    if (held.acted === 'done') this.#effects.act(tool, `${tenant}/${invocation}`);
    return this.#random.chance(0.5);
  }

  #nextFact(held: Held, now: number): Fact {
    const { grant, started, acted, stopped, back } = held;
    const { tenant, invocation, attempt, agent, argsDigest, tool } = grant;
    const common = { invocation, attempt, executor: this.id, session: this.session, argsDigest };
    if (back && !started) return { type: 'execution.returned', tenant, data: common };
    if (grant.query) return this.#answer(grant, now);
    if (!started && !READ_ONLY.has(tool)) return { type: 'execution.started', tenant, data: common };
    const outcome = acted === 'done' ? 'succeeded' : stopped && !acted ? 'cancelled' : 'failed';
    const usage: Record<string, string> = this.#random.chance(0.5)
      ? { usd: String(this.#random.below(4_000_000)) }
      : {};
    const data = { ...common, agent, outcome, usage, startedAtMs: now, endedAtMs: now } as const;
    if (outcome === 'cancelled' && stopped === 'preempted')
      return { type: 'execution.attempted', tenant, data: { ...data, cause: 'preempted', waitMs: 0 } };
    const again = outcome === 'failed' && (grant.failures ?? 0) + 1 < (ATTEMPTS[tool] ?? 1);
    if (again && this.#random.chance(0.8))
      return { type: 'execution.attempted', tenant, data: { ...data, cause: 'failed', waitMs: WAIT_MS } };
    return { type: 'execution.completed', tenant, data };
  }

  /** What the tool says of an attempt that nobody saw the end of. */
  #answer({ tenant, invocation, attempt, agent, argsDigest, tool }: GrantDetails, now: number): Fact {
    const common = { invocation, attempt, executor: this.id, session: this.session };
    const answer = this.#effects.query(tool, `${tenant}/${invocation}`, this.#random);
    if (answer !== 'done') return { type: 'execution.queried', tenant, data: { ...common, answer } };
    const end = {
      agent,
      argsDigest,
      outcome: 'succeeded',
      usage: {},
      startedAtMs: now,
      endedAtMs: now,
    } as const;
    return { type: 'execution.completed', tenant, data: { ...common, ...end } };
  }

  async #tail(tenant: TenantId): Promise<number> {
    const known = this.#tails.get(tenant);
    if (known !== undefined) return known;
    return (await this.#ledger.tail(subjects.executions(tenant, this.id)))?.seq ?? 0;
  }

  #begin(): void {
    this.session = this.#nextSession();
    this.held.clear();
    this.#done.clear();
    this.#tails = new Map();
    this.#writing = false;
  }

  #nextSession(): SessionId {
    return `${this.id}-s${++this.#sessions}` as SessionId;
  }
}
