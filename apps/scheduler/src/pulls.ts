/**
 * The pulls that executors hold open. Not facts: they reach the core as its offer. A pull stays open for its time and
 * carries whatever is granted until then, so that a grant costs no pull of its own (ADR 021). It is answered only after
 * the grants are committed; an answer that gets lost heals, because the next pull tells what its executor holds.
 */
import type { ExecutorId, Grant, PullReply, PullRequest, StopOrder } from '@writ/contracts';
import { MAX_GRANTS_PER_PULL } from './limits.ts';

/** One pull that waits for grants. */
export interface HeldPull {
  readonly request: PullRequest;
  readonly heldSince: number;
  readonly answer: (payload: string) => void;
}

export class Pulls {
  /** In the order in which they came. */
  readonly #held = new Map<ExecutorId, HeldPull>();
  /** How many grants each has carried. */
  readonly #carried = new WeakMap<HeldPull, number>();
  /** Kept until a pull comes or goes, because a reaction asks for it every time. */
  #offered: readonly PullRequest[] | undefined;

  /** Keeps a pull open; an older one of the same executor ends with nothing. */
  hold(pull: HeldPull): void {
    const { executor } = pull.request;
    this.#end(executor);
    this.#held.set(executor, pull);
    this.#offered = undefined;
  }

  /** The open pull of an executor. */
  held(executor: ExecutorId): HeldPull | undefined {
    return this.#held.get(executor);
  }

  /** Sends grants to an executor that holds a pull open. */
  grant(executor: ExecutorId, grants: readonly Grant[]): void {
    const pull = this.#held.get(executor);
    if (!pull) return;
    const carried = (this.#carried.get(pull) ?? 0) + grants.length;
    this.#carried.set(pull, carried);
    if (carried < MAX_GRANTS_PER_PULL) return pull.answer(replyOf({ grants: [...grants], more: true }));
    this.#forget(executor);
    pull.answer(replyOf({ grants: [...grants] }));
  }

  /** Tells an executor that holds a pull open to end grants. */
  stop(executor: ExecutorId, stops: readonly StopOrder[]): void {
    this.#held.get(executor)?.answer(replyOf({ grants: [], stops: [...stops], more: true }));
  }

  executors(): readonly PullRequest[] {
    return (this.#offered ??= Array.from(this.#held.values(), ({ request }) => request));
  }

  /** Slots of the executors that pull now, by pool. */
  slots(): ReadonlyMap<string, number> {
    const slots = new Map<string, number>();
    for (const { pool, slots: own } of this.executors()) slots.set(pool, (slots.get(pool) ?? 0) + own);
    return slots;
  }

  /** Ends the pulls that were open longer than `holdMs`, so that their executors are known to live. */
  expire(now: number, holdMs: number): void {
    for (const [executor, { heldSince }] of this.#held) {
      if (now - heldSince < holdMs) return;
      this.#end(executor);
    }
  }

  /** Ends all: another process leads now. */
  clear(): void {
    for (const executor of this.#held.keys()) this.#end(executor);
  }

  #end(executor: ExecutorId): void {
    const pull = this.#held.get(executor);
    this.#forget(executor);
    pull?.answer(NO_GRANTS);
  }

  #forget(executor: ExecutorId): void {
    if (this.#held.delete(executor)) this.#offered = undefined;
  }
}

export const NO_GRANTS = replyOf({ grants: [] });

function replyOf(reply: PullReply): string {
  return JSON.stringify(reply);
}
