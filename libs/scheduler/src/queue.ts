/**
 * The queue of ready calls. Each pool has one order, urgency then arrival, kept as a heap of lanes: a lane holds the
 * ready calls of one tool of one tenant, so that a breaker can close or meter a lane without touching the others.
 * (Ageing and fair shares come with issue S; they change `callBefore` and what stands between pool and lane.)
 */
import { Heap } from '@writ/contracts';
import type { Position, TenantId, ToolName } from '@writ/contracts';
import type { Breaker } from './breaker.ts';
import { breakersBefore, gateBefore } from './gates.ts';
import type { Call, SchedulerState } from './state.ts';

/** A named set of executors, and what waits for them. */
export interface Pool {
  readonly name: string;
  /** Lanes from which a call may be granted now. */
  readonly open: Heap<Lane>;
  readonly lanes: Map<string, Lane>;
}

export interface Lane {
  readonly tenant: TenantId;
  readonly tool: ToolName;
  readonly pool: Pool;
  /** What stands before it, its tool's own breaker first. */
  breakers: readonly Breaker[];
  readonly calls: Heap<Call>;
  /** The heap of lanes that it stands in: its pool's, the refused ones', or none. */
  standsIn: Heap<Lane> | undefined;
  inLanes: number;
}

/** The order of one pool's queue: lower urgency number first, then who asked first. */
export function callBefore(a: Call, b: Call): boolean {
  return a.urgency === b.urgency ? a.arrival < b.arrival : a.urgency < b.urgency;
}

/** Lanes rank by their first call; only lanes with calls are compared. */
export function laneBefore(a: Lane, b: Lane): boolean {
  return callBefore(a.calls.peek() as Call, b.calls.peek() as Call);
}

/** The lane of a tool, whose breaker this is, in the pool of this name. */
export function laneIn(state: SchedulerState, poolName: string, tool: ToolName, breaker: Breaker): Lane {
  let pool = state.pools.get(poolName);
  if (!pool) {
    pool = { name: poolName, open: new Heap(laneBefore, IN_LANES), lanes: new Map() };
    state.pools.set(poolName, pool);
  }
  const { tenant } = breaker;
  const key = `${tenant}/${tool}`;
  let lane = pool.lanes.get(key);
  if (!lane) {
    const calls = new Heap(callBefore, IN_LANE);
    const breakers = breakersBefore(state, breaker, tool, poolName);
    lane = { tenant, tool, pool, breakers, calls, standsIn: undefined, inLanes: -1 };
    pool.lanes.set(key, lane);
    for (const one of breakers) one.lanes.add(lane);
  }
  return lane;
}

export function enqueue(state: SchedulerState, lane: Lane, call: Call): void {
  lane.calls.push(call);
  state.ready++;
  settleLane(state, lane);
}

export function dequeue(state: SchedulerState, lane: Lane, call: Call): void {
  // The lane ranks by its first call, so it leaves its heap before that may become none.
  if (lane.calls.size === 1) stand(lane, undefined);
  lane.calls.remove(call);
  state.ready--;
  settleLane(state, lane);
}

/** Moves the queues behind a breaker to where it wants them now. */
export function settleLanes(state: SchedulerState, breaker: Breaker): void {
  for (const lane of breaker.lanes) settleLane(state, lane);
}

/** Puts a lane where its breakers want it: open for grants, to be refused, or waiting. */
function settleLane(state: SchedulerState, lane: Lane): void {
  if (lane.calls.size === 0) return stand(lane, undefined);
  const gate = gateBefore(lane.breakers);
  if (gate === 'refuse') stand(lane, state.refusing);
  else stand(lane, gate === 'pass' ? lane.pool.open : undefined);
}

/** Where a call stands in its lane. */
export const IN_LANE: Position<Call> = {
  get: (call) => call.inLane,
  set: (call, position) => {
    call.inLane = position;
  },
};

/** Where a lane stands among lanes; it is in one heap of them at most. */
export const IN_LANES: Position<Lane> = {
  get: (lane) => lane.inLanes,
  set: (lane, position) => {
    lane.inLanes = position;
  },
};

function stand(lane: Lane, place: Heap<Lane> | undefined): void {
  if (lane.standsIn === place) {
    place?.moved(lane);
    return;
  }
  lane.standsIn?.remove(lane);
  lane.standsIn = place;
  place?.push(lane);
}
