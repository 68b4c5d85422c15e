/**
 * Which executor sessions are alive, judged by their pulls. Only sessions that hold grants matter. A session that was
 * not heard of since this process leads gets the full bound from then on, so a new leader does not lose everybody.
 */
import type { ExecutorId, PullRequest, SessionId } from '@writ/contracts';
import { busySessions, holdsOlder } from '@writ/scheduler';
import type { SchedulerOffer, SchedulerState } from '@writ/scheduler';

type ExecutorSession = SchedulerOffer['silent'][number];

interface Heard {
  readonly session: SessionId;
  readonly at: number;
}

export class Sessions {
  /** Past their bound. */
  silent: readonly ExecutorSession[] = [];
  /** New sessions of executors that still hold grants of an older one. */
  fresh: readonly ExecutorSession[] = [];
  /** The session that an executor pulled with last, and when; who was heard of last stands last. */
  readonly #heard = new Map<ExecutorId, Heard>();
  readonly #silentMs: number;
  #leadingSince: number | undefined;

  constructor(silentMs: number) {
    this.#silentMs = silentMs;
  }

  /** However the pull is answered: whoever pulls lives, and every older session of its executor is over. */
  onPull(state: SchedulerState, { executor, session }: PullRequest): void {
    const before = this.#heard.get(executor);
    this.#heard.delete(executor);
    this.#heard.set(executor, { session, at: performance.now() });
    if (before?.session !== session && holdsOlder(state, executor, session))
      this.fresh = [...this.fresh, { executor, session }];
  }

  /** Looks at all sessions that hold grants. */
  check(state: SchedulerState): void {
    const now = performance.now();
    this.#leadingSince ??= now;
    const silent: ExecutorSession[] = [];
    const fresh: ExecutorSession[] = [];
    for (const held of busySessions(state)) {
      const heard = this.#heard.get(held.executor);
      if (heard && heard.session !== held.session)
        fresh.push({ executor: held.executor, session: heard.session });
      else if (now - (heard?.at ?? this.#leadingSince) > this.#silentMs) silent.push(held);
    }
    this.silent = silent;
    this.fresh = fresh;
    this.#forgetSilent(now);
  }

  /** Another process leads: what was heard here says nothing any more. */
  reset(): void {
    this.silent = [];
    this.fresh = [];
    this.#heard.clear();
    this.#leadingSince = undefined;
  }

  /** One that was not heard of for so long counts as silent anyway. */
  #forgetSilent(now: number): void {
    for (const [executor, { at }] of this.#heard) {
      if (now - at <= this.#silentMs) return;
      this.#heard.delete(executor);
    }
  }
}
