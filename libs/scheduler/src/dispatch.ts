/**
 * Grants: the next ready calls to the executors that offer to run them now. Executors take turns, one call each or one
 * bunch of short calls, from a place in the offer that moves on with every grant: so calls spread, and a react with
 * few ready calls looks at few executors however many are offered. The calls are exactly those that would be granted one
 * at a time: an answer holds several only as long as their campaign stays the one whose turn it is.
 */
import { invariant } from '@writ/contracts';
import type { Fact, Instant } from '@writ/contracts';
import { isAgeing } from './ageing.ts';
import { useOf } from './approvals.ts';
import { isTimed } from './call-queue.ts';
import { isLost, sessionIn } from './executors.ts';
import { ProbeMeter } from './gates.ts';
import { usualRunMs } from './lifecycle.ts';
import { MAX_BUNCH, MAX_FACTS_PER_ANSWER, MOST_SPREAD_A_SECOND } from './limits.ts';
import { place } from './place.ts';
import { firstLane, maySkipTurns } from './order.ts';
import { isOverdue } from './queue.ts';
import { penaltyOf } from './runs.ts';
import type { ExecutorSession, OfferedExecutor } from './attempt.ts';
import type { SchedulerState } from './state.ts';
import { Turn, staysFirst } from './turn.ts';
import { Walk } from './walk.ts';
import type { Call, Lane, Pool, Quota } from './model.ts';

/** At most `MAX_FACTS_PER_ANSWER` facts and one; none that would exceed an executor, a limit or a breaker's permits. */
export function dispatch(state: SchedulerState, executors: readonly OfferedExecutor[], now: Instant): Fact[] {
  if (state.ready === 0 || executors.length === 0) return [];
  let done: Set<Pool> | undefined;
  const start = state.grants % executors.length;
  for (let step = 0; step < executors.length; step++) {
    const offered = executors[(start + step) % executors.length] as OfferedExecutor;
    const pool = state.pools.get(offered.pool);
    if (!pool || done?.has(pool) || freeSlots(state, offered) <= 0) continue;
    const facts = grantsOf(state, pool, executors, start + step, now);
    if (facts.length > 0) return facts;
    // A pool is looked at once: whatever it has fits no executor now.
    (done ??= new Set()).add(pool);
  }
  return [];
}

function grantsOf(
  state: SchedulerState,
  pool: Pool,
  executors: readonly OfferedExecutor[],
  from: number,
  now: Instant,
): Fact[] {
  const lane = firstLane(pool, now);
  if (!lane) return [];
  if (lane.version.spec.requires) {
    const grant = place({ state, pool, executors, from, now });
    return grant ? handedOut([], grant.call, grant.on, grant.beside) : [];
  }
  const alone = isAgeing(pool, now) || maySkipTurns(lane);
  if (alone || !staysFirst(lane.home, penaltyOf(state, lane.version, now)))
    return handedOut([], lane.calls.peek() as Call, executors[from % executors.length] as OfferedExecutor);
  return handOut(ofOneTurn(state, lane, now), inTurn(state, executors, from, pool.name), executors.length);
}

/** The next calls of the campaign whose turn it is, until it is another one's. */
function* ofOneTurn(state: SchedulerState, lane: Lane, now: Instant): Generator<Call, undefined> {
  const turn = new Turn(lane.home);
  const queue = new Walk(lane.home.lanes, admission());
  for (let granted = 0; granted < MAX_FACTS_PER_ANSWER; granted++) {
    const call = queue.next();
    if (!call?.version || call.version.spec.requires) return;
    yield call;
    // Behind one that became ready late may stand one that has waited longer: then the order is another from here on.
    const { behind } = queue;
    if (behind && !isTimed(behind) && isOverdue(behind, now / 1_000)) return;
    if (!turn.goesOn(penaltyOf(state, call.version, now))) return;
  }
}

/** A queue on probation gives no more than its breakers' permits, a limited one no more than its limits leave. */
function admission(): (lane: Lane) => boolean {
  const meter = new ProbeMeter();
  const taken = new Map<Quota, number>();
  return ({ version, quotas }) => {
    if (quotas.some((quota) => quota.running + (taken.get(quota) ?? 0) >= quota.most)) return false;
    if (!meter.admits(version.door.breakers)) return false;
    for (const quota of quotas) taken.set(quota, (taken.get(quota) ?? 0) + 1);
    return true;
  };
}

function handOut(
  calls: Iterator<Call, unknown>,
  desks: Iterator<Desk, undefined>,
  executors: number,
): Fact[] {
  const facts: Fact[] = [];
  let desk: Desk | undefined;
  let inBunch = 0;
  // The call first: no executor is looked at for nothing.
  for (let call = calls.next(); !call.done; call = calls.next()) {
    if (!desk || desk.free === 0 || inBunch >= bunchOf(call.value, executors)) {
      desk = desks.next().value;
      inBunch = 0;
    }
    if (!desk) break;
    desk.free--;
    inBunch++;
    handedOut(facts, call.value, desk.offered);
    if (facts.length >= MAX_FACTS_PER_ANSWER) break;
  }
  return facts;
}

/**
 * Where so many executors with a call each would ask for more calls than can be decided well one by one, deciding is scarce
 * and not they: then several calls travel together, and so do their ends.
 */
function bunchOf({ version }: Call, executors: number): number {
  const askedASecond = version ? (1_000 * executors) / usualRunMs(version) : 0;
  return askedASecond > MOST_SPREAD_A_SECOND ? MAX_BUNCH : 1;
}

/** An offered executor with its free places. */
interface Desk {
  readonly offered: OfferedExecutor;
  free: number;
}

/** The pool's offered executors in turn while they have free places, each looked at only when it is needed. */
function* inTurn(
  state: SchedulerState,
  executors: readonly OfferedExecutor[],
  from: number,
  pool: string,
): Generator<Desk, undefined> {
  const seen = new Set<string>();
  let round: Desk[] = [];
  for (let step = 0; step < executors.length; step++) {
    const offered = executors[(from + step) % executors.length] as OfferedExecutor;
    const name = `${offered.executor}/${offered.session}`;
    const free = offered.pool === pool && !seen.has(name) ? freeSlots(state, offered) : 0;
    if (free <= 0) continue;
    const desk = { offered, free };
    yield desk;
    seen.add(name);
    if (desk.free > 0) round.push(desk);
  }
  while (round.length > 0) {
    yield* round;
    round = round.filter(({ free }) => free > 0);
  }
}

export function freeSlots(state: SchedulerState, { executor, session, slots }: OfferedExecutor): number {
  const free = slots - (sessionIn(state, executor, session)?.slots ?? 0);
  // Most executors that are looked at are full, and that costs less to find out.
  return free > 0 && isLost(state, executor, session) ? 0 : free;
}

/** The hand-out, and with it the use of the approval that allowed it. */
function handedOut(
  facts: Fact[],
  call: Call,
  { executor, session }: ExecutorSession,
  beside: readonly ExecutorSession[] = [],
): Fact[] {
  const { tenant, invocation, argsDigest } = call;
  invariant(
    argsDigest,
    `call ${tenant}/${invocation} is ready, so it was allowed with a digest of its arguments`,
  );
  const data = { invocation, attempt: call.attempts + 1, executor, session, argsDigest };
  const where = beside.length === 0 ? data : { ...data, beside: [...beside] };
  facts.push({ type: 'schedule.dispatched', tenant, data: where });
  const use = useOf(call);
  if (use) facts.push(use);
  return facts;
}
