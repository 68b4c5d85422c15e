/**
 * A purse: one limit of one account. It keeps sums, never entries: what is settled in the window, what open holds may
 * still use, and what was overdrawn in windows before. Whoever touches a purse lets time pass in it first.
 */
import type { Instant, InvocationId, ToolName } from '@writ/contracts';
import type { Terms } from './terms.ts';
import { bucketLeavesAt, spanAt } from './windows.ts';
import type { Window } from './windows.ts';

/** What a rolling window forgets all at once. */
export interface Bucket {
  readonly leavesAt: Instant;
  spent: bigint;
  overrun: bigint;
}

/** Part of an open hold; also a link in the list of what its purse holds, oldest first. */
export interface HeldLine {
  readonly purse: Purse;
  readonly invocation: InvocationId;
  readonly amount: bigint;
  older: HeldLine | undefined;
  newer: HeldLine | undefined;
}

export interface Purse {
  readonly account: string;
  readonly unit: string;
  /** The tool whose calls alone it limits. */
  readonly tool: ToolName | undefined;
  readonly window: Window;
  /** Absent while the account does not (or no longer) set this limit. Its sums stay. */
  terms: Terms | undefined;
  /** Settled in the window, within what was held. */
  spent: bigint;
  /** Settled in the window beyond what was held. */
  overrun: bigint;
  /** Overdrawn in windows before and not yet repaid: every window repays as much as its soft limit. */
  debt: bigint;
  /** All that counts against the limit: the above and what open holds may still use. Every decision looks at it. */
  used: bigint;
  /** How many of the alerts have been told in this window. */
  passed: number;
  /** Since when `spent` counts: the window's begin, or when the limit was first set. */
  since: Instant;
  /** When time next gives something back; infinite when it does not. */
  until: Instant;
  readonly buckets: Bucket[];
  /** How many lines the list has that begins at `oldest`. */
  lines: number;
  oldest: HeldLine | undefined;
  newest: HeldLine | undefined;
  /** Its number in the snapshot that was last taken. */
  place: number;
  /** Where it says that its sums have changed; absent while nobody wants its balance stated. */
  changed: Set<Purse> | undefined;
}

/** What may still be reserved under the terms; nothing, not less, when the limit was lowered below what is used. */
export function freeOf(purse: Purse, { limit }: Terms): bigint {
  const free = limit - purse.used;
  return free > 0n ? free : 0n;
}

/** What open holds may still use. */
export function heldOf({ used, debt, spent, overrun }: Purse): bigint {
  return used - debt - spent - overrun;
}

/** Lets time pass: closes windows that are over. */
export function rollTo(purse: Purse, now: Instant): void {
  if (now < purse.until) return;
  if (purse.window.kind === 'rolling') dropBuckets(purse, now);
  else if (purse.window.kind === 'calendar') closeWindows(purse, purse.window, now);
}

/** The purse as it will be at `now`, for those who may not change it; itself when nothing happens until then. */
export function purseAt(purse: Purse, now: Instant): Purse {
  if (now < purse.until) return purse;
  const copy = { ...purse, buckets: purse.buckets.map((bucket) => ({ ...bucket })) };
  rollTo(copy, now);
  return copy;
}

/** Settles: what was used within the hold, and what went beyond it. */
export function charge(purse: Purse, spent: bigint, overrun: bigint, now: Instant): void {
  if (spent !== 0n) purse.spent += spent;
  if (overrun !== 0n) purse.overrun += overrun;
  purse.used += overrun === 0n ? spent : spent + overrun;
  purse.changed?.add(purse);
  if (purse.window.kind !== 'rolling' || (spent === 0n && overrun === 0n)) return;
  const leavesAt = bucketLeavesAt(purse.window.lengthMs, now);
  const last = purse.buckets.at(-1);
  if (last?.leavesAt === leavesAt) {
    last.spent += spent;
    last.overrun += overrun;
  } else purse.buckets.push({ leavesAt, spent, overrun });
  purse.until = purse.buckets[0]?.leavesAt ?? Number.POSITIVE_INFINITY;
}

/** Gives back what was charged, of what went beyond holds first; never more than there is. */
export function giveBack(purse: Purse, amount: bigint): void {
  const beyond = amount < purse.overrun ? amount : purse.overrun;
  const within = amount - beyond < purse.spent ? amount - beyond : purse.spent;
  purse.overrun -= beyond;
  purse.spent -= within;
  purse.used -= beyond + within;
  purse.changed?.add(purse);
}

/** Adds a line at the end of the purse's list. */
export function openLine(purse: Purse, invocation: InvocationId, amount: bigint): HeldLine {
  const line: HeldLine = { purse, invocation, amount, older: purse.newest, newer: undefined };
  if (purse.newest) purse.newest.newer = line;
  else purse.oldest = line;
  purse.newest = line;
  purse.used += amount;
  purse.lines++;
  purse.changed?.add(purse);
  return line;
}

/** Takes a line out of its purse's list, wherever it stands. */
export function closeLine(line: HeldLine): void {
  const { purse, older, newer } = line;
  if (older) older.newer = newer;
  else purse.oldest = newer;
  if (newer) newer.older = older;
  else purse.newest = older;
  purse.used -= line.amount;
  purse.lines--;
  purse.changed?.add(purse);
}

/** A share that the use has fallen below is told again when it is next reached. */
function dropBuckets(purse: Purse, now: Instant): void {
  for (let first = purse.buckets[0]; first && first.leavesAt <= now; first = purse.buckets[0]) {
    purse.spent -= first.spent;
    purse.overrun -= first.overrun;
    purse.used -= first.spent + first.overrun;
    purse.buckets.shift();
  }
  purse.until = purse.buckets[0]?.leavesAt ?? Number.POSITIVE_INFINITY;
  const { used } = purse;
  while (purse.passed > 0 && used < (purse.terms?.alerts[purse.passed - 1]?.at ?? used + 1n)) purse.passed--;
}

/** Window by window while there is debt to repay, which is 100 windows at most, and then straight to the present one. */
function closeWindows(
  purse: Purse,
  { per, timeZone }: Extract<Window, { kind: 'calendar' }>,
  now: Instant,
): void {
  while (now >= purse.until) {
    const held = heldOf(purse);
    purse.debt = debtAfter(purse);
    purse.spent = 0n;
    purse.overrun = 0n;
    purse.used = purse.debt + held;
    purse.passed = 0;
    const span = spanAt(per, timeZone, purse.debt > 0n ? purse.until : now);
    purse.since = span.since;
    purse.until = span.until;
  }
}

/** What the next window has to repay: use beyond the soft limit, or beyond the hard one where there is no other. */
export function debtAfter({ terms, debt, spent, overrun }: Purse): bigint {
  if (!terms) return 0n;
  const beyond = debt + spent + overrun - (terms.soft ?? terms.limit);
  if (beyond <= 0n) return 0n;
  return beyond < terms.limit ? beyond : terms.limit;
}
