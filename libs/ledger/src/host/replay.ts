/**
 * Decides a recorded ledger again: walks the path of one decider, asks the core at each recorded reaction what it owes at
 * that place and time, and compares it with what stands there, fact by fact and text by text. What is folded is what is
 * recorded, so each decision is judged by the history that it had, whatever became of the others.
 */
import { decodeCommit, invariant } from '@writ/contracts';
import type { Decider, Fact, Instant, RecordedFact, TenantId } from '@writ/contracts';
import type { LedgerCommit } from '../port.ts';
import { isAboutTheSame, isSame, subjectOf } from './likeness.ts';
import { DeciderPath } from './path.ts';
import type { RecordedReaction } from './path.ts';
import { Reaction, reactionPart } from './reaction.ts';

/** What stood beside the facts when a process decided: not recorded, but what it decided shows some of it. */
export interface Witness<State, Offer> {
  /** The offer of a process that has nothing to offer. */
  readonly nothing: Offer;
  /** The least offer under which the core can answer with `next`; undefined: `next` has to follow from facts and time alone. */
  offerFor?(state: State, next: RecordedFact): Offer | undefined;
  /** Whether `next`, which that offer does not give, can have been right under a larger one. */
  allows?(state: State, next: RecordedFact): boolean;
}

export interface Difference {
  /** `changed`: the core answers the same otherwise; `unfounded`: it does not answer this now; `missing`: it owes this. */
  readonly kind: 'changed' | 'unfounded' | 'missing';
  readonly service: string;
  readonly tenant: TenantId;
  /** Sequence of the commit that was decided again. */
  readonly seq: number;
  /** Facts of others up to this sequence were folded when it was decided. */
  readonly basis: number;
  readonly now: Instant;
  /** Fold version of the leader that decided; absent where the ledger does not tell it. */
  readonly version?: number;
  readonly recorded?: Pick<Fact, 'type' | 'data'>;
  readonly derived?: Pick<Fact, 'type' | 'data'>;
}

export interface ReplayOptions<State, Offer> {
  readonly decider: Decider<State, Offer>;
  readonly witness: Witness<State, Offer>;
  /** Only what was decided for this tenant is counted and told; all tenants by default. */
  readonly tenant?: TenantId | undefined;
  readonly onDifference: (difference: Difference) => void;
}

/** What became of one service's recorded facts. */
export interface ReplayCounts {
  /** Came out the same. */
  same: number;
  /** Were possible, but depended on more of an offer than they show. */
  possible: number;
  /** Were folded only: a crash cut their reaction short. */
  partial: number;
  differences: number;
}

/** Decisions that are folded in place of missing ones, in one reaction. */
const MOST_REPAIRS = 1_000;

export class Replay<State, Offer> {
  readonly counts: ReplayCounts = { same: 0, possible: 0, partial: 0, differences: 0 };
  readonly #options: ReplayOptions<State, Offer>;
  readonly #path: DeciderPath<State, Offer>;
  /** Grants that others were recorded instead of. */
  readonly #passedOver = new Set<string>();
  #version: number | undefined;

  constructor(options: ReplayOptions<State, Offer>) {
    this.#options = options;
    this.#path = new DeciderPath(options.decider, undefined, (reaction, fold) => this.#judge(reaction, fold));
  }

  /** Takes the next commit of the ledger. A reaction is judged when its last commit is there. */
  receive(commit: LedgerCommit): void {
    if (this.#path.receive(commit) !== 'own') return;
    if (!reactionPart(commit)) this.#noteLeader(commit);
    this.#path.foldOwn(commit);
  }

  #noteLeader(commit: LedgerCommit): void {
    for (const fact of decodeCommit(commit))
      if (fact.type === 'leader.elected') this.#version = fact.data.version;
  }

  #judge(reaction: RecordedReaction, fold: (fact: Fact) => void): void {
    const { facts } = reaction;
    if (!reaction.whole) {
      // What was decided between these facts for other tenants is lost.
      for (const fact of facts) {
        this.#count('partial', fact);
        fold(fact);
      }
      return;
    }
    let answer = NO_ANSWER;
    let repairs = 0;
    for (let place = 0; place < facts.length;) {
      const recorded = facts[place] as RecordedFact;
      if (answer.owed.length === 0) answer = this.#ask(recorded, reaction);
      const [derived, ...rest] = answer.owed;
      answer = { ...answer, owed: rest };
      if (derived && isSame(derived, recorded)) {
        this.#count('same', recorded);
        fold(recorded);
      } else if (this.#options.witness.allows?.(this.#path.state, recorded)) {
        this.#count('possible', recorded);
        answer = NO_ANSWER;
        fold(recorded);
      } else if (derived && repairs < MOST_REPAIRS && this.#isMissing(reaction, place, derived, answer)) {
        // Folded in its place; the recorded one is then looked at once more.
        fold(derived);
        repairs += 1;
        continue;
      } else {
        const changed = derived !== undefined && isAboutTheSame(derived, recorded);
        this.#tell(reaction, changed ? 'changed' : 'unfounded', recorded, derived);
        if (!changed) answer = NO_ANSWER;
        foldTold(recorded, fold);
      }
      place += 1;
    }
    this.#judgeEnd(reaction, answer, fold);
  }

  /** What the core owes where `next` is recorded. */
  #ask(next: RecordedFact, { now }: RecordedReaction): Answer {
    const { decider, witness } = this.#options;
    const offer = witness.offerFor?.(this.#path.state, next);
    const owed = decider.react(this.#path.state, now, offer ?? witness.nothing);
    return { owed, offered: offer !== undefined && owed[0]?.type === next.type };
  }

  /** Whether what is owed stands neither here nor further on. What an offer would allow is not owed, but may be passed over only once. */
  #isMissing(reaction: RecordedReaction, place: number, derived: Fact, { offered }: Answer): boolean {
    const [recorded, ...later] = reaction.facts.slice(place) as [RecordedFact, ...RecordedFact[]];
    if (
      isAboutTheSame(derived, recorded) ||
      later.some((fact) => fact.type === derived.type && isAboutTheSame(fact, derived))
    )
      return false;
    if (!offered) {
      this.#tell(reaction, 'missing', undefined, derived);
      return true;
    }
    const name = `${derived.tenant} ${subjectOf(derived)}`;
    if (this.#passedOver.delete(name)) return true;
    this.#passedOver.add(name);
    return false;
  }

  /** A reaction ends when nothing is owed, or when the next answer does not fit any more. */
  #judgeEnd(reaction: RecordedReaction, { owed, offered }: Answer, fold: (fact: Fact) => void): void {
    const { decider, witness } = this.#options;
    let missing = offered ? [] : owed;
    for (let repairs = 0; repairs < MOST_REPAIRS; repairs++) {
      for (const fact of missing) {
        this.#tell(reaction, 'missing', undefined, fact);
        fold(fact);
      }
      missing = decider.react(this.#path.state, reaction.now, witness.nothing);
      if (missing.length === 0 || !this.#hasRoom(reaction, missing)) return;
    }
  }

  #hasRoom({ reaction, basis, now, facts }: RecordedReaction, answer: readonly Fact[]): boolean {
    const filled = new Reaction(reaction, `writ/${this.#options.decider.name}`, basis, now);
    for (const fact of facts) filled.take(fact);
    return filled.add(answer);
  }

  /** False when its tenant is not asked for. */
  #count(what: keyof ReplayCounts, { tenant }: Fact): boolean {
    const { tenant: wanted = tenant } = this.#options;
    if (wanted !== tenant) return false;
    this.counts[what] += 1;
    return true;
  }

  #tell(
    { facts, basis, now }: RecordedReaction,
    kind: Difference['kind'],
    recorded: RecordedFact | undefined,
    derived: Fact | undefined,
  ): void {
    const { decider, onDifference } = this.#options;
    const told = recorded ?? derived;
    invariant(told, 'a difference is told of a fact that is recorded or derived');
    if (!this.#count('differences', told)) return;
    onDifference({
      kind,
      service: decider.name,
      tenant: told.tenant,
      seq: recorded?.seq ?? facts.find(({ tenant }) => tenant === told.tenant)?.seq ?? facts[0]?.seq ?? 0,
      basis,
      now,
      ...(this.#version === undefined ? {} : { version: this.#version }),
      ...(recorded ? { recorded: { type: recorded.type, data: recorded.data } } : {}),
      ...(derived ? { derived: { type: derived.type, data: derived.data } } : {}),
    });
  }
}

/** What no core would decide, no core has to be able to fold: it is told, and the state stays as it is. */
function foldTold(fact: Fact, fold: (fact: Fact) => void): void {
  try {
    fold(fact);
  } catch {
    // Its difference has been told.
  }
}

/** What is left of an answer; `offered` when it needed the witness's offer. */
interface Answer {
  readonly owed: readonly Fact[];
  readonly offered: boolean;
}

const NO_ANSWER: Answer = { owed: [], offered: false };
