/** Reading the order of a pool (`queue.ts`): which lane is next, and which come after it. */
import type { Instant } from '@writ/contracts';
import { isOwedMore } from './accounts.ts';
import { laneBefore } from './lanes.ts';
import { tenantOf } from './queue.ts';
import type { Account, Branch, Lane, Pool } from './model.ts';

/** The lane whose first call is next: of the most urgent band that has any, or overdue, whichever is owed more. */
export function firstLane({ bands, late }: Pool, now: Instant): Lane | undefined {
  const overdue = late && firstBelow(late);
  for (const band of bands) {
    const turn = firstBelow(band);
    if (!turn) continue;
    const urgent = mostPressing(turn, now);
    return overdue && isNext(overdue, urgent) ? overdue : urgent;
  }
  return overdue;
}

/** All open lanes: the first one, overdue ones, then band by band, as it is before any of them gets a grant. */
export function* lanesInOrder(pool: Pool, now: Instant): Generator<Lane, undefined> {
  const first = firstLane(pool, now);
  if (first) yield first;
  for (const root of pool.late ? [pool.late, ...pool.bands] : pool.bands)
    for (const lane of lanesBelow(root)) if (lane !== first) yield lane;
}

/** Whether a call of another campaign could be granted before the turn of its own. */
export function maySkipTurns({ home }: Lane): boolean {
  const { timed, branches } = tenantOf(home);
  if (!timed || timed.size === 0) return false;
  return branches.size > 1 || (branches.peek()?.branches.size ?? 0) > 1;
}

function firstBelow(root: Branch): Lane | undefined {
  let branch = root;
  for (let next = branch.branches.peek(); next; next = branch.branches.peek()) branch = next;
  return branch.lanes.peek();
}

/**
 * The call with the least slack of a tenant goes before the turn of its campaign, while every call of the campaign whose
 * turn it is can wait: shares rule as soon as somebody would pay for it (ADR 026).
 */
function mostPressing(turn: Lane, now: Instant): Lane {
  const pressing = tenantOf(turn.home).timed?.peek();
  if (!pressing || pressing.home === turn.home) return turn;
  for (const lane of turn.home.lanes.inOrder()) if (lane.calls.yieldsUntil <= now) return turn;
  return pressing;
}

/** Of the first lanes of two orders, which one would be first in both together. */
function isNext(a: Lane, b: Lane): boolean {
  let [one, other]: [Account, Account] = [a.campaign, b.campaign];
  if (one === other) return laneBefore(a, b);
  while (one.parent && other.parent && one.parent !== other.parent) [one, other] = [one.parent, other.parent];
  return isOwedMore(one, other);
}

function* lanesBelow(branch: Branch): Generator<Lane, undefined> {
  for (const child of branch.branches.inOrder()) yield* lanesBelow(child);
  yield* branch.lanes.inOrder();
}
