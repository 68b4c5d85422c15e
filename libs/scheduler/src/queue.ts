/**
 * The queue of ready calls, by the one published rule (README of apps/scheduler). Each pool has one order: bands of
 * urgency, in them the accounts by Fair Tree, in a campaign least slack first, then arrival. It is kept as a tree of
 * heaps whose leaves are lanes: a lane holds the ready calls of one version of a tool in one campaign, so that a breaker
 * or a limit can close it without touching the others.
 */
import { Heap } from '@writ/contracts';
import type { Priority } from '@writ/contracts';
import { CallQueue, isTimed } from './call-queue.ts';
import { IN_DEADLINES, expiresBefore } from './debts.ts';
import { gateBefore } from './gates.ts';
import { AGEING_BOUND_SECONDS, URGENCIES_PER_BAND } from './limits.ts';
import { IN_AGEING, IN_LANES, IN_PARENT, IN_TIMED, laneBefore, precedes, waitsLonger } from './lanes.ts';
import { quotasOf, quotasLeft } from './quotas.ts';
import type { SchedulerState } from './state.ts';
import type { Account, Branch, Breaker, Call, Lane, Pool, ToolVersion } from './model.ts';

/** Beside the bands: stands for the order of overdue lanes. */
const OVERDUE = URGENCIES_PER_BAND - 1;

/** The band of an urgency. */
export function bandOf(urgency: number): number {
  return Math.floor(urgency / URGENCIES_PER_BAND);
}

/** Of a priority, as a number: 0 is the most urgent. */
export function urgencyOf(priority: Priority): number {
  return typeof priority === 'number' ? priority : { urgent: 100, normal: 500, background: 900 }[priority];
}

/** The lane that a call with a version of a tool belongs into. */
export function laneOf(state: SchedulerState, call: Call, version: ToolVersion): Lane {
  const { account, band } = call.berth;
  let lanes = account.lanes.get(version);
  if (!lanes) account.lanes.set(version, (lanes = []));
  const index = 2 * band + (isTimed(call) ? 1 : 0);
  return (lanes[index] ??= newLane(state, call, version));
}

export function enqueue(state: SchedulerState, lane: Lane, call: Call): void {
  lane.calls.push(call);
  if (lane.timed && call.due?.late) lane.pool.tardy.push(call);
  state.ready++;
  settleLane(state, lane);
}

export function dequeue(state: SchedulerState, lane: Lane, call: Call): void {
  lane.calls.remove(call);
  if (call.due?.late) lane.pool.tardy.remove(call);
  state.ready--;
  settleLane(state, lane);
}

/** Moves the queues behind a breaker to where it wants them now. */
export function settleLanes(state: SchedulerState, breaker: Breaker): void {
  for (const door of breaker.doors) for (const lane of door.lanes) settleLane(state, lane);
}

/** Puts a lane where it belongs: open for grants, to be refused, or waiting for a probe or for another call to end. */
export function settleLane(state: SchedulerState, lane: Lane): void {
  const first = lane.calls.peek();
  if (!first) {
    stand(lane, undefined);
    setOverdue(lane, false);
    return;
  }
  const dueAt = first.readyAt + AGEING_BOUND_SECONDS;
  setOverdue(lane, !lane.timed && dueAt <= lane.pool.agedAt);
  lane.startMs = lane.overdue ? dueAt * 1_000 : (first.due?.latestStartMs ?? Infinity);
  lane.arrival = first.arrival;
  lane.readyAt = first.readyAt;
  const gate = gateBefore(lane.version.door.breakers);
  if (gate === 'refuse') stand(lane, state.refusing);
  else stand(lane, gate === 'pass' && quotasLeft(lane) ? lane.home.lanes : undefined);
}

/** Every lane of the campaigns of an account, empty ones too. */
export function lanesUnder(account: Account): Lane[] {
  const own = [...account.lanes.values()].flatMap((lanes) => lanes.filter((lane) => lane !== undefined));
  return [...own, ...[...account.children.values()].flatMap(lanesUnder)];
}

/** Counts a call that an executor got or gave back. */
export function countQuotas(state: SchedulerState, { lane }: Call, by: 1 | -1): void {
  if (!lane || lane.quotas.length === 0) return;
  for (const quota of lane.quotas) {
    const before = quota.running < quota.most;
    quota.running += by;
    if (before !== quota.running < quota.most) for (const one of quota.lanes) settleLane(state, one);
  }
}

/** Forgets a lane without calls. */
export function forgetLane(lane: Lane): void {
  lane.version.door.lanes.delete(lane);
  for (const quota of lane.quotas) quota.lanes.delete(lane);
}

/** Whether a call without a deadline, or the first one of a lane, has waited for longer than it should. */
export function isOverdue({ readyAt }: Pick<Call, 'readyAt'>, seconds: number): boolean {
  return readyAt + AGEING_BOUND_SECONDS <= seconds;
}

export function poolNamed(state: SchedulerState, name: string): Pool {
  let pool = state.pools.get(name);
  if (!pool) {
    const ageing = new Heap(waitsLonger, IN_AGEING);
    const tardy = new Heap(expiresBefore, IN_DEADLINES);
    pool = { name, number: state.pools.size, bands: [], ageing, tardy, agedAt: 0, late: undefined };
    state.pools.set(name, pool);
  }
  return pool;
}

function newLane(state: SchedulerState, call: Call, version: ToolVersion): Lane {
  const { tenant, tool } = call;
  const { account, band } = call.berth;
  const pool = poolNamed(state, version.spec.pool);
  const lane: Lane = {
    version,
    campaign: account,
    pool,
    band,
    timed: isTimed(call),
    home: branchOf(pool, band, account),
    overdue: false,
    quotas: quotasOf(state, tenant, tool, account.parent?.name ?? ''),
    calls: new CallQueue(),
    startMs: Infinity,
    arrival: 0,
    readyAt: 0,
    standsIn: undefined,
    inLanes: -1,
    inAgeing: -1,
    inTimed: -1,
  };
  version.door.lanes.add(lane);
  for (const quota of lane.quotas) quota.lanes.add(lane);
  return lane;
}

function branchOf(pool: Pool, band: number, account: Account): Branch {
  const key = pool.number * URGENCIES_PER_BAND + band;
  let branch = account.branches.get(key);
  if (branch) return branch;
  const parent = account.parent && branchOf(pool, band, account.parent);
  const branches = new Heap<Branch>(precedes, IN_PARENT);
  branch = {
    account,
    parent,
    branches,
    lanes: new Heap(laneBefore, IN_LANES),
    timed: undefined,
    inParent: -1,
  };
  account.branches.set(key, branch);
  if (!parent && band === OVERDUE) {
    pool.late = branch;
    return branch;
  }
  // Bands are found by their number, so more urgent ones are made first.
  if (!parent) for (let above = pool.bands.length; above < band; above++) branchOf(pool, above, account);
  if (!parent) pool.bands.push(branch);
  return branch;
}

/** The branch of the tenant that a branch belongs to. */
export function tenantOf(branch: Branch): Branch {
  return branch.parent?.parent ? tenantOf(branch.parent) : branch;
}

function setOverdue(lane: Lane, overdue: boolean): void {
  if (lane.overdue === overdue) return;
  stand(lane, undefined);
  lane.overdue = overdue;
  lane.home = branchOf(lane.pool, overdue ? OVERDUE : lane.band, lane.campaign);
}

function stand(lane: Lane, place: Heap<Lane> | undefined): void {
  const { home } = lane;
  if (lane.standsIn === place) {
    place?.moved(lane);
    if (lane.inAgeing >= 0) lane.pool.ageing.moved(lane);
    if (lane.inTimed >= 0) tenantOf(home).timed?.moved(lane);
    return;
  }
  const opens = place === home.lanes;
  lane.standsIn?.remove(lane);
  if (lane.standsIn === home.lanes) {
    lane.pool.ageing.remove(lane);
    tenantOf(home).timed?.remove(lane);
    leaveParents(home);
  }
  lane.standsIn = place;
  place?.push(lane);
  if (!opens) return;
  if (lane.timed) (tenantOf(home).timed ??= new Heap(laneBefore, IN_TIMED)).push(lane);
  else if (!lane.overdue) lane.pool.ageing.push(lane);
  for (let branch = home; branch.parent && branch.inParent < 0; branch = branch.parent)
    branch.parent.branches.push(branch);
}

/** A branch without open lanes leaves the order, and so do those above that had nothing else. */
function leaveParents(home: Branch): void {
  let branch = home;
  while (branch.parent && branch.lanes.size === 0 && branch.branches.size === 0) {
    branch.parent.branches.remove(branch);
    branch = branch.parent;
  }
}
