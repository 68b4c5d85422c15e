/**
 * Tells executors which of their grants they should end, in answer to the pull that each of them holds open. Not stored:
 * what is told is in the state until the grant has ended, so whatever gets lost is told again.
 */
import type { ExecutorId, StopOrder } from '@writ/contracts';
import { stopsOwed } from '@writ/scheduler';
import type { SchedulerState } from '@writ/scheduler';
import { STOP_AGAIN_MS } from './limits.ts';
import type { Pulls } from './pulls.ts';

export class Stops {
  readonly #pulls: Pulls;
  /** Told, by grant, with the time. */
  #told = new Map<string, number>();

  constructor(pulls: Pulls) {
    this.#pulls = pulls;
  }

  /** Sends what is owed to executors whose pull is open; what was told lately has time to take effect. */
  settle(state: SchedulerState): void {
    const owed = stopsOwed(state);
    if (owed.length === 0) return this.#told.clear();
    const now = performance.now();
    const told = new Map<string, number>();
    const byExecutor = new Map<ExecutorId, StopOrder[]>();
    for (const { executor, session, stop } of owed) {
      const before = this.#told.get(stop.grant);
      const waits = this.#pulls.held(executor)?.request.session === session;
      if (before !== undefined && now - before < STOP_AGAIN_MS) told.set(stop.grant, before);
      else if (waits) {
        told.set(stop.grant, now);
        byExecutor.set(executor, [...(byExecutor.get(executor) ?? []), stop]);
      }
    }
    this.#told = told;
    for (const [executor, stops] of byExecutor) this.#pulls.stop(executor, stops);
  }
}
