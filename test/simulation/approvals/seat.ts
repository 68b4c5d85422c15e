/**
 * One decider as a process on a shared ledger, step by step: it reads, decides, writes, and may die between any two of
 * these. What it was about to write is then lost, and it folds the ledger again along its own path (ARCHITECTURE §3): by
 * basis, not by position.
 */
import { SubjectKind } from '@writ/contracts';
import type { Decider, Fact, Instant, RecordedFact } from '@writ/contracts';

export interface Commit {
  readonly seq: number;
  readonly kind: SubjectKind;
  readonly origin: string;
  readonly at: Instant;
  readonly facts: readonly RecordedFact[];
  /** Of a decider's commit: what it had read, and its time. */
  readonly basis: number;
  readonly now: Instant;
}

export class RaceLedger {
  readonly commits: Commit[] = [];

  append(
    kind: SubjectKind,
    origin: string,
    at: Instant,
    facts: readonly Fact[],
    { basis = 0, now = at }: { basis?: number; now?: Instant } = {},
  ): void {
    const seq = this.commits.length + 1;
    const recorded = facts.map((fact): RecordedFact => ({ ...fact, origin, seq, at }));
    this.commits.push({ seq, kind, origin, at, facts: recorded, basis, now });
  }
}

export class Seat<State, Offer> {
  readonly decider: Decider<State, Offer>;
  readonly #ledger: RaceLedger;
  state: State;
  #seen = 0;
  #now: Instant = 0;
  /** Decided and folded, but not in the ledger yet. */
  #pending: readonly Fact[] = [];

  constructor(decider: Decider<State, Offer>, ledger: RaceLedger) {
    this.decider = decider;
    this.#ledger = ledger;
    this.state = decider.initial();
  }

  /** Reads up to so many commits; nothing while it has something to write. */
  read(most: number): void {
    if (this.#pending.length === 0)
      this.#readTo(this.state, Math.min(this.#ledger.commits.length, this.#seen + most));
  }

  /** Answers until nothing is owed. */
  decide(now: Instant, offer: Offer): void {
    if (this.#pending.length > 0) return;
    this.#now = Math.max(this.#now, now);
    const answers: Fact[] = [];
    for (let owed = this.#owed(offer); owed.length > 0; owed = this.#owed(offer)) {
      for (const fact of owed) this.#foldOwn(this.state, fact, this.#now);
      answers.push(...owed);
      if (answers.length > 1_000) throw new Error(`${this.decider.name} answers for ever`);
    }
    this.#pending = answers;
  }

  write(at: Instant): void {
    if (this.#pending.length === 0) return;
    const { writes } = this.decider;
    this.#ledger.append(writes, writes, at, this.#pending, { basis: this.#seen, now: this.#now });
    this.#pending = [];
  }

  /** The process dies; its successor has what the ledger has. */
  crash(): void {
    this.#pending = [];
    this.state = this.replayed();
  }

  /** The state by the ledger alone, up to its own last commit; the rest is read like news. */
  replayed(): State {
    const state = this.decider.initial();
    this.#seen = 0;
    for (const own of this.#ledger.commits.filter(({ kind }) => kind === this.decider.writes)) {
      this.#readTo(state, own.basis);
      for (const fact of own.facts) this.#foldOwn(state, fact, own.now);
      this.#now = own.now;
    }
    return state;
  }

  text(): string {
    return JSON.stringify(this.decider.snapshot(this.state));
  }

  #owed(offer: Offer): readonly Fact[] {
    return this.decider.react(this.state, this.#now, offer);
  }

  #foldOwn(state: State, fact: Fact, at: Instant): void {
    this.decider.evolve(state, { ...fact, origin: this.decider.writes, seq: 0, at });
  }

  #readTo(state: State, last: number): void {
    const { reads, writes } = this.decider;
    for (; this.#seen < last; this.#seen++) {
      const commit = this.#ledger.commits[this.#seen];
      if (!commit || commit.kind === writes || !reads.has(commit.kind)) continue;
      if (this.decider.wants?.(state, commit.kind) === false) continue;
      for (const fact of commit.facts) this.decider.evolve(state, fact);
    }
  }
}
