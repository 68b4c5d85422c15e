/**
 * How a grant's time with this executor ends: with the last word on its call, with the word that it is tried again, with
 * what a query found out, or given back unbegun. One fact for each, after which the session has done with the grant.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Backoff, AttemptCause, RunOutcome } from '@writ/contracts';
import type { AgentId, Digest, Fact, StopOrder } from '@writ/contracts';
import {
  attemptedFact,
  completedFact,
  failure,
  grantKey,
  nothingUsed,
  queriedFact,
  repeatOf,
  returnedFact,
} from '@writ/execution';
import type { Conclusion, QueryAnswer, Repeat, RunSpan, SealedInputs } from '@writ/execution';
import { FIRST_RETRY_MS, LONGEST_RETRY_MS, MOST_ATTEMPTS } from './limits.ts';
import type { ExecutorPorts } from './ports.ts';
import type { HeldCall } from './session.ts';
import type { ReadyTool } from './tool-cache.ts';

/** A call that may run: its grant, and the bytes that were decided on. */
export interface RunningCall {
  readonly held: HeldCall;
  readonly tool: ReadyTool;
  readonly inputs: SealedInputs;
}

export class CallEnding {
  readonly #ports: ExecutorPorts;

  constructor(ports: ExecutorPorts) {
    this.#ports = ports;
  }

  /** Whether the end of a run may be followed by another attempt; undefined when it is the last word. */
  repeatOf(
    { held, tool }: RunningCall,
    { ending }: Conclusion,
  ): Exclude<Repeat, { status: 'no' }> | undefined {
    if (ending.outcome === RunOutcome.succeeded || tool.spec.retry === undefined) return undefined;
    if (held.stop.aborted) return undefined;
    const repeat = repeatOf(tool.spec, held.grant, tool.startsFirst, ending);
    return repeat.status === 'no' ? undefined : repeat;
  }

  /** Commits the end of a run. */
  async end(
    call: RunningCall,
    conclusion: Conclusion,
    span: RunSpan,
    repeat: Exclude<Repeat, { status: 'no' }> | undefined,
  ): Promise<void> {
    const { held, inputs } = call;
    if (repeat) return this.#attempted(call, conclusion, { ...span, cause: 'failed', waitMs: repeat.waitMs });
    const { order } = held.stop;
    if (order && conclusion.ending.outcome === RunOutcome.cancelled) {
      const preempted = order.cause === 'preempted';
      const why = order.reason ?? (preempted ? 'an operator wanted its place' : 'cancelled by its agent');
      const said = failure(order.cause, why, conclusion.ending.usage);
      const { error } = said.ending;
      const ended = { ...said, ending: { ...conclusion.ending, ...(error ? { error } : {}) } };
      if (preempted)
        return this.#attempted(call, ended, { ...span, cause: AttemptCause.preempted, waitMs: 0 });
      return this.#complete(held, inputs.digest, ended, span);
    }
    const { store } = conclusion;
    const kept = store === undefined ? conclusion : await this.#keep(conclusion, store);
    this.#complete(held, inputs.digest, kept, span);
  }

  /** Completes a call that never ran. */
  refuse(held: HeldCall, argsDigest: Digest, conclusion: Conclusion): void {
    const now = this.#ports.now();
    this.#complete(held, argsDigest, conclusion, { startedAtMs: now, endedAtMs: now });
  }

  /** Its agent cancelled it before the tool began. */
  cancelUnbegun({ held, tool, inputs }: RunningCall, { reason }: StopOrder): void {
    const why = reason ?? 'cancelled by its agent before it ran';
    const conclusion = failure('cancelled', why, nothingUsed(tool.spec));
    const ending = { ...conclusion.ending, outcome: RunOutcome.cancelled };
    this.refuse(held, inputs.digest, { ...conclusion, ending });
  }

  /** The query did not say "done". */
  unanswered(held: HeldCall, answer: Exclude<QueryAnswer, { status: 'done' }>): void {
    const detail = answer.status === 'unknown' ? answer.detail : '';
    this.#finish(held, queriedFact(held.session.runner, held.grant, answer), 6 * detail.length);
  }

  /** Somebody else may have it. */
  giveBack(held: HeldCall): void {
    this.#finish(held, returnedFact(held.session.runner, held.grant), 0);
  }

  #attempted(
    { held, inputs }: RunningCall,
    { ending, inlineBytes }: Conclusion,
    span: Parameters<typeof attemptedFact>[4],
  ): void {
    const fact = attemptedFact(held.session.runner, held.grant, inputs.digest, ending, span);
    this.#finish(held, fact, inlineBytes, held.grant.agent);
  }

  #complete(held: HeldCall, argsDigest: Digest, { ending, inlineBytes }: Conclusion, span: RunSpan): void {
    const fact = completedFact(held.session.runner, held.grant, argsDigest, ending, span);
    this.#finish(held, fact, inlineBytes, held.grant.agent);
  }

  #finish(held: HeldCall, fact: Fact, inlineBytes: number, notify?: AgentId): void {
    const { session, grant } = held;
    session.writer.write(grant.tenant, grant.fencingToken, {
      fact,
      inlineBytes,
      ...(notify === undefined ? {} : { notify }),
      committed: (seq) => {
        session.calls.delete(held);
        session.log.finished(grantKey(grant), seq);
      },
    });
  }

  /** Stores a large output before its digest is stated; a call whose output cannot be kept has failed. */
  async #keep(conclusion: Conclusion, store: NonNullable<Conclusion['store']>): Promise<Conclusion> {
    const backoff = new Backoff(FIRST_RETRY_MS, LONGEST_RETRY_MS, this.#ports.random);
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
      try {
        await this.#ports.payloads.put(store.ref, store.bytes);
        return conclusion;
      } catch (error) {
        this.#ports.trouble(error, `storing an output of ${store.ref.bytes} bytes`);
        if (attempt < MOST_ATTEMPTS) await delay(backoff.pauseMs());
      }
    }
    const message = `the output of ${store.ref.bytes} bytes could not be stored`;
    return failure('output-not-stored', message, conclusion.ending.usage);
  }
}
