/**
 * The calls that have no outcome yet, by invocation, oldest first. The hot path of an agent: a notice is parsed once,
 * and each fact in it costs one look-up.
 */
import type { CloudEvent, InvocationId, WritError } from '@writ/contracts';
import type { CallOutcome } from './outcome.ts';
import { readOutcome } from './read-outcome.ts';
import type { NoticedFact } from './read-outcome.ts';

export interface OutstandingCall {
  readonly invocation: InvocationId;
  /** Id of the event that it was sent in. */
  readonly event: string;
  /** All calls of that event, itself included. */
  readonly step: readonly InvocationId[];
  /** `performance.now()` when it was asked for. */
  readonly issuedAt: number;
  readonly note?: ((note: unknown) => void) | undefined;
  resolve(outcome: CallOutcome): void;
  reject(error: WritError): void;
}

/** Rejections that hit a whole message and not one call of it. */
const WHOLE_MESSAGE: ReadonlySet<unknown> = new Set(['malformed', 'too-large', 'unsupported-type']);

const DECODER = new TextDecoder();

export class OutstandingCalls {
  readonly #calls = new Map<string, OutstandingCall>();
  readonly #onNotice: ((fact: NoticedFact) => void) | undefined;

  constructor(onNotice?: (fact: NoticedFact) => void) {
    this.#onNotice = onNotice;
  }

  get size(): number {
    return this.#calls.size;
  }

  has(invocation: InvocationId): boolean {
    return this.#calls.has(invocation);
  }

  add(call: OutstandingCall): void {
    this.#calls.set(call.invocation, call);
  }

  /** A notice as it came: a CloudEvents batch. */
  receive(data: Uint8Array): void {
    for (const event of JSON.parse(DECODER.decode(data)) as readonly CloudEvent[]) {
      if (event.type === 'execution.progress') this.#progress(event);
      else this.settle(event);
      this.#onNotice?.(event);
    }
  }

  /** Resolves what `fact` ends; true when it ended something. */
  settle(fact: NoticedFact): boolean {
    const { invocation, event, reason } = fact.data as {
      invocation?: string;
      event?: string;
      reason?: unknown;
    };
    const call = this.#calls.get(invocation ?? event ?? '');
    if (!call) return false;
    if (fact.type === 'request.rejected') {
      // Another message repeated this call's id with other arguments: that message was rejected, not this call.
      if (reason === 'duplicate-id' && event !== undefined && event !== call.event) return false;
      if (WHOLE_MESSAGE.has(reason)) return this.#settleStep(call, fact);
    }
    return this.#resolve(call, fact);
  }

  /** Ends a call without a fact; false when it has ended already. */
  end(invocation: InvocationId, outcome: CallOutcome): boolean {
    const call = this.#take(invocation);
    call?.resolve(outcome);
    return call !== undefined;
  }

  fail(invocation: InvocationId, error: WritError): void {
    this.#take(invocation)?.reject(error);
  }

  failAll(error: WritError): void {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) call.reject(error);
  }

  /** Calls asked for before `issuedBefore`, oldest first. */
  *olderThan(issuedBefore: number): Iterable<InvocationId> {
    for (const call of this.#calls.values()) {
      if (call.issuedAt > issuedBefore) return;
      yield call.invocation;
    }
  }

  #progress({ data }: NoticedFact): void {
    const { invocation, note } = data as { invocation: string; note: unknown };
    this.#calls.get(invocation)?.note?.(note);
  }

  #settleStep(call: OutstandingCall, fact: NoticedFact): boolean {
    for (const invocation of call.step) {
      const sibling = this.#calls.get(invocation);
      if (sibling) this.#resolve(sibling, fact);
    }
    return true;
  }

  #resolve(call: OutstandingCall, fact: NoticedFact): boolean {
    const outcome = readOutcome(fact, call.invocation, performance.now() - call.issuedAt);
    if (outcome === undefined) return false;
    this.#calls.delete(call.invocation);
    call.resolve(outcome);
    return true;
  }

  #take(invocation: InvocationId): OutstandingCall | undefined {
    const call = this.#calls.get(invocation);
    this.#calls.delete(invocation);
    return call;
  }
}
