/**
 * The path of one decider through the ledger. The leader folds foreign facts up to the basis of each of its reactions
 * and then its own answers; standby, replay and snapshots hold foreign facts back until they meet the reaction and
 * then do the same. So state at the same reaction is equal byte for byte, whoever computed it.
 */
import { SubjectKind, decodeCommit, parseSubject } from '@writ/contracts';
import type { Decider, EventType, Fact, Instant, RecordedFact, TenantId } from '@writ/contracts';
import type { LedgerCommit } from '../port.ts';
import { ReactionHeader, reactionPart } from './reaction.ts';
import type { ReactionPart } from './reaction.ts';
import type { Snapshot } from './snapshots.ts';

/** Kinds that deciders write: only their headers are believed. */
const SERVICE_KINDS: ReadonlySet<SubjectKind> = new Set([
  SubjectKind.decisions,
  SubjectKind.budget,
  SubjectKind.schedule,
]);

interface OpenReaction extends Omit<ReactionPart, 'indices'> {
  seen: number;
  readonly facts: { readonly index: number; readonly fact: RecordedFact }[];
}

/** A reaction as it stands in the ledger: its facts in the order in which they were decided, each with its commit's sequence. */
export interface RecordedReaction extends Pick<ReactionPart, 'reaction' | 'basis' | 'now'> {
  /** False when a crash cut it short: what was decided for other tenants is lost. */
  readonly whole: boolean;
  readonly facts: readonly RecordedFact[];
}

/** Folds a recorded reaction by giving `fold` its facts, in order. */
export type FoldReaction = (reaction: RecordedReaction, fold: (fact: Fact) => void) => void;

const asRecorded: FoldReaction = ({ facts }, fold) => {
  for (const fact of facts) fold(fact);
};

/** What a received commit is to this decider. */
export type Received = 'input' | 'own' | 'other';

export class DeciderPath<State, Offer> {
  /** Highest ledger sequence received. */
  seen = 0;
  /** Foreign facts up to this sequence are folded. */
  basis = 0;
  /** Latest own commit folded. */
  ownSeq = 0;
  /** Ledger time of the path; never goes back. */
  now: Instant = 0;
  state: State;
  /** Last sequence on each own subject. */
  readonly tails = new Map<string, number>();
  /** Every tenant that has anything in the ledger: the ones whose subjects a new leader fences. */
  readonly tenants = new Set<TenantId>();
  /** Reactions that a crash cut short: their committed part stands. */
  partialReactions = 0;
  readonly #decider: Decider<State, Offer>;
  readonly #foldReaction: FoldReaction;
  #held: LedgerCommit[] = [];
  #open: OpenReaction | undefined;

  constructor(decider: Decider<State, Offer>, snapshot?: Snapshot, foldReaction = asRecorded) {
    this.#decider = decider;
    this.#foldReaction = foldReaction;
    this.state = snapshot ? decider.restore(JSON.parse(snapshot.state)) : decider.initial();
    if (!snapshot) return;
    this.seen = snapshot.basis;
    this.basis = snapshot.basis;
    this.ownSeq = snapshot.ownSeq;
    this.now = snapshot.now;
    for (const [subject, seq] of snapshot.tails) {
      this.tails.set(subject, seq);
      this.tenants.add(parseSubject(subject)?.tenant as TenantId);
    }
  }

  /** Takes the next commit of the ledger without folding what must wait for its reaction. */
  receive(commit: LedgerCommit): Received {
    this.seen = commit.seq;
    const parts = parseSubject(commit.subject);
    if (!parts) return 'other';
    this.tenants.add(parts.tenant);
    if (parts.kind === this.#decider.writes) return 'own';
    if (!this.#decider.reads.has(parts.kind)) return 'other';
    this.#held.push(commit);
    return 'input';
  }

  /** Folds an own commit as a standby does: its basis first, then its events once all its parts are there. */
  foldOwn(commit: LedgerCommit): void {
    this.tails.set(commit.subject, commit.seq);
    const part = reactionPart(commit);
    if (!part || commit.seq <= this.ownSeq) return;
    if (this.#open && this.#open.reaction !== part.reaction) this.closeOpen();
    if (!this.#open) {
      this.foldHeld(part.basis);
      const { reaction, basis, parts, now } = part;
      this.#open = { reaction, basis, parts, now, seen: 0, facts: [] };
    }
    const open = this.#open;
    for (const [offset, fact] of decodeCommit(commit).entries()) {
      open.facts.push({ index: part.indices?.[offset] ?? offset, fact });
    }
    open.seen += 1;
    this.ownSeq = commit.seq;
    if (open.seen === open.parts) this.closeOpen();
  }

  /** Folds what there is of the reaction that is still incomplete; a crash cut it short. */
  closeOpen(): void {
    const open = this.#open;
    if (!open) return;
    this.#open = undefined;
    const { reaction, basis, now, parts, seen } = open;
    const whole = seen === parts;
    if (!whole) this.partialReactions += 1;
    const facts = open.facts.sort((a, b) => a.index - b.index).map(({ fact }) => fact);
    this.#foldReaction({ reaction, basis, now, whole, facts }, (fact) => this.foldAnswer(fact, now));
    this.now = Math.max(this.now, now);
  }

  /** Folds the held foreign commits up to sequence `basis`. */
  foldHeld(basis: number): void {
    let count = 0;
    for (const commit of this.#held) {
      if (commit.seq > basis) break;
      count += 1;
      this.now = Math.max(this.now, commit.at);
      if (!this.#wants(commit)) continue;
      for (const fact of decodeCommit(commit)) this.#evolve(fact);
    }
    this.#held = count === this.#held.length ? [] : this.#held.slice(count);
    this.basis = Math.max(this.basis, basis);
  }

  /** Folds an own answer as its author does, before it is committed. */
  foldAnswer(fact: Fact, at: Instant): void {
    this.#evolve({ ...fact, origin: this.#decider.writes, seq: 0, at });
  }

  /** A snapshot of this place of the path; undefined in the middle of a reaction. */
  snapshot(): Snapshot | undefined {
    if (this.#open) return undefined;
    return {
      decider: this.#decider.name,
      version: this.#decider.version,
      basis: this.basis,
      ownSeq: this.ownSeq,
      now: this.now,
      tails: [...this.tails].sort(([a], [b]) => (a < b ? -1 : 1)),
      state: JSON.stringify(this.#decider.snapshot(this.state)),
    };
  }

  #wants(commit: LedgerCommit): boolean {
    const { folds } = this.#decider;
    const kind = parseSubject(commit.subject)?.kind;
    if (kind === undefined || this.#decider.wants?.(this.state, kind) === false) return false;
    const types = folds && SERVICE_KINDS.has(kind) ? commit.header(ReactionHeader.types) : undefined;
    return !folds || types === undefined || types.split(',').some((type) => folds.has(type as EventType));
  }

  #evolve(fact: RecordedFact): void {
    this.state = this.#decider.evolve(this.state, fact);
  }
}
