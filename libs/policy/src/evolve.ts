/**
 * The fold of policy: foreign facts make policy owe answers, its own facts settle them. Total: what does not
 * fit the state (late, unknown, repeated, broken) changes nothing. Updates the state in place.
 */
import { EVENT_SCHEMAS, SubjectKind, Verdict } from '@writ/contracts';
import type { InvocationId, RecordedFact } from '@writ/contracts';
import { withSoftLimit } from './approval-terms.ts';
import { reachStage, reconsider, reconsiderAll, takeBack, vote } from './ballots.ts';
import { foldCatalog } from './catalog.ts';
import type { CatalogFact } from './catalog.ts';
import { takeMalformed, takeRequest } from './intake.ts';
import { awaitsHold, awaitsRun } from './living-call.ts';
import type { Cancellation, LivingCall } from './living-call.ts';
import type { ApprovalOutcome } from './past-approvals.ts';
import { isNews, noteBundle, noteDecided, noteNews } from './memory/memory.ts';
import type { News } from './memory/memory.ts';
import { drop, follow, put, settle, takeTurn, tenantOf } from './state.ts';
import type { PolicyState, Rejection, Tenant } from './state.ts';

export function evolve(state: PolicyState, fact: RecordedFact): PolicyState {
  // What our own services wrote is not validated again when it is read.
  if (typeof fact.data !== 'object' || fact.data === null) return state;
  switch (fact.type) {
    case 'tool.requested':
      takeRequest(state, fact);
      break;
    case 'request.malformed':
      takeMalformed(state, fact);
      break;
    case 'tool.cancel-requested':
      cancel(state, fact);
      break;
    case 'tool.registered':
    case 'tool.retired':
    case 'policy.published':
    case 'budget.defined':
    case 'budget.retired':
    case 'breaker.configured':
    case 'environment.defined':
    case 'groups.defined':
    case 'owners.defined':
    case 'scheduling.configured':
      changeCatalog(state, fact);
      break;
    case 'budget.reserved':
    case 'budget.escalated':
    case 'budget.refused':
      budgetAnswered(state, fact);
      break;
    case 'approval.voted':
      vote(state, fact);
      break;
    case 'approval.delegated':
    case 'standing.granted':
    case 'standing.withdrawn':
      givenAhead(state, fact);
      break;
    case 'policy.decided':
    case 'request.rejected':
    case 'approval.opened':
    case 'approval.escalated':
    case 'approval.confirmed':
    case 'approval.revoked':
    case 'approval.consumed':
    case 'schedule.refused':
    case 'invocation.cancelled':
      callFact(state, fact);
      break;
    default:
      if (isNews(fact)) takeNews(state, fact);
  }
  return state;
}

/** Only the agent that asked may take a call back; once it is granted, the scheduler has to end it. */
function cancel(state: PolicyState, fact: RecordedFact<'tool.cancel-requested'>): void {
  const tenant = state.tenants.get(fact.tenant);
  const living = tenant?.calls.get(fact.data.invocation);
  if (!tenant || !living || living.call.agent !== fact.origin) return;
  const { reason } = fact.data;
  const cancellation: Cancellation = reason === undefined ? {} : { reason };
  switch (living.status) {
    case 'cancelled':
    case 'disapproved':
    case 'granted':
    case 'doubted':
      return;
    case 'awaiting-hold':
    case 'paying':
      put(state, tenant, { ...living, cancellation });
      return;
    default:
      put(state, tenant, { status: 'cancelled', call: living.call, cancellation });
      if (living.status === 'approved') takeBack(state, tenant, living, fact.at);
  }
}

/**
 * The hold is there: now a person may be asked, by a rule or by the budget itself. Or it is refused, which has ended the
 * call; or nobody has to be asked, and the scheduler has the word.
 */
function budgetAnswered(
  state: PolicyState,
  fact: RecordedFact<'budget.reserved' | 'budget.escalated' | 'budget.refused'>,
): void {
  const tenant = state.tenants.get(fact.tenant);
  if (fact.type !== 'budget.refused') noteNews(tenant, fact);
  const living = tenant?.calls.get(fact.data.invocation);
  if (!tenant || !living || !awaitsHold(living)) return;
  const { call, decision, cancellation } = living;
  const { invocation } = call;
  if (fact.type === 'budget.refused') return drop(state, tenant, invocation);
  if (fact.type === 'budget.reserved' && living.status === 'paying') return drop(state, tenant, invocation);
  if (cancellation) return put(state, tenant, { status: 'cancelled', call, cancellation });
  const approval =
    fact.type === 'budget.escalated'
      ? withSoftLimit(decision.approval, fact.data, fact.at)
      : decision.approval;
  if (!approval) return;
  const money = { hold: fact.seq, ...(fact.type === 'budget.escalated' ? { over: fact.data.over } : {}) };
  put(state, tenant, { status: 'held', call, decision: { ...decision, approval }, money });
}

/** What is stated may be what the next call waits for. */
function takeNews(state: PolicyState, fact: News): void {
  const tenant = state.tenants.get(fact.tenant);
  noteNews(tenant, fact);
  if (tenant && fact.type === 'budget.stated') takeTurn(state, tenant);
}

/** What people granted has to pass a changed catalog again; who may vote may have changed with it. */
function changeCatalog(state: PolicyState, fact: CatalogFact): void {
  const tenant = tenantOf(state, fact.tenant);
  const { governedAt } = tenant.catalog;
  foldCatalog(tenant.catalog, fact);
  if (fact.type === 'policy.published') {
    noteBundle(tenant, fact.data.balances === 'stated' ? fact.seq : undefined);
    follow(state, tenant);
    takeTurn(state, tenant);
  }
  if (fact.type === 'budget.defined' || fact.type === 'budget.retired') {
    noteNews(tenant, fact);
    takeTurn(state, tenant);
  }
  if (fact.type === 'groups.defined' || fact.type === 'owners.defined') reconsiderAll(state, tenant, fact.at);
  if (tenant.awaitingRun === 0 || tenant.catalog.governedAt === governedAt) return;
  for (const living of tenant.calls.values())
    if (living.status === 'granted') put(state, tenant, { ...living, status: 'doubted' });
}

/** What people give ahead of time; a standing grant also speaks for the calls that wait already. */
function givenAhead(
  state: PolicyState,
  fact: RecordedFact<'approval.delegated' | 'standing.granted' | 'standing.withdrawn'>,
): void {
  const tenant = tenantOf(state, fact.tenant);
  if (fact.type === 'approval.delegated') return tenant.delegations.fold(fact);
  if (fact.type === 'standing.withdrawn') return tenant.standing.withdraw(fact);
  if (!tenant.standing.fold(fact)) return;
  const { tool, project } = fact.data;
  reconsiderAll(state, tenant, fact.at, ({ call }) => call.tool === tool && call.request.project === project);
}

type CallFact = RecordedFact<
  | 'policy.decided'
  | 'request.rejected'
  | 'approval.opened'
  | 'approval.escalated'
  | 'approval.confirmed'
  | 'approval.revoked'
  | 'approval.consumed'
  | 'schedule.refused'
  | 'invocation.cancelled'
>;

/** An answer of policy's own, or of the scheduler about a granted call; either way something owed may be settled. */
function callFact(state: PolicyState, fact: CallFact): void {
  const tenant = state.tenants.get(fact.tenant);
  if (!tenant) return;
  const living = tenant.calls.get(fact.data.invocation as InvocationId);
  if (fact.type === 'policy.decided' && !isCounted(living)) noteDecided(tenant, fact);
  const answered = fact.type === 'request.rejected' && rejected(state, tenant, living, fact.data);
  if (living && fact.type !== 'request.rejected') moveOn(state, tenant, living, fact);
  settle(state, tenant, answered);
}

/** People were asked about it only because of its price: it was allowed before, and is remembered so. */
function isCounted(living: LivingCall | undefined): boolean {
  return living?.status === 'approved' && living.decision.verdict === Verdict.allow;
}

function moveOn(
  state: PolicyState,
  tenant: Tenant,
  living: LivingCall,
  fact: Exclude<CallFact, RecordedFact<'request.rejected'>>,
): void {
  const { invocation } = living.call;
  switch (fact.type) {
    case 'policy.decided':
      return decided(state, tenant, living, fact);
    case 'approval.opened':
      if (living.status === 'held')
        reconsider(state, tenant, { ...living, status: 'open', votes: [], reachedMs: 0 }, fact.at);
      return;
    case 'approval.escalated':
      return reachStage(state, fact);
    case 'approval.confirmed':
      if (living.status === 'doubted') put(state, tenant, { ...living, status: 'granted' });
      return;
    case 'invocation.cancelled':
      if (fact.origin === SubjectKind.schedule ? awaitsRun(living) : living.status === 'cancelled')
        drop(state, tenant, invocation);
      return;
    default:
      if (awaitsRun(living)) drop(state, tenant, invocation);
  }
}

/**
 * The final decision ends the call here, unless people granted it: then it lives until the scheduler has handed it out.
 * One that needs people takes it on, and so does an allow where a budget may still ask people: the budget has the next
 * word.
 */
function decided(
  state: PolicyState,
  tenant: Tenant,
  living: LivingCall,
  fact: RecordedFact<'policy.decided'>,
): void {
  const { call, status } = living;
  const { verdict } = fact.data;
  const isAllowed = verdict === Verdict.allow;
  if (status === 'cancelled' || awaitsHold(living) || awaitsRun(living)) return;
  const mayNeedPeople = verdict === Verdict.requireApproval || (isAllowed && asksPeople(tenant));
  if (status === 'undecided' && mayNeedPeople) {
    const { success, data: decision } = EVENT_SCHEMAS['policy.decided'].safeParse(fact.data);
    if (success && isAllowed) return put(state, tenant, { status: 'paying', call, decision });
    const { approval } = decision ?? {};
    if (decision && approval && !isAllowed)
      return put(state, tenant, { status: 'awaiting-hold', call, decision: { ...decision, approval } });
  }
  if (verdict === Verdict.requireApproval) return;
  const outcome = OUTCOMES[status];
  if (outcome) {
    const { agent, invocation, tool } = call;
    tenant.past.note(agent, { invocation, tool, outcome, at: fact.at });
  }
  if (status === 'approved' && isAllowed) put(state, tenant, { ...living, status: 'granted' });
  else drop(state, tenant, call.invocation);
}

/** What the final decision on a call in this state says of its approval. */
const OUTCOMES: { readonly [S in LivingCall['status']]?: ApprovalOutcome } = {
  approved: 'granted',
  disapproved: 'denied',
  open: 'expired',
};

/** Whether any budget of the tenant does, for what goes over its soft limit. */
function asksPeople({ catalog }: Tenant): boolean {
  return catalog.escalating.size > 0;
}

/**
 * Either the answer to a message that made no call, which waits at the head (then true), or the end of an
 * undecided call.
 */
function rejected(
  state: PolicyState,
  tenant: Tenant,
  living: LivingCall | undefined,
  data: Rejection,
): boolean {
  const head = tenant.owed.peek();
  if (typeof head === 'object') {
    if (!isSame(head, data)) return false;
    tenant.owed.shift();
    return true;
  }
  if (living?.status === 'undecided') drop(state, tenant, living.call.invocation);
  return false;
}

function isSame(a: Rejection, b: Rejection): boolean {
  return a.agent === b.agent && a.invocation === b.invocation && a.event === b.event && a.reason === b.reason;
}
