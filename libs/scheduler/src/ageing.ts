/**
 * What becomes of queued calls as time passes: one without a deadline that has waited for its time is overdue, as urgent
 * as any; one that asked to run even late, and now will be, comes after all that can still be in time, and ages like
 * a call without a deadline. Reckoned at every grant of the pool, by the time of its fact.
 */
import type { Instant } from '@writ/contracts';
import { dequeue, enqueue, isOverdue, laneOf, settleLane } from './queue.ts';
import type { SchedulerState } from './state.ts';
import type { Call, Pool } from './model.ts';

/** Lets time pass in a pool. */
export function age(state: SchedulerState, pool: Pool, at: Instant): void {
  pool.agedAt = Math.max(pool.agedAt, Math.floor(at / 1_000));
  const { ageing, tardy } = pool;
  for (let lane = ageing.peek(); lane && isOverdue(lane, pool.agedAt); lane = ageing.peek())
    settleLane(state, lane);
  for (let call = tardy.peek(); call && isTooLate(call, at); call = tardy.peek()) giveUp(state, call);
}

/** Whether the order changes by time alone with the next grant, or may with each. */
export function isAgeing({ ageing, late, tardy }: Pool, now: Instant): boolean {
  if ((late?.branches.size ?? 0) > 0) return true;
  const [lane, call] = [ageing.peek(), tardy.peek()];
  return (lane !== undefined && isOverdue(lane, now / 1_000)) || (call !== undefined && isTooLate(call, now));
}

/** Nobody expects it in time any more: it leaves those that have slack. */
function giveUp(state: SchedulerState, call: Call): void {
  const { lane, due, version } = call;
  if (!lane || !due || !version) return;
  dequeue(state, lane, call);
  due.latestStartMs = Infinity;
  call.lane = laneOf(state, call, version);
  enqueue(state, call.lane, call);
}

function isTooLate({ due }: Call, at: Instant): boolean {
  return due !== undefined && due.hopelessMs <= at;
}
