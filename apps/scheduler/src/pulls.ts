/**
 * The pulls that executors hold open. Not facts: they reach the core as its offer. A pull is answered only after the
 * grants it carries are committed; a reply that gets lost heals, because the next pull lists what its executor holds
 * and whatever is missing is sent again.
 */
import type { ExecutorId, PullRequest, SessionId } from '@writ/contracts';
import type { SchedulerOffer } from '@writ/scheduler';

/** One pull that waits for grants. */
export interface HeldPull {
  readonly request: PullRequest;
  readonly heldSince: number;
  readonly answer: (payload: string) => void;
}

interface Heard {
  readonly session: SessionId;
  at: number;
}

type OfferedExecutor = SchedulerOffer['executors'][number];

export class Pulls {
  readonly #held = new Map<ExecutorId, HeldPull>();
  readonly #heard = new Map<ExecutorId, Heard>();
  /** Kept until a pull comes or goes, because a reaction asks for it every time. */
  #offered: readonly OfferedExecutor[] | undefined;

  /** Keeps a pull open; an older one of the same executor is answered with nothing. */
  hold(pull: HeldPull): void {
    const { executor, session } = pull.request;
    this.take(executor)?.answer(NO_GRANTS);
    this.#held.set(executor, pull);
    this.#heard.set(executor, { session, at: pull.heldSince });
    this.#offered = undefined;
  }

  /** The open pull of an executor, which is then no longer held. */
  take(executor: ExecutorId): HeldPull | undefined {
    const pull = this.#held.get(executor);
    if (pull && this.#held.delete(executor)) this.#offered = undefined;
    return pull;
  }

  /** The open pull of an executor. */
  held(executor: ExecutorId): HeldPull | undefined {
    return this.#held.get(executor);
  }

  executors(): readonly OfferedExecutor[] {
    this.#offered ??= [...this.#held.values()].map(({ request }) => ({
      executor: request.executor,
      session: request.session,
      pool: request.pool,
      slots: request.slots,
      labels: request.labels,
      ...(request.gpus === undefined ? {} : { gpus: request.gpus }),
      ...(request.memoryGb === undefined ? {} : { memoryGb: request.memoryGb }),
    }));
    return this.#offered;
  }

  /** Slots of the executors that pull now, by pool. */
  slots(): ReadonlyMap<string, number> {
    const slots = new Map<string, number>();
    for (const { pool, slots: own } of this.executors()) slots.set(pool, (slots.get(pool) ?? 0) + own);
    return slots;
  }

  /** The session that an executor pulled with last, and when. */
  heard(executor: ExecutorId): Readonly<Heard> | undefined {
    return this.#heard.get(executor);
  }

  /** Answers the pulls that were open longer than `holdMs`, so that their executors are known to live. */
  expire(now: number, holdMs: number): void {
    for (const [executor, pull] of this.#held) {
      if (now - pull.heldSince >= holdMs) this.take(executor)?.answer(NO_GRANTS);
    }
  }

  /** Forgets everything: another process leads now. */
  clear(): void {
    for (const executor of this.#held.keys()) this.take(executor)?.answer(NO_GRANTS);
    this.#heard.clear();
  }
}

export const NO_GRANTS = '{"grants":[]}';
