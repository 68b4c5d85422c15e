/** How records' numbers are written in a report: times as RFC 3339, amounts as exact decimal text in whole units. */
import { formatMicros } from '@writ/contracts';
import type { Amounts, Instant } from '@writ/contracts';

/** The furthest instants that a `Date` can hold, in milliseconds from the epoch. */
const FURTHEST_INSTANT_MS = 8.64e15;

/** RFC 3339; null for what has not happened, and for a foreign clock's number that is no date. */
export function timeText(instant: Instant | undefined): string | null {
  if (instant === undefined) return null;
  return Math.abs(instant) <= FURTHEST_INSTANT_MS ? new Date(instant).toISOString() : null;
}

/** The time of a ledger fact: the server's own stamp, which is always a date. */
export function ledgerTime(instant: Instant): string {
  return new Date(instant).toISOString();
}

/** Milliseconds from one instant to another, never below zero; null while one of them has not happened. */
export function spanMs(from: Instant | undefined, to: Instant | undefined): number | null {
  if (from === undefined || to === undefined) return null;
  return Math.min(Math.max(to - from, 0), Number.MAX_SAFE_INTEGER);
}

/** Each amount in whole units. */
export function amountsText(amounts: Amounts): Record<string, string> {
  return Object.fromEntries(
    Object.entries(amounts).map(([unit, micros]) => [unit, formatMicros(BigInt(micros))]),
  );
}
