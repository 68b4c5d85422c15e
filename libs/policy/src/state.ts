/**
 * What policy remembers: per tenant the catalog in force, the calls that are not decided for good, and the
 * answers that are owed. A decided call is forgotten at once, except for its id. Nothing is shared between
 * tenants but the order in which they are served: one answer each, in turn, so that no tenant's backlog
 * delays another's call.
 */
import { RecentIds } from '@writ/contracts';
import type { EventData, InvocationId, TenantId } from '@writ/contracts';
import { emptyCatalog } from './catalog.ts';
import type { Catalog } from './catalog.ts';
import { Delegations } from './delegations.ts';
import { Expiries } from './expiries.ts';
import { Fifo } from './fifo.ts';
import { awaitsHold, awaitsRun, isOwed, isWaiting, timerOf } from './living-call.ts';
import type { LivingCall } from './living-call.ts';
import { emptyMemory } from './memory/memory.ts';
import type { Memory } from './memory/memory.ts';
import { isStated } from './memory/stated-balances.ts';
import { PastApprovals } from './past-approvals.ts';
import { StandingGrants } from './standing-grants.ts';

/** `request.rejected` is owed for a message that made no call. */
export type Rejection = EventData<'request.rejected'>;

export interface Tenant {
  readonly id: TenantId;
  readonly catalog: Catalog;
  readonly calls: Map<InvocationId, LivingCall>;
  /**
   * Answers owed, oldest first: a rejection as it will be written, or a call whose status says what it is
   * owed.
   */
  readonly owed: Fifo<InvocationId | Rejection>;
  /** Fingerprints of the calls that were asked for (`intake.ts`), by invocation id. */
  readonly seen: RecentIds;
  readonly memory: Memory;
  /** Number of calls that wait for a hold or for people. */
  waiting: number;
  /** Number of calls that people granted and no executor has. */
  awaitingRun: number;
  readonly delegations: Delegations;
  readonly standing: StandingGrants;
  readonly past: PastApprovals;
}

export interface PolicyState {
  readonly tenants: Map<TenantId, Tenant>;
  /** Tenants that are owed an answer that can be given; the first is served next. */
  readonly ready: Set<TenantId>;
  readonly expiries: Expiries;
  /** Number of calls whose next fact is the budget's. */
  awaitingHold: number;
  /** Number of calls whose next fact is the scheduler's. */
  awaitingRun: number;
  /** Tenants whose rules read how runs end, or what the budget has left. */
  readonly following: { readonly runs: Set<TenantId>; readonly budget: Set<TenantId> };
}

export function initial(): PolicyState {
  return {
    tenants: new Map(),
    ready: new Set(),
    expiries: new Expiries(),
    awaitingHold: 0,
    awaitingRun: 0,
    following: { runs: new Set(), budget: new Set() },
  };
}

/** The tenant, which begins to exist with its first fact that matters here. */
export function tenantOf(state: PolicyState, id: TenantId): Tenant {
  let tenant = state.tenants.get(id);
  if (!tenant) {
    tenant = newTenant(id);
    state.tenants.set(id, tenant);
  }
  return tenant;
}

export function newTenant(id: TenantId): Tenant {
  return {
    id,
    catalog: emptyCatalog(),
    calls: new Map(),
    owed: new Fifo(),
    seen: new RecentIds(),
    memory: emptyMemory(),
    waiting: 0,
    awaitingRun: 0,
    delegations: new Delegations(),
    standing: new StandingGrants(),
    past: new PastApprovals(),
  };
}

/** Notes what the facts of other pillars are followed for, after a publish. */
export function follow({ following }: PolicyState, { id, catalog }: Tenant): void {
  const reads = catalog.bundle?.reads;
  for (const [tenants, followed] of [
    [following.runs, reads?.runs],
    [following.budget, reads?.budget],
  ] as const) {
    if (followed) tenants.add(id);
    else tenants.delete(id);
  }
}

/** Adds a call or moves it on; one that becomes owed an answer joins the end of its tenant's queue. */
export function put(state: PolicyState, tenant: Tenant, next: LivingCall): void {
  const before = tenant.calls.get(next.call.invocation);
  tenant.calls.set(next.call.invocation, next);
  count(state, tenant, before, -1);
  count(state, tenant, next, 1);
  setTimer(state, tenant, before, next);
  if (isOwed(next) && !(before && isOwed(before))) owe(state, tenant, next.call.invocation);
}

/** Forgets a call that is decided for good. */
export function drop(state: PolicyState, tenant: Tenant, invocation: InvocationId): void {
  const before = tenant.calls.get(invocation);
  if (!before) return;
  tenant.calls.delete(invocation);
  count(state, tenant, before, -1);
  if (before.status === 'open') state.expiries.remove(tenant.id, invocation);
}

export function owe(state: PolicyState, tenant: Tenant, item: InvocationId | Rejection): void {
  tenant.owed.push(item);
  takeTurn(state, tenant);
}

/** The tenant is served in its turn while it is owed something that does not wait for balances. */
export function takeTurn({ ready }: PolicyState, tenant: Tenant): void {
  if (tenant.owed.size > 0 && !waitsForBalances(tenant)) ready.add(tenant.id);
  else ready.delete(tenant.id);
}

/** Whether the next answer of the tenant is one over a call that the balances, as they are stated, are too old for. */
export function waitsForBalances({ memory: { stated }, owed, calls }: Tenant): boolean {
  const next = stated && owed.peek();
  if (!stated || typeof next !== 'string') return false;
  const call = calls.get(next);
  return !isStated(stated, (call?.status === 'undecided' && call.asOf) || 0);
}

/**
 * After an own fact: takes what is answered off the head of the tenant's queue and lets the other tenants go
 * first. `answered` tells that the head was taken off already.
 */
export function settle(state: PolicyState, tenant: Tenant, answered: boolean): void {
  let moved = answered;
  for (let head = tenant.owed.peek(); typeof head === 'string'; head = tenant.owed.peek()) {
    const living = tenant.calls.get(head);
    if (living && isOwed(living)) break;
    tenant.owed.shift();
    moved = true;
  }
  if (!moved) return;
  if (state.ready.size > 1) state.ready.delete(tenant.id);
  takeTurn(state, tenant);
}

/** An open call is in the order of timers at the time of what its clock says next. */
function setTimer(
  state: PolicyState,
  tenant: Tenant,
  before: LivingCall | undefined,
  next: LivingCall,
): void {
  const was = before?.status === 'open' ? timerOf(before) : undefined;
  const is = next.status === 'open' ? timerOf(next) : undefined;
  if (was === is) return;
  const { invocation } = next.call;
  if (was !== undefined) state.expiries.remove(tenant.id, invocation);
  if (is !== undefined) state.expiries.add({ atMs: is, tenant: tenant.id, invocation });
}

function count(state: PolicyState, tenant: Tenant, call: LivingCall | undefined, by: 1 | -1): void {
  if (!call) return;
  if (awaitsHold(call)) state.awaitingHold += by;
  if (isWaiting(call)) tenant.waiting += by;
  if (awaitsRun(call)) {
    tenant.awaitingRun += by;
    state.awaitingRun += by;
  }
}
