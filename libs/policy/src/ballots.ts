/**
 * How votes reach the calls that wait for them: cast by hand, spoken by a standing grant, or made to count by a stage or
 * a group that changed. Whatever moved, the call's votes are counted again and the call moves on when they suffice.
 */
import type { Instant, RecordedFact } from '@writ/contracts';
import { MAX_VOTES } from './limits.ts';
import type { ApprovalDecision, ApprovedCall, OpenCall } from './living-call.ts';
import { put } from './state.ts';
import type { PolicyState, Tenant } from './state.ts';
import { isAsked, isBarred, rightOf, tally } from './tally.ts';
import type { Ballot, CastVote } from './tally.ts';

/** A vote over other arguments, after the end, or of the requester changes nothing. */
export function vote(state: PolicyState, fact: RecordedFact<'approval.voted'>): void {
  const tenant = state.tenants.get(fact.tenant);
  const open = tenant?.calls.get(fact.data.invocation);
  if (!tenant || open?.status !== 'open') return;
  const { call, decision } = open;
  const { origin: by, data, at } = fact;
  if (data.argsDigest !== call.argsDigest || at >= decision.approval.expiresAtMs) return;
  if (isBarred(by, call, tenant.catalog)) return;
  const votes = withVote(tenant, open, castVote(tenant, open, fact));
  if (votes) reconsider(state, tenant, { ...open, votes }, at);
}

/** What the stage changed: who is asked, and how many of them. */
export function reachStage(state: PolicyState, fact: RecordedFact<'approval.escalated'>): void {
  const tenant = state.tenants.get(fact.tenant);
  const open = tenant?.calls.get(fact.data.invocation);
  if (!tenant || open?.status !== 'open' || open.reachedMs >= fact.data.dueMs) return;
  reconsider(state, tenant, { ...open, reachedMs: fact.data.dueMs }, fact.at);
}

/** Counts the votes of all open calls that `concerns` again. */
export function reconsiderAll(
  state: PolicyState,
  tenant: Tenant,
  at: Instant,
  concerns: (open: OpenCall) => boolean = () => true,
): void {
  if (tenant.waiting === 0) return;
  const open = [...tenant.calls.values()].filter(
    (call): call is OpenCall => call.status === 'open' && concerns(call),
  );
  for (const call of open) reconsider(state, tenant, call, at);
}

/** Moves an open call on as far as its votes carry it; the standing grants that were needed are charged. */
export function reconsider(state: PolicyState, tenant: Tenant, open: OpenCall, at: Instant): void {
  const { call, decision, reachedMs } = open;
  const outcome = tally(allVotes(tenant, open, at), ballotOf(open), tenant.catalog);
  if (outcome.result === 'open') {
    put(state, tenant, open);
  } else if (outcome.result === 'denied') {
    put(state, tenant, { status: 'disapproved', call, decision, no: outcome.vote });
  } else {
    const { counted, breakGlass } = outcome;
    chargeStanding(tenant, counted, decision, 1);
    const consent = { counted, reachedMs, ...(breakGlass ? { breakGlass } : {}) };
    put(state, tenant, { status: 'approved', call, decision, consent });
  }
}

/** A granted call is cancelled before its grant is written: what spoke for it is free for others. */
export function takeBack(state: PolicyState, tenant: Tenant, approved: ApprovedCall, at: Instant): void {
  const { call, consent, decision } = approved;
  if (!chargeStanding(tenant, consent.counted, decision, -1)) return;
  const { tool, request } = call;
  reconsiderAll(
    state,
    tenant,
    at,
    (open) => open.call.tool === tool && open.call.request.project === request.project,
  );
}

function chargeStanding(
  tenant: Tenant,
  counted: readonly CastVote[],
  { ceiling }: ApprovalDecision,
  uses: 1 | -1,
): boolean {
  const spoken = counted.flatMap(({ standing }) => standing ?? []);
  for (const standing of spoken) tenant.standing.charge(standing, ceiling, uses);
  return spoken.length > 0;
}

/** The votes that count as things stand, the spoken ones included. */
export function entitledVotes(tenant: Tenant, open: OpenCall, at: Instant): readonly CastVote[] {
  return allVotes(tenant, open, at).filter((one) => isAsked(one, ballotOf(open), tenant.catalog));
}

function ballotOf({ call, decision, reachedMs }: OpenCall): Ballot {
  return { call, terms: decision.approval, reachedMs };
}

/** A person who votes by hand is not spoken for. */
function allVotes(tenant: Tenant, { call, decision, votes }: OpenCall, at: Instant): readonly CastVote[] {
  if (tenant.standing.size === 0) return votes;
  const spoken = tenant.standing
    .speakingFor(call, decision.ceiling, at)
    .filter(({ by }) => votes.every((cast) => cast.by !== by));
  return [...votes, ...spoken.map(({ by, standing }): CastVote => ({ by, vote: 'approve', standing }))];
}

function castVote(tenant: Tenant, open: OpenCall, fact: RecordedFact<'approval.voted'>): CastVote {
  const { origin: by, data, at } = fact;
  const right = rightOf(by, tenant.delegations.delegatorsOf(by, at), ballotOf(open), tenant.catalog);
  const { vote: word, reason, breakGlass } = data;
  return {
    by,
    ...(right === by ? {} : { inNameOf: right }),
    vote: word,
    ...(reason === undefined ? {} : { reason }),
    ...(breakGlass ? { breakGlass } : {}),
  };
}

/**
 * The votes with this one in the place of the person's last; nothing when it says nothing new. When there are too many,
 * those of people who are not asked give way.
 */
function withVote(tenant: Tenant, open: OpenCall, cast: CastVote): readonly CastVote[] | undefined {
  const before = open.votes.find(({ by }) => by === cast.by);
  const isNews =
    before?.vote !== cast.vote ||
    before.inNameOf !== cast.inNameOf ||
    (cast.breakGlass && !before.breakGlass);
  if (!isNews) return undefined;
  const others = open.votes.filter((other) => other !== before);
  if (others.length < MAX_VOTES) return [...others, cast];
  const idle = others.findIndex((other) => !isAsked(other, ballotOf(open), tenant.catalog));
  if (idle < 0 || !isAsked(cast, ballotOf(open), tenant.catalog)) return undefined;
  return [...others.toSpliced(idle, 1), cast];
}
