/**
 * Places for calls with requirements: labels, GPUs, memory, several slots, several nodes at once. The first call in the
 * order that fits nowhere now, but could, gets a reservation: those executors on which it can start soonest, and when.
 * Later calls fill the gaps only where they end before that or leave enough free (EASY backfill, Lifka 1995). Ends are
 * reckoned by timeouts, which are enforced, so a reservation only ever moves forward.
 */
import type { Instant, Requirements } from '@writ/contracts';
import { isLost, sessionIn } from './executors.ts';
import { MAX_QUEUES_PER_LOOK } from './limits.ts';
import { lanesInOrder } from './order.ts';
import type { ExecutorSession } from './attempt.ts';
import type { SchedulerState } from './state.ts';
import type { OfferedExecutor } from './attempt.ts';
import type { Call, Lane, Pool } from './model.ts';

export interface Search {
  readonly state: SchedulerState;
  readonly pool: Pool;
  readonly executors: readonly OfferedExecutor[];
  /** The executor to begin with. */
  readonly from: number;
  readonly now: Instant;
}

export interface Placement {
  readonly call: Call;
  readonly on: ExecutorSession;
  readonly beside: readonly ExecutorSession[];
}

type Resources = Pick<Requirements, 'slots' | 'gpus' | 'memoryGb'>;

/** An executor with what is free of it, and what comes free when. */
interface Desk {
  readonly offered: OfferedExecutor;
  readonly free: Resources;
  /** In order of their ends. */
  readonly ends: readonly { readonly at: Instant; readonly takes: Resources }[];
}

interface Reservation {
  readonly needs: Requirements;
  readonly desks: ReadonlySet<Desk>;
  readonly start: Instant;
}

const ONE_SLOT: Requirements = { nodes: 1, slots: 1, gpus: 0, memoryGb: 0, labels: {} };

/** The next grant: to the first call in the order that fits without standing in the way of the reservation. */
export function place(search: Search): Placement | undefined {
  const { pool, now } = search;
  const desks = desksOf(search);
  let reserved: Reservation | undefined;
  let looks = 0;
  for (const lane of lanesInOrder(pool, now)) {
    if (++looks > MAX_QUEUES_PER_LOOK) break;
    const found = fit(lane, desks, reserved, now);
    if (found) return found;
    reserved ??= reserve(desks, needsOf(lane), now);
  }
  return undefined;
}

function fit(
  lane: Lane,
  desks: readonly Desk[],
  reserved: Reservation | undefined,
  now: Instant,
): Placement | undefined {
  const needs = needsOf(lane);
  const until = now + lane.version.spec.timeoutSeconds * 1_000;
  const found: ExecutorSession[] = [];
  for (const desk of desks) {
    if (!fits(desk, desk.free, needs) || !leavesEnough(desk, reserved, needs, until)) continue;
    const { executor, session } = desk.offered;
    found.push({ executor, session });
    if (found.length < needs.nodes) continue;
    const [on, ...beside] = found as [ExecutorSession, ...ExecutorSession[]];
    return { call: lane.calls.peek() as Call, on, beside };
  }
  return undefined;
}

function needsOf({ version }: Lane): Requirements {
  return version.spec.requires ?? ONE_SLOT;
}

/** When a call with these needs could start at the latest, and where; undefined when the pool has not got so much. */
function reserve(desks: readonly Desk[], needs: Requirements, now: Instant): Reservation | undefined {
  const starts = desks.flatMap((desk) => {
    const at = startOn(desk, needs, now);
    return at === undefined ? [] : [{ desk, at }];
  });
  if (starts.length < needs.nodes) return undefined;
  starts.sort((a, b) => a.at - b.at);
  const start = starts[needs.nodes - 1]?.at ?? now;
  // Of those that are free by then the last ones: what is free already is left to calls that fill the gap.
  const inTime = starts.filter(({ at }) => at <= start);
  return { needs, start, desks: new Set(inTime.slice(-needs.nodes).map(({ desk }) => desk)) };
}

function startOn(desk: Desk, needs: Requirements, now: Instant): Instant | undefined {
  if (fits(desk, desk.free, needs)) return now;
  let free = desk.free;
  for (const { at, takes } of desk.ends) {
    free = plus(free, takes, 1);
    // What should have ended by now may end at any moment.
    if (fits(desk, free, needs)) return Math.max(now, at);
  }
  return undefined;
}

/** Whether a call that runs until then does not stand in the way of the reservation. */
function leavesEnough(
  desk: Desk,
  reserved: Reservation | undefined,
  takes: Resources,
  until: Instant,
): boolean {
  if (!reserved?.desks.has(desk) || until <= reserved.start) return true;
  let free = plus(desk.free, takes, -1);
  for (const { at, takes: freed } of desk.ends) if (at <= reserved.start) free = plus(free, freed, 1);
  return fits(desk, free, reserved.needs);
}

function fits({ offered }: Desk, free: Resources, { slots, gpus, memoryGb, labels }: Requirements): boolean {
  if (free.slots < slots || free.gpus < gpus || free.memoryGb < memoryGb) return false;
  return Object.entries(labels).every(([name, value]) => offered.labels[name] === value);
}

/** The pool's executors, each session once, full ones too. */
function desksOf({ state, pool, executors, from }: Search): Desk[] {
  const desks = new Map<string, Desk>();
  for (let step = 0; step < executors.length; step++) {
    const offered = executors[(from + step) % executors.length] as OfferedExecutor;
    const { executor, session } = offered;
    const name = `${executor}/${session}`;
    if (offered.pool !== pool.name || desks.has(name) || isLost(state, executor, session)) continue;
    desks.set(name, deskOf(state, offered));
  }
  return [...desks.values()];
}

function deskOf(state: SchedulerState, offered: OfferedExecutor): Desk {
  const { slots, gpus = 0, memoryGb = 0 } = offered;
  let free: Resources = { slots, gpus, memoryGb };
  const held = sessionIn(state, offered.executor, offered.session);
  const running = held ? [...held.grants, ...held.guests] : [];
  const ends = running.map(({ phase, version }) => {
    const takes = version?.spec.requires ?? ONE_SLOT;
    free = plus(free, takes, -1);
    return { takes, at: phase.status === 'granted' ? phase.grant.untilMs : Infinity };
  });
  return { offered, free, ends: ends.sort((a, b) => a.at - b.at) };
}

function plus(a: Resources, b: Resources, times: 1 | -1): Resources {
  return {
    slots: a.slots + times * b.slots,
    gpus: a.gpus + times * b.gpus,
    memoryGb: a.memoryGb + times * b.memoryGb,
  };
}
