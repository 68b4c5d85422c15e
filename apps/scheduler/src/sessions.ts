/**
 * Which executor sessions are alive, judged by their pulls. Only sessions that hold grants matter. A session that was
 * not heard of since this process leads gets the full bound from then on, so a new leader does not lose everybody.
 */
import type { PullRequest } from '@writ/contracts';
import { busySessions } from '@writ/scheduler';
import type { SchedulerOffer, SchedulerState } from '@writ/scheduler';
import type { Pulls } from './pulls.ts';

type ExecutorSession = SchedulerOffer['silent'][number];

export class Sessions {
  /** Past their bound. */
  silent: readonly ExecutorSession[] = [];
  /** New sessions of executors that still hold grants of an older one. */
  fresh: readonly ExecutorSession[] = [];
  readonly #pulls: Pulls;
  readonly #silentMs: number;
  #leadingSince: number | undefined;

  constructor(pulls: Pulls, silentMs: number) {
    this.#pulls = pulls;
    this.#silentMs = silentMs;
  }

  /** A pull shows at once that every older session of its executor is over. */
  onPull({ executor, session }: PullRequest): void {
    const before = this.#pulls.heard(executor);
    if (before?.session !== session) this.fresh = [...this.fresh, { executor, session }];
  }

  /** Looks at all sessions that hold grants. */
  check(state: SchedulerState): void {
    const now = performance.now();
    this.#leadingSince ??= now;
    const silent: ExecutorSession[] = [];
    const fresh: ExecutorSession[] = [];
    for (const held of busySessions(state)) {
      const heard = this.#pulls.heard(held.executor);
      if (heard && heard.session !== held.session)
        fresh.push({ executor: held.executor, session: heard.session });
      else if (now - (heard?.at ?? this.#leadingSince) > this.#silentMs) silent.push(held);
    }
    this.silent = silent;
    this.fresh = fresh;
  }

  /** Another process leads: what was heard here says nothing any more. */
  reset(): void {
    this.silent = [];
    this.fresh = [];
    this.#leadingSince = undefined;
  }
}
