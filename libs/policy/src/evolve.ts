/**
 * The fold of policy: foreign facts make policy owe answers, its own facts settle them. Total: what does not
 * fit the state (late, unknown, repeated, broken) changes nothing. Updates the state in place.
 */
import { EVENT_SCHEMAS, Verdict } from '@writ/contracts';
import type { InvocationId, RecordedFact } from '@writ/contracts';
import { countVote } from './approvals.ts';
import { foldCatalog } from './catalog.ts';
import type { CatalogFact } from './catalog.ts';
import { takeMalformed, takeRequest } from './intake.ts';
import type { ApprovalDecision, Cancellation, LivingCall } from './living-call.ts';
import { noteBudget, noteBundle, noteCompleted, noteDecided } from './memory/memory.ts';
import { drop, follow, put, settle, tenantOf } from './state.ts';
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
    case 'scheduling.configured':
      catalogChanged(state, tenantOf(state, fact.tenant), fact);
      break;
    case 'budget.reserved':
    case 'budget.refused':
      budgetAnswered(state, fact);
      break;
    case 'budget.released':
      noteBudget(state.tenants.get(fact.tenant), fact);
      break;
    case 'execution.completed':
      noteCompleted(state.tenants.get(fact.tenant), fact);
      break;
    case 'approval.voted':
      vote(state, fact);
      break;
    case 'policy.decided':
    case 'request.rejected':
    case 'approval.opened':
    case 'invocation.cancelled':
      ownFact(state, fact);
      break;
    default:
      break;
  }
  return state;
}

function catalogChanged(state: PolicyState, tenant: Tenant, fact: CatalogFact): void {
  foldCatalog(tenant.catalog, fact);
  if (fact.type === 'policy.published') {
    noteBundle(tenant);
    follow(state, tenant);
  } else if (fact.type === 'budget.defined' || fact.type === 'budget.retired') {
    noteBudget(tenant, fact);
  }
}

/** Only the agent that asked may take a call back, and only until it is decided for good. */
function cancel(state: PolicyState, fact: RecordedFact<'tool.cancel-requested'>): void {
  const tenant = state.tenants.get(fact.tenant);
  const living = tenant?.calls.get(fact.data.invocation);
  if (!tenant || !living || living.call.agent !== fact.origin) return;
  const { reason } = fact.data;
  const cancellation: Cancellation = reason === undefined ? {} : { reason };
  switch (living.status) {
    case 'cancelled':
    case 'disapproved':
      return;
    case 'awaiting-hold':
      put(state, tenant, { ...living, cancellation });
      return;
    default:
      put(state, tenant, { status: 'cancelled', call: living.call, cancellation });
  }
}

/** The hold is there: now a person may be asked. Or it is refused: then that fact has ended the call. */
function budgetAnswered(state: PolicyState, fact: RecordedFact<'budget.reserved' | 'budget.refused'>): void {
  const tenant = state.tenants.get(fact.tenant);
  if (fact.type === 'budget.reserved') noteBudget(tenant, fact);
  const living = tenant?.calls.get(fact.data.invocation);
  if (!tenant || living?.status !== 'awaiting-hold') return;
  const { call, decision, cancellation } = living;
  if (fact.type === 'budget.refused') drop(state, tenant, call.invocation);
  else if (cancellation) put(state, tenant, { status: 'cancelled', call, cancellation });
  else put(state, tenant, { status: 'held', call, decision });
}

function vote(state: PolicyState, fact: RecordedFact<'approval.voted'>): void {
  const tenant = state.tenants.get(fact.tenant);
  const living = tenant?.calls.get(fact.data.invocation);
  if (!tenant || living?.status !== 'open') return;
  const next = countVote(living, fact, tenant.catalog.groups);
  if (next) put(state, tenant, next);
}

type OwnFact = RecordedFact<
  'policy.decided' | 'request.rejected' | 'approval.opened' | 'invocation.cancelled'
>;

function ownFact(state: PolicyState, fact: OwnFact): void {
  const tenant = state.tenants.get(fact.tenant);
  if (!tenant) return;
  if (fact.type === 'policy.decided') noteDecided(tenant, fact);
  const living = tenant.calls.get(fact.data.invocation as InvocationId);
  let answered = false;
  if (fact.type === 'request.rejected') {
    answered = rejected(state, tenant, living, fact.data);
  } else if (fact.type === 'approval.opened') {
    if (living?.status === 'held') put(state, tenant, { ...living, status: 'open', votes: [] });
  } else if (fact.type === 'invocation.cancelled') {
    if (living?.status === 'cancelled') drop(state, tenant, living.call.invocation);
  } else if (living) {
    decided(state, tenant, living, fact);
  }
  settle(state, tenant, answered);
}

/** The final decision ends the call here. One that needs people takes it on; the budget has the next word. */
function decided(
  state: PolicyState,
  tenant: Tenant,
  living: LivingCall,
  fact: RecordedFact<'policy.decided'>,
): void {
  const { call, status } = living;
  if (fact.data.verdict !== Verdict.requireApproval) {
    if (status === 'awaiting-hold' || status === 'held' || status === 'cancelled') return;
    drop(state, tenant, call.invocation);
    return;
  }
  if (status !== 'undecided') return;
  const parsed = EVENT_SCHEMAS['policy.decided'].safeParse(fact.data);
  if (!parsed.success || !parsed.data.approval) return;
  put(state, tenant, { status: 'awaiting-hold', call, decision: fact.data as ApprovalDecision });
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
