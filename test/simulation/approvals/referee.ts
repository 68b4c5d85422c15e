/**
 * Judges a race by its ledger alone, with none of the cores' code: no grant is used twice, nothing runs without a grant
 * that holds, no vote is lost, one end each. What a decider knew is told by its commit's basis.
 */
import type { RecordedFact } from '@writ/contracts';
import { NaivePoll } from './naive-poll.ts';
import type { Commit } from './seat.ts';

export interface Judgement {
  readonly violations: readonly string[];
  /** How often each thing happened. */
  readonly seen: ReadonlyMap<string, number>;
}

/** What can change what policy says of a granted call. */
const GOVERNING = ['tool.registered', 'tool.retired', 'policy.published', 'environment.defined'];

export class Referee {
  readonly #commits: readonly Commit[];
  readonly #all: readonly Placed[];
  readonly #violations: string[] = [];
  readonly #seen = new Map<string, number>();

  constructor(commits: readonly Commit[]) {
    this.#commits = commits;
    this.#all = commits.flatMap((commit) => commit.facts.map((fact): Placed => ({ fact, commit })));
  }

  judge(): Judgement {
    const asked = this.#facts('tool.requested').flatMap(({ fact }) => fact.data.calls);
    for (const { invocation } of asked) {
      this.#endsOnce(invocation);
      this.#runsByGrant(invocation);
      this.#countsVotes(invocation);
    }
    this.#standingGrants();
    for (const { facts } of this.#commits) for (const { type } of facts) this.#count(type);
    return { violations: this.#violations, seen: this.#seen };
  }

  #endsOnce(invocation: string): void {
    const ends = this.#about(invocation).filter(({ fact }) => isEnd(fact));
    if (ends.length !== 1) this.#violated(invocation, `has ${ends.length} ends`);
    const last = ends[0]?.commit.seq ?? 0;
    const later = this.#about(invocation).find(
      ({ fact, commit }) =>
        commit.seq > last && (fact.type === 'schedule.dispatched' || fact.type === 'approval.granted'),
    );
    if (later) this.#violated(invocation, `goes on after its end with ${later.fact.type}`);
  }

  #runsByGrant(invocation: string): void {
    const uses = this.#about(invocation, 'approval.consumed');
    const runs = this.#about(invocation, 'schedule.dispatched');
    const [grant, ...more] = this.#about(invocation, 'approval.granted');
    if (more.length > 0) this.#violated(invocation, 'is granted twice');
    if (uses.length > 1 || runs.length > 1) this.#violated(invocation, 'is used twice');
    const [run] = runs;
    if (!run) return;
    const asks = this.#about(invocation).some(
      ({ fact }) => fact.type === 'policy.decided' && fact.data.verdict === 'require-approval',
    );
    const wanted = asks || this.#about(invocation, 'approval.opened').length > 0;
    if (!wanted) return;
    this.#count('a run by grant');
    if (uses[0]?.commit !== run.commit) this.#violated(invocation, 'runs without using its grant');
    const { basis, now } = run.commit;
    if (!grant || grant.commit.seq > basis) return this.#violated(invocation, 'runs without its grant');
    if (grant.fact.data.argsDigest !== run.fact.data.argsDigest)
      this.#violated(invocation, 'runs with other arguments than were granted');
    if ((grant.fact.data.validUntilMs ?? 0) <= now)
      this.#violated(invocation, 'runs after its grant has ended');
    this.#isStillRight(invocation, basis);
  }

  /** No word against it, and policy's word about the catalog that the scheduler knew. */
  #isStillRight(invocation: string, basis: number): void {
    const known = this.#about(invocation).filter(({ commit }) => commit.seq <= basis);
    if (known.some(({ fact }) => fact.type === 'approval.revoked' || fact.type === 'approval.denied'))
      this.#violated(invocation, 'runs although it was revoked');
    const vouched = known.map(({ fact }) => {
      if (fact.type === 'approval.confirmed') return fact.data.catalogRevision;
      return fact.type === 'policy.decided' && fact.data.verdict === 'allow' ? fact.data.catalogRevision : 0;
    });
    const changes = this.#commits.filter(
      ({ seq, facts }) => seq <= basis && facts.some(({ type }) => GOVERNING.includes(type)),
    );
    if (Math.max(...vouched) < (changes.at(-1)?.seq ?? 0))
      this.#violated(invocation, 'runs under a catalog that policy did not vouch for');
    const inForce = this.#facts('policy.published').findLast(({ commit }) => commit.seq <= basis);
    if (inForce?.fact.data.policies.some(({ action }) => action === 'deny'))
      this.#violated(invocation, 'runs although a policy denies it');
  }

  #countsVotes(invocation: string): void {
    const [opened] = this.#about(invocation, 'approval.opened');
    if (!opened) return;
    const poll = new NaivePoll(this.#commits, opened.fact, opened.commit);
    for (const { fact, commit } of this.#about(invocation)) {
      if (fact.type === 'approval.expired') {
        const right = poll.entitled(commit);
        if (poll.isGranted(commit)) this.#violated(invocation, 'expires with all the votes that it needs');
        if (right.some(({ vote }) => vote === 'deny'))
          this.#violated(invocation, 'expires although one said no');
        const names = right.map(({ by }) => by).sort();
        if (names.join() !== [...fact.data.votes].sort().join())
          this.#violated(invocation, `lost votes: ${names.join()} voted, ${fact.data.votes.join()} are told`);
      } else if (fact.type === 'approval.granted') {
        const { by, breakGlass } = fact.data;
        if (breakGlass) this.#count('a broken glass');
        else if (!poll.isGrantedBy(by, commit))
          this.#violated(invocation, `is granted by ${by.join()} alone`);
        const barred = by.find((person) => poll.isBarred(person, commit));
        if (barred) this.#violated(invocation, `is granted by ${barred}, whose yes never counts`);
      } else if (fact.type === 'approval.denied' && !poll.saidNo(fact.data.by, commit)) {
        this.#violated(invocation, `is denied by ${fact.data.by}, who did not say no`);
      }
    }
  }

  /** No more uses, no more money than were given. */
  #standingGrants(): void {
    for (const { fact: given } of this.#facts('standing.granted')) {
      const { standing, maxUses, maxCost } = given.data;
      const uses = this.#facts('approval.granted').filter((use) =>
        use.fact.data.standing?.includes(standing),
      );
      if (uses.length > 0) this.#count('a standing grant used');
      const cost = uses.map(({ fact }) => {
        const [opened] = this.#about(fact.data.invocation, 'approval.opened');
        return BigInt(opened?.fact.data.ceiling['usd'] ?? 0);
      });
      const total = cost.reduce((sum, one) => sum + one, 0n);
      if (uses.length > maxUses || total > BigInt(maxCost['usd'] ?? 0))
        this.#violated(standing, `speaks ${uses.length} times for ${total} in all`);
    }
  }

  #about(invocation: string): readonly Placed[];
  #about<T extends RecordedFact['type']>(invocation: string, type: T): readonly Placed<T>[];
  #about(invocation: string, type?: string): readonly Placed[] {
    return this.#all.filter(
      ({ fact }) =>
        (fact.data as { readonly invocation?: string }).invocation === invocation &&
        (type === undefined || fact.type === type),
    );
  }

  #facts<T extends RecordedFact['type']>(type: T): readonly Placed<T>[] {
    return this.#all.filter((placed): placed is Placed<T> => placed.fact.type === type);
  }

  #violated(what: string, how: string): void {
    this.#violations.push(`${what} ${how}`);
  }

  #count(what: string): void {
    this.#seen.set(what, (this.#seen.get(what) ?? 0) + 1);
  }
}

interface Placed<T extends RecordedFact['type'] = RecordedFact['type']> {
  readonly fact: RecordedFact<T>;
  readonly commit: Commit;
}

function isEnd(fact: RecordedFact): boolean {
  switch (fact.type) {
    case 'policy.decided':
      return fact.data.verdict === 'deny';
    case 'budget.refused':
    case 'schedule.refused':
    case 'invocation.cancelled':
    case 'execution.completed':
      return true;
    default:
      return false;
  }
}
