/**
 * What the votes on a call come to. Each person has one vote and speaks with one right: one's own, or that of somebody
 * who delegated it. A right counts once, however many cast it; the requester and the requester's owner have none. One
 * no of anyone who is asked ends it; it is granted when every demand has its yes.
 */
import type { ApprovalTerms, Demand, Instant } from '@writ/contracts';
import { askedBy, demandsOf, everAsked, membersOf } from './approval-terms.ts';
import type { Catalog } from './catalog.ts';
import { MAX_SKIPPED } from './limits.ts';
import type { AskedCall } from './asked-call.ts';

/** The latest word of one person. */
export interface CastVote {
  readonly by: string;
  /** Whose right it is; absent: one's own. */
  readonly inNameOf?: string;
  readonly vote: 'approve' | 'deny';
  readonly reason?: string;
  readonly breakGlass?: true;
  /** The standing grant that spoke for the person. */
  readonly standing?: string;
}

/** The call, what it needs, and how far its stages have come. */
export interface Ballot {
  readonly call: AskedCall;
  readonly terms: ApprovalTerms;
  readonly reachedMs: Instant;
}

export interface BrokenGlass {
  readonly by: string;
  readonly reason: string;
  readonly skipped: readonly string[];
}

export type Tally =
  | { readonly result: 'open' }
  | { readonly result: 'denied'; readonly vote: CastVote }
  | { readonly result: 'granted'; readonly counted: readonly CastVote[]; readonly breakGlass?: BrokenGlass };

const OPEN: Tally = { result: 'open' };

export function tally(votes: readonly CastVote[], ballot: Ballot, catalog: Catalog): Tally {
  const entitled = votes.filter((vote) => isAsked(vote, ballot, catalog));
  const no = entitled.find(({ vote }) => vote === 'deny');
  if (no) return { result: 'denied', vote: no };
  const demands = demandsOf(ballot.terms);
  if (demands.every((demand) => isFulfilled(demand, entitled, ballot, catalog)))
    return { result: 'granted', counted: entitled };
  const alone = votes.find((vote) => mayBreakGlass(vote, ballot, catalog));
  if (!alone) return OPEN;
  const heard = new Set([alone.by, ...entitled.map(({ by }) => by)]);
  const { by, reason = '' } = alone;
  const skipped = peopleOf(demands, catalog).filter(
    (person) => !heard.has(person) && !isBarred(person, ballot.call, catalog),
  );
  return {
    result: 'granted',
    counted: entitled.includes(alone) ? entitled : [...entitled, alone],
    breakGlass: { by, reason, skipped: skipped.slice(0, MAX_SKIPPED) },
  };
}

/** The requester's principal and its owner never count, whoever delegated to them. */
export function isBarred(person: string, { agent }: AskedCall, { owners }: Catalog): boolean {
  return person === agent || (Object.hasOwn(owners, agent) && owners[agent] === person);
}

/** Whose right a person's vote can be: one's own, else the first delegator's who is asked at any stage. */
export function rightOf(
  person: string,
  delegators: readonly string[],
  { call, terms }: Ballot,
  catalog: Catalog,
): string {
  const isEverAsked = (one: string): boolean =>
    !isBarred(one, call, catalog) &&
    demandsOf(terms).some((demand) => groupsFor(one, everAsked(demand), catalog).length > 0);
  return isEverAsked(person) ? person : (delegators.find(isEverAsked) ?? person);
}

/** Whether the vote is of somebody who is asked now. */
export function isAsked(vote: CastVote, ballot: Ballot, catalog: Catalog): boolean {
  const { by, inNameOf = by } = vote;
  const { call, terms, reachedMs } = ballot;
  if (isBarred(by, call, catalog) || isBarred(inNameOf, call, catalog)) return false;
  return demandsOf(terms).some(
    (demand) => groupsFor(inNameOf, askedBy(demand, terms, reachedMs).approvers, catalog).length > 0,
  );
}

function isFulfilled(
  demand: Demand,
  entitled: readonly CastVote[],
  { terms, reachedMs }: Ballot,
  catalog: Catalog,
): boolean {
  const { approvers, quorum } = askedBy(demand, terms, reachedMs);
  const rights = new Set(entitled.map(({ by, inNameOf = by }) => inNameOf));
  const groups = [...rights]
    .map((person) => groupsFor(person, approvers, catalog))
    .filter((named) => named.length > 0);
  if (groups.length < quorum) return false;
  return !demand.separationOfDuties || mostOfDifferentGroups(groups) >= quorum;
}

/** The groups for which a person can speak; one without a name when everybody may. */
function groupsFor(person: string, approvers: readonly string[], { groups }: Catalog): readonly string[] {
  if (approvers.length === 0) return [''];
  return approvers.filter((group) => membersOf(groups, group).includes(person));
}

/** How many persons can each stand for another group: the largest matching (Kuhn's augmenting paths). */
function mostOfDifferentGroups(persons: readonly (readonly string[])[]): number {
  const holder = new Map<string, number>();
  const place = (person: number, tried: Set<string>): boolean =>
    (persons[person] ?? []).some((group) => {
      if (tried.has(group)) return false;
      tried.add(group);
      const other = holder.get(group);
      if (other !== undefined && !place(other, tried)) return false;
      holder.set(group, person);
      return true;
    });
  return persons.filter((_, person) => place(person, new Set())).length;
}

/** Only where every demand says who may, only for oneself, and only with a reason. */
function mayBreakGlass(vote: CastVote, { call, terms }: Ballot, catalog: Catalog): boolean {
  if (!vote.breakGlass || !vote.reason || isBarred(vote.by, call, catalog)) return false;
  return demandsOf(terms).every(({ breakGlass = [] }) =>
    breakGlass.some((group) => membersOf(catalog.groups, group).includes(vote.by)),
  );
}

function peopleOf(demands: readonly Demand[], { groups }: Catalog): string[] {
  const named = demands.flatMap((demand) => everAsked(demand)).flatMap((group) => membersOf(groups, group));
  return [...new Set(named)].sort();
}
