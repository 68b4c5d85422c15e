/**
 * Grants: the next ready calls to the executors that offer to run them now. Executors take turns, one call each, from
 * a place in the offer that moves on with every grant: so calls spread, and a react with few ready calls looks at few
 * executors however many are offered.
 */
import { invariant } from '@writ/contracts';
import type { ExecutorId, Fact, SessionId } from '@writ/contracts';
import { useOf } from './approvals.ts';
import { isLost, sessionIn } from './executors.ts';
import { ProbeMeter } from './gates.ts';
import { MAX_FACTS_PER_ANSWER } from './limits.ts';
import type { Lane } from './queue.ts';
import type { Call, SchedulerState } from './state.ts';
import { Walk } from './walk.ts';

/** An executor whose pull is being held open. One that is full needs none: it costs a look in every react. */
export interface OfferedExecutor {
  readonly executor: ExecutorId;
  readonly session: SessionId;
  readonly pool: string;
  /** How many calls it can run at once, the running ones included. */
  readonly slots: number;
  readonly labels: Readonly<Record<string, string>>;
}

interface Desk {
  readonly offered: OfferedExecutor;
  free: number;
}

/** At most `MAX_FACTS_PER_ANSWER` facts and one; none that would exceed an executor's slots or a breaker's permits. */
export function dispatch(state: SchedulerState, executors: readonly OfferedExecutor[]): Fact[] {
  if (state.ready === 0 || executors.length === 0) return [];
  const queues = openQueues(state);
  const facts: Fact[] = [];
  let desks: Iterable<Desk> = freeDesks(state, executors, queues);
  for (let round: Desk[] = []; queues.size > 0; desks = round, round = []) {
    for (const desk of desks) {
      const { offered } = desk;
      const call = queues.get(offered.pool)?.next();
      if (!call) queues.delete(offered.pool);
      else grant(facts, call, offered);
      if (facts.length >= MAX_FACTS_PER_ANSWER || queues.size === 0) return facts;
      if (call && --desk.free > 0) round.push(desk);
    }
    if (round.length === 0) break;
  }
  return facts;
}

/** The queues of pools that have calls to grant; a lane on probation gives no more than its breakers' permits. */
function openQueues(state: SchedulerState): Map<string, Walk> {
  const meter = new ProbeMeter();
  const admits = ({ breakers }: Lane): boolean => meter.admits(breakers);
  const queues = new Map<string, Walk>();
  for (const pool of state.pools.values()) {
    if (pool.open.size > 0) queues.set(pool.name, new Walk(pool.open, admits));
  }
  return queues;
}

/** Offered executors of those pools with free slots, each once, looked at only as far as they are needed. */
function* freeDesks(
  state: SchedulerState,
  executors: readonly OfferedExecutor[],
  queues: ReadonlyMap<string, Walk>,
): Generator<Desk, undefined> {
  const seen = new Set<string>();
  const start = state.grants % executors.length;
  for (let step = 0; step < executors.length; step++) {
    const offered = executors[(start + step) % executors.length] as OfferedExecutor;
    const { executor, session, pool, slots } = offered;
    const free = slots - (sessionIn(state, executor, session)?.grants.size ?? 0);
    if (free <= 0 || !queues.has(pool) || isLost(state, executor, session)) continue;
    const name = `${executor}/${session}`;
    if (seen.has(name)) continue;
    seen.add(name);
    yield { offered, free };
  }
}

/** The hand-out, and with it the use of the approval that allowed it. */
function grant(facts: Fact[], call: Call, { executor, session }: OfferedExecutor): void {
  const { tenant, invocation, argsDigest } = call;
  invariant(
    argsDigest,
    `call ${tenant}/${invocation} is ready, so it was allowed with a digest of its arguments`,
  );
  const data = { invocation, attempt: call.attempts + 1, executor, session, argsDigest };
  facts.push({ type: 'schedule.dispatched', tenant, data });
  const use = useOf(call);
  if (use) facts.push(use);
}
