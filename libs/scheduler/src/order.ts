/** Reading the order of a pool (`queue.ts`): which lane is next, and which come after it. */
import { isOwedMore } from './accounts.ts';
import type { Account } from './accounts.ts';
import { laneBefore } from './queue.ts';
import type { Branch, Lane, Pool } from './queue.ts';

/** The lane whose first call is next: of the most urgent band that has any, or overdue, whichever is owed more. */
export function firstLane({ bands, late }: Pool): Lane | undefined {
  const overdue = late && firstBelow(late);
  for (const band of bands) {
    const urgent = firstBelow(band);
    if (urgent) return overdue && isNext(overdue, urgent) ? overdue : urgent;
  }
  return overdue;
}

/** All open lanes: the first one, overdue ones, then band by band, as it is before any of them gets a grant. */
export function* lanesInOrder(pool: Pool): Generator<Lane, undefined> {
  const first = firstLane(pool);
  if (first) yield first;
  for (const root of pool.late ? [pool.late, ...pool.bands] : pool.bands)
    for (const lane of lanesBelow(root)) if (lane !== first) yield lane;
}

function firstBelow(root: Branch): Lane | undefined {
  let branch = root;
  for (let next = branch.branches.peek(); next; next = branch.branches.peek()) branch = next;
  return branch.lanes.peek();
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
