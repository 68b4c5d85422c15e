/**
 * Resource keys over the whole tenant: calls of all agents, not only those of one step. A tool that declares `keys` has
 * them leased, shared when it is READ_ONLY, else exclusive. A call asks for all of its keys at once when it becomes
 * ready, and gets each when all who asked before and conflict are gone (not when some time has passed): that order is one
 * for all keys, so nobody waits in a circle and nobody is passed over. It queues for an executor only with all its keys,
 * so a hot key holds nobody up but its own. `a/b` conflicts with `a` and `a/b/c`: asking for a key means asking for a
 * weaker one of all that stand above it (multiple granularity locks, Gray et al. 1976).
 */
import { Heap, SafetyClass } from '@writ/contracts';
import type { Position } from '@writ/contracts';
import { keysFor, levelsOf } from './keys.ts';
import type { SchedulerState, Tenant } from './state.ts';
import type { Call, Claim, Lease, LeaseQueue, Mode } from './model.ts';

/** The modes that a mode cannot be granted beside. */
const CONFLICTS: Readonly<Record<Mode, readonly Mode[]>> = {
  exclusive: ['shared', 'exclusive', 'sharedBelow', 'exclusiveBelow', 'counted'],
  shared: ['exclusive', 'exclusiveBelow', 'counted'],
  exclusiveBelow: ['shared', 'exclusive'],
  sharedBelow: ['exclusive'],
  counted: ['shared', 'exclusive'],
};

/** Makes a ready call ask for the keys of its tool; a call that had them before keeps them. */
export function askForKeys(state: SchedulerState, call: Call): void {
  const spec = call.version?.spec;
  if (!spec?.keys || call.lease) return;
  // What cannot be computed may be anything: the call is held to the key above all others.
  claim(state, call, keysFor(spec.keys, call.inputs) ?? [''], state.tickets++);
}

/** Whether a call may be granted as far as keys go. */
export function holdsKeys({ lease }: Call): boolean {
  return !lease || lease.open === 0;
}

/** Takes a call that has ended out of the queues of its keys; returns those that have all of theirs now. */
export function giveUpKeys(state: SchedulerState, call: Call): readonly Call[] {
  const { lease } = call;
  const tenant = state.tenants.get(call.tenant);
  if (!lease || !tenant) return [];
  call.lease = undefined;
  const next: Call[] = [];
  for (const one of lease.claims) {
    const queue = tenant.leases.get(one.key);
    if (!queue) continue;
    if (one.granted) queue.held[one.mode]--;
    else queue.waiting.remove(one);
    advance(tenant, one.key, queue, next);
  }
  return next;
}

/** Claims a call's keys again under the ticket that it had: after a restart, or when limits of keys have changed. */
export function claimAgain(state: SchedulerState, call: Call, ticket: number): void {
  const keys = call.version?.spec.keys;
  if (keys) claim(state, call, keysFor(keys, call.inputs) ?? [''], ticket);
}

/** The calls that keep a call from its keys: for each key the holders in the way and those who asked before. */
export function blockersOf(state: SchedulerState, call: Call): { readonly key: string; readonly by: Call }[] {
  const tenant = state.tenants.get(call.tenant);
  const open = call.lease?.claims.filter((one) => !one.granted) ?? [];
  if (!tenant || open.length === 0) return [];
  return open.flatMap(({ key, mode, ticket }) =>
    [...tenant.calls.values()].flatMap((by) =>
      (by.lease?.claims ?? [])
        .filter((other) => other.key === key && other.ticket < ticket && inTheWay(tenant, mode, other))
        .map(() => ({ key, by })),
    ),
  );
}

function inTheWay(tenant: Tenant, mode: Mode, other: Claim): boolean {
  return (
    CONFLICTS[mode].includes(other.mode) || (mode === 'counted' && mostOf(tenant, other.key) !== undefined)
  );
}

function claim(state: SchedulerState, call: Call, keys: readonly string[], ticket: number): void {
  const tenant = state.tenants.get(call.tenant);
  if (!tenant) return;
  const reads = call.version?.spec.class === SafetyClass.readOnly;
  const modes = new Map<string, Mode>();
  for (const key of keys) {
    const counted = mostOf(tenant, key) !== undefined;
    modes.set(key, counted ? 'counted' : reads ? 'shared' : 'exclusive');
    for (const above of levelsOf(key))
      if (!modes.has(above)) modes.set(above, reads ? 'sharedBelow' : 'exclusiveBelow');
  }
  const claims = [...modes].map(([key, mode]) => ({ call, ticket, key, mode, granted: false, position: -1 }));
  const lease: Lease = { ticket, claims, open: claims.length };
  call.lease = lease;
  // What an executor has, it holds, whatever the limits are by now.
  const held = call.phase.status === 'granted' || call.phase.status === 'indeterminate';
  for (const one of claims) {
    const queue = queueOf(tenant, one.key);
    if (held || (queue.waiting.size === 0 && admits(tenant, queue, one))) grant(queue, one);
    else queue.waiting.push(one);
  }
}

function grant(queue: LeaseQueue, one: Claim): void {
  one.granted = true;
  queue.held[one.mode]++;
  if (one.call.lease) one.call.lease.open--;
}

/** Grants a key to those who wait for it, in turn, as far as they do not conflict. */
function advance(tenant: Tenant, key: string, queue: LeaseQueue, complete: Call[]): void {
  for (
    let first = queue.waiting.peek();
    first && admits(tenant, queue, first);
    first = queue.waiting.peek()
  ) {
    queue.waiting.pop();
    grant(queue, first);
    if (first.call.lease?.open === 0) complete.push(first.call);
  }
  if (queue.waiting.size === 0 && Object.values(queue.held).every((count) => count === 0))
    tenant.leases.delete(key);
}

function admits(tenant: Tenant, { held }: LeaseQueue, { key, mode }: Claim): boolean {
  if (CONFLICTS[mode].some((other) => held[other] > 0)) return false;
  return mode !== 'counted' || held.counted < (mostOf(tenant, key) ?? Infinity);
}

function mostOf({ limits }: Tenant, key: string): number | undefined {
  if (limits.length === 0) return undefined;
  return limits.find((limit) => 'key' in limit && limit.key === key)?.most;
}

function queueOf({ leases }: Tenant, key: string): LeaseQueue {
  let queue = leases.get(key);
  if (!queue) {
    const held = { shared: 0, exclusive: 0, sharedBelow: 0, exclusiveBelow: 0, counted: 0 };
    queue = { held, waiting: new Heap(askedBefore, IN_WAITING) };
    leases.set(key, queue);
  }
  return queue;
}

function askedBefore(a: Claim, b: Claim): boolean {
  return a.ticket < b.ticket;
}

const IN_WAITING: Position<Claim> = {
  get: (one) => one.position,
  set: (one, position) => {
    one.position = position;
  },
};
