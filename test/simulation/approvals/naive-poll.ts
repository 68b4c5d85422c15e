/**
 * One call's votes counted the slow way: from the first fact to the one in question, with who belonged to which group
 * when, who had lent whom a vote, and which stages had come. Tries every assignment where duties have to be separate.
 */
import type { ApprovalTerms, Demand, RecordedFact } from '@writ/contracts';
import type { Commit } from './seat.ts';

interface Word {
  readonly by: string;
  readonly right: string;
  readonly vote: 'approve' | 'deny';
}

type Groups = Readonly<Record<string, readonly string[]>>;

export class NaivePoll {
  readonly #commits: readonly Commit[];
  readonly #opened: RecordedFact<'approval.opened'>;
  readonly #from: Commit;
  readonly #terms: ApprovalTerms;

  constructor(commits: readonly Commit[], opened: RecordedFact<'approval.opened'>, from: Commit) {
    this.#commits = commits;
    this.#opened = opened;
    this.#from = from;
    this.#terms = opened.data.terms;
  }

  /** The words that count when policy wrote `until`, in the order in which they were said. */
  entitled(until: Commit): readonly Word[] {
    const stage = this.#reachedMs(until);
    const groups = this.#groupsAt(until.basis);
    return this.#words(until).filter(
      ({ by, right }) =>
        !this.isBarred(by, until) &&
        !this.isBarred(right, until) &&
        this.#demands().some(
          (demand) => groupsOf(right, this.#asked(demand, stage).approvers, groups).length > 0,
        ),
    );
  }

  isGranted(until: Commit): boolean {
    return this.#suffice(this.entitled(until), until);
  }

  /** Whether these persons alone were enough at any moment until then: what came later cannot undo it. */
  isGrantedBy(by: readonly string[], until: Commit): boolean {
    const words = this.#everyWord(until).filter(
      ({ by: person, vote }) => vote === 'approve' && by.includes(person),
    );
    const moments = this.#commits.filter(({ seq }) => seq > this.#from.basis && seq <= until.basis);
    return [this.#from.basis, ...moments.map(({ seq }) => seq)].some((seq) =>
      this.#suffice(words, until, seq),
    );
  }

  saidNo(person: string, until: Commit): boolean {
    return this.#everyWord(until).some(({ by, vote }) => by === person && vote === 'deny');
  }

  isBarred(person: string, until: Commit): boolean {
    const { agent } = this.#opened.data;
    const owners = this.#last('owners.defined', until.basis)?.data.owners ?? {};
    return person === agent || owners[agent] === person;
  }

  #suffice(words: readonly Word[], until: Commit, moment = until.basis): boolean {
    const stage = this.#reachedMs(until);
    const groups = this.#groupsAt(moment);
    return this.#demands().every((demand) => {
      const { approvers, quorum } = this.#asked(demand, stage);
      const rights = [...new Set(words.map(({ right }) => right))];
      const able = rights
        .map((right) => groupsOf(right, approvers, groups))
        .filter((some) => some.length > 0);
      return demand.separationOfDuties ? mostDifferent(able) >= quorum : able.length >= quorum;
    });
  }

  /** The last word of each person; by hand before what a standing grant says. */
  #words(until: Commit): readonly Word[] {
    const last = new Map<string, Word>();
    for (const word of this.#cast(until)) {
      const before = last.get(word.by);
      if (before?.vote === word.vote && before.right === word.right) continue;
      last.delete(word.by);
      last.set(word.by, word);
    }
    const spoken = this.#spoken(until).filter(({ by }) => !last.has(by));
    return [...last.values(), ...spoken];
  }

  #everyWord(until: Commit): readonly Word[] {
    return [...this.#cast(until), ...this.#spoken(until, true)];
  }

  #cast(until: Commit): readonly Word[] {
    const { argsDigest, invocation } = this.#opened.data;
    return this.#between(this.#from.basis, until.basis).flatMap((fact): Word[] => {
      if (fact.type !== 'approval.voted' || fact.data.invocation !== invocation) return [];
      if (fact.data.argsDigest !== argsDigest || fact.at >= this.#terms.expiresAtMs) return [];
      return [{ by: fact.origin, right: this.#rightOf(fact), vote: fact.data.vote }];
    });
  }

  /** One's own right when one is asked at any stage, else the first lender's who is. */
  #rightOf({ origin, seq, at }: RecordedFact<'approval.voted'>): string {
    const groups = this.#groupsAt(seq);
    const owners = this.#last('owners.defined', seq)?.data.owners ?? {};
    const isAsked = (person: string): boolean =>
      person !== this.#opened.data.agent &&
      owners[this.#opened.data.agent] !== person &&
      this.#demands().some((demand) => groupsOf(person, everyone(demand), groups).length > 0);
    if (isAsked(origin)) return origin;
    const lent = new Map<string, number>();
    for (const fact of this.#between(0, seq)) {
      if (fact.type === 'approval.delegated' && fact.data.to === origin && fact.origin !== origin)
        lent.set(fact.origin, fact.data.untilMs > fact.at ? fact.data.untilMs : 0);
    }
    const lenders = [...lent].filter(([, untilMs]) => at < untilMs).map(([person]) => person);
    return lenders.sort().find(isAsked) ?? origin;
  }

  /** What standing grants say; with `ever`, also those that are over since. */
  #spoken(until: Commit, ever = false): readonly Word[] {
    const { tool, invocation } = this.#opened.data;
    const usd = BigInt(this.#opened.data.ceiling['usd'] ?? 0);
    const requested = this.#commits
      .flatMap(({ facts }) => facts)
      .flatMap((fact) => (fact.type === 'tool.requested' ? fact.data.calls : []));
    const n = Number(requested.find((call) => call.invocation === invocation)?.inputs['n']);
    const given = this.#standing(until.basis);
    const words: Word[] = [];
    for (const { fact, isOver } of given) {
      const { standing, condition, maxUses, maxCost, lastsSeconds } = fact.data;
      const used = this.#usesOf(standing, until);
      const spent = used.reduce((sum, one) => sum + one, 0n);
      const isLeft = used.length < maxUses && spent + usd <= BigInt(maxCost['usd'] ?? 0);
      const isOn = !isOver && until.now < fact.at + lastsSeconds * 1_000;
      const matches = fact.data.tool === tool && (condition === 'true' || n <= 2);
      if (!matches || !(ever || (isLeft && isOn))) continue;
      if (ever || words.every(({ by }) => by !== fact.origin))
        words.push({ by: fact.origin, right: fact.origin, vote: 'approve' });
    }
    return words;
  }

  #standing(until: number): { fact: RecordedFact<'standing.granted'>; isOver: boolean }[] {
    const facts = this.#between(0, until);
    return facts.flatMap((fact) => {
      if (fact.type !== 'standing.granted') return [];
      const isOver = facts.some(
        (other) =>
          other.type === 'standing.withdrawn' &&
          other.seq > fact.seq &&
          other.data.standing === fact.data.standing &&
          other.origin === fact.origin,
      );
      return [{ fact, isOver }];
    });
  }

  /** What each call cost for which it spoke before this commit, or in it. */
  #usesOf(standing: string, { seq }: Commit): bigint[] {
    const facts = this.#commits.flatMap((commit) => (commit.seq <= seq ? commit.facts : []));
    return facts.flatMap((fact) =>
      fact.type === 'approval.granted' && fact.data.standing?.includes(standing)
        ? [this.#costOf(fact.data.invocation)]
        : [],
    );
  }

  #costOf(invocation: string): bigint {
    const facts = this.#commits.flatMap((commit) => commit.facts);
    const opened = facts.find(
      (fact) => fact.type === 'approval.opened' && fact.data.invocation === invocation,
    );
    return opened?.type === 'approval.opened' ? BigInt(opened.data.ceiling['usd'] ?? 0) : 0n;
  }

  #demands(): readonly Demand[] {
    return this.#terms.demands ?? [];
  }

  #asked(
    { approvers, quorum, escalate = [] }: Demand,
    reachedMs: number,
  ): { approvers: string[]; quorum: number } {
    let asked = { approvers: [...approvers], quorum };
    for (const stage of escalate) {
      if ((this.#terms.askedAtMs ?? 0) + stage.afterSeconds * 1_000 > reachedMs) break;
      asked = { approvers: [...asked.approvers, ...stage.approvers], quorum: stage.quorum ?? asked.quorum };
    }
    return asked;
  }

  /** The last stage that policy had recorded before, or in, this commit. */
  #reachedMs(until: Commit): number {
    const { invocation } = this.#opened.data;
    const facts = this.#commits.filter(({ seq }) => seq <= until.seq).flatMap((commit) => commit.facts);
    const stages = facts.flatMap((fact) =>
      fact.type === 'approval.escalated' && fact.data.invocation === invocation ? [fact.data.dueMs] : [],
    );
    return Math.max(0, ...stages);
  }

  #groupsAt(seq: number): Groups {
    return this.#last('groups.defined', seq)?.data.groups ?? {};
  }

  #last<T extends RecordedFact['type']>(type: T, until: number): RecordedFact<T> | undefined {
    return this.#between(0, until).findLast((fact) => fact.type === type) as RecordedFact<T> | undefined;
  }

  #between(after: number, until: number): readonly RecordedFact[] {
    return this.#commits.filter(({ seq }) => seq > after && seq <= until).flatMap(({ facts }) => facts);
  }
}

function groupsOf(person: string, approvers: readonly string[], groups: Groups): readonly string[] {
  if (approvers.length === 0) return ['anyone'];
  return approvers.filter((group) => groups[group]?.includes(person));
}

function everyone({ approvers, escalate = [] }: Demand): string[] {
  return [...approvers, ...escalate.flatMap((stage) => stage.approvers)];
}

/** How many can stand for different groups: every way is tried. */
function mostDifferent(
  [first, ...rest]: readonly (readonly string[])[],
  taken: readonly string[] = [],
): number {
  if (!first) return 0;
  const ways = first.filter((group) => !taken.includes(group));
  return Math.max(
    mostDifferent(rest, taken),
    ...ways.map((group) => 1 + mostDifferent(rest, [...taken, group])),
  );
}
