/** When a refused call would fit, if nobody else asks meanwhile: by the clock alone, or after which open holds end. */
import type { EventData } from '@writ/contracts';
import { MAX_HOLDS_NAMED, MAX_WINDOWS_AHEAD } from './limits.ts';
import { freeOf, heldOf, purseAt } from './purse.ts';
import type { Purse } from './purse.ts';
import type { Terms } from './terms.ts';

export type Fit = Pick<EventData<'budget.refused'>, 'fitsAtMs' | 'afterHolds'>;

/** `purse` as it stands now; `asked` is more than what it has free. */
export function fitOf(purse: Purse, terms: Terms, asked: bigint): Fit {
  if (asked > terms.limit) return {};
  const fitsAtMs = nextFit(purse, terms, asked);
  const afterHolds = holdsInTheWay(purse, purse.used + asked - terms.limit);
  return {
    ...(fitsAtMs === undefined ? {} : { fitsAtMs }),
    ...(afterHolds === undefined ? {} : { afterHolds }),
  };
}

/** The first end of a window, or of a part of a rolling one, at which enough is free although all holds stay open. */
function nextFit(purse: Purse, terms: Terms, asked: bigint): number | undefined {
  let then = purse;
  for (let ahead = 0; ahead < MAX_WINDOWS_AHEAD; ahead++) {
    if (!Number.isFinite(then.until) || then.used === heldOf(then)) return undefined;
    const at = then.until;
    then = purseAt(then, at);
    if (asked <= freeOf(then, terms)) return at;
  }
  return undefined;
}

/** The calls that hold what is missing, oldest first; nothing when not even all of them together would be enough. */
function holdsInTheWay(purse: Purse, missing: bigint): Fit['afterHolds'] {
  if (missing > heldOf(purse)) return undefined;
  const oldest: NonNullable<Fit['afterHolds']>['oldest'] = [];
  let freed = 0n;
  let line = purse.oldest;
  for (; line && freed < missing && oldest.length < MAX_HOLDS_NAMED; line = line.newer) {
    oldest.push(line.invocation);
    freed += line.amount;
  }
  return { amount: missing.toString(), calls: purse.lines, oldest };
}
