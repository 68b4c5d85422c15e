/**
 * The shape of every pure core: a fold over the ledger plus the answers it owes (ARCHITECTURE §3). A decider reads no
 * clock, no randomness and no I/O; what it needs of them arrives in arguments, so it runs unchanged in simulation,
 * in replay and in production.
 */
import type { TenantId } from './ids.ts';
import type { EventData, EventType } from './events/events.ts';
import type { SubjectKind } from './subjects.ts';

/** Milliseconds since the Unix epoch in ledger time; never decreases along one decider's path. */
export type Instant = number;

/** A fact that a core wants recorded. Its tenant decides the subject, the host adds id, source and time. */
export type Fact<T extends EventType = EventType> = {
  readonly [K in T]: { readonly type: K; readonly tenant: TenantId; readonly data: EventData<K> };
}[T];

/** A fact as it stands in the ledger (or is about to: a host folds its own answers before the ack). */
export type RecordedFact<T extends EventType = EventType> = {
  readonly [K in T]: {
    readonly type: K;
    readonly tenant: TenantId;
    /** The agent, approver or executor whose credential wrote it; for a service's fact, the subject kind. */
    readonly origin: string;
    /** Ledger sequence of its commit; 0 while it is the folding decider's own answer, not yet acknowledged. */
    readonly seq: number;
    /** Ledger time: the server's timestamp for foreign facts, the author's `now` for own facts. */
    readonly at: Instant;
    readonly data: EventData<K>;
  };
}[T];

/** A value that `JSON.stringify` keeps as it is. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * A pure core. `Offer` is what is not a fact but a decision needs (the free slots that executors offer in a pull).
 */
export interface Decider<State, Offer = undefined> {
  /** Also the service's name in leases, headers and metrics. */
  readonly name: string;
  /** Raised whenever the fold changes meaning; snapshots of another version are discarded. */
  readonly version: number;
  /** The kind of subject it writes; the host owns `writ.<tenant>.<writes>` of every tenant. */
  readonly writes: SubjectKind;
  /** The kinds it folds besides its own; all others are skipped before anything is parsed. */
  readonly reads: ReadonlySet<SubjectKind>;
  /**
   * The types of foreign facts that can change its state; absent: all of them. A commit whose author says in a header
   * that it holds none of these is skipped before it is parsed.
   */
  readonly folds?: ReadonlySet<EventType>;
  /**
   * Whether facts of a kind that it reads can matter as `state` stands; absent: they always can. A host may then skip
   * parsing them. To be asked when such a fact's turn to be folded has come, never earlier. Facts of a kind that it
   * does not want must not change its state, so that folding and skipping them come to the same.
   */
  wants?(state: State, kind: SubjectKind): boolean;
  initial(): State;
  /** Total: unknown or impossible facts change nothing. May update `state` in place and return it. */
  evolve(state: State, fact: RecordedFact): State;
  /**
   * The facts that answer the next thing owed at `now`; empty when nothing is owed. The host folds them at once and
   * asks again. Everything that one answer returns is committed together per tenant.
   */
  react(state: State, now: Instant, offer: Offer): readonly Fact[];
  /** The whole state as JSON, with a stable order, so that equal states have equal text. */
  snapshot(state: State): Json;
  restore(json: Json): State;
}
