/**
 * An executor as the protocol demands it (ARCHITECTURE §5), without any tool behind it: `execution.started` before
 * what is not READ_ONLY, exact-sequence appends on its own subject, a new session when it is fenced or restarted.
 */
import { cloudEvent, encodeCommit, subjects } from '@writ/contracts';
import type { ExecutorId, Fact, SessionId, TenantId } from '@writ/contracts';
import { appendResolved } from '@writ/ledger';
import type { Ledger } from '@writ/ledger';
import type { GrantDetails, OfferedExecutor } from '@writ/scheduler';
import { ProcessLedger } from './process-ledger.ts';
import type { Random } from './random.ts';

interface Held {
  readonly grant: GrantDetails;
  started: boolean;
  /** An append for it is under way. */
  busy: boolean;
}

const SLOTS = 3;
const READ_ONLY: ReadonlySet<string> = new Set(['read', 'compute']);

export class SimExecutor {
  readonly id: ExecutorId;
  session: SessionId;
  readonly held = new Map<string, Held>();
  readonly #world: Ledger;
  readonly #random: Random;
  readonly #done = new Set<string>();
  #ledger: ProcessLedger;
  #tails = new Map<TenantId, number>();
  #sessions = 0;
  #writing = false;

  constructor(id: string, world: Ledger, random: Random) {
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
        this.held.set(key, { grant, started: false, busy: false });
    }
  }

  /** Does the next thing for one of the grants it holds; one append at a time, as an executor's subject demands. */
  async step(now: number): Promise<void> {
    const waiting = [...this.held.entries()].filter(([, { busy }]) => !busy);
    if (waiting.length === 0 || this.#writing) return;
    const [key, held] = this.#random.pick(waiting);
    const { session } = this;
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

  #nextFact({ grant, started }: Held, now: number): Fact {
    const { tenant, invocation, attempt, agent, argsDigest, tool } = grant;
    const common = { invocation, attempt, executor: this.id, session: this.session, argsDigest };
    if (!started && !READ_ONLY.has(tool)) return { type: 'execution.started', tenant, data: common };
    const outcome = this.#random.chance(0.2) ? 'failed' : 'succeeded';
    const usage: Record<string, string> = this.#random.chance(0.5)
      ? { usd: String(this.#random.below(4_000_000)) }
      : {};
    const data = { ...common, agent, outcome, usage, startedAtMs: now, endedAtMs: now } as const;
    return { type: 'execution.completed', tenant, data };
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
