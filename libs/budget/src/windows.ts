/**
 * Windows: when what was spent stops counting. Calendar windows end by the wall clock of their time zone, so a day may
 * have 23 or 25 hours and a month 28 to 31 days; a rolling window is a row of short buckets, of which the oldest leaves
 * when all of it is older than the window.
 */
import { CalendarWindow, windowName } from '@writ/contracts';
import type { BudgetLimit, Instant } from '@writ/contracts';
import { Temporal } from 'temporal-polyfill';
import { ROLLING_BUCKETS } from './limits.ts';

export type Window =
  | { readonly kind: 'allocation' }
  | { readonly kind: 'rolling'; readonly lengthMs: number }
  | { readonly kind: 'calendar'; readonly per: CalendarWindow; readonly timeZone: string };

/** From when on, and until just before when. */
export interface Span {
  readonly since: Instant;
  readonly until: Instant;
}

const ALLOCATION: Window = { kind: 'allocation' };
const HOUR_MS = 3_600_000;

export function windowOf({ per, timeZone = 'UTC', rollingMinutes }: BudgetLimit): Window {
  if (rollingMinutes !== undefined) return { kind: 'rolling', lengthMs: rollingMinutes * 60_000 };
  return per === undefined ? ALLOCATION : { kind: 'calendar', per, timeZone };
}

/** The name that facts and people use. */
export function nameOf(window: Window): string {
  switch (window.kind) {
    case 'allocation':
      return '';
    case 'rolling':
      return windowName({ hard: 0, rollingMinutes: window.lengthMs / 60_000 });
    case 'calendar':
      return windowName({ hard: 0, per: window.per, timeZone: window.timeZone });
  }
}

/** The bucket into which what is spent now goes, told by when it leaves: never less than the window from now. */
export function bucketLeavesAt(lengthMs: number, now: Instant): Instant {
  const bucketMs = lengthMs / ROLLING_BUCKETS;
  return (Math.floor(now / bucketMs) + 1) * bucketMs + lengthMs;
}

/** Computing a span takes many times longer than a decision, and thousands of accounts share a window: the last is kept. */
const latest = new Map<string, Span>();

/** The calendar window in which `at` lies. */
export function spanAt(per: CalendarWindow, timeZone: string, at: Instant): Span {
  const name = `${per} ${timeZone}`;
  let span = latest.get(name);
  if (!span || at < span.since || at >= span.until) latest.set(name, (span = computeSpan(per, timeZone, at)));
  return span;
}

function computeSpan(per: CalendarWindow, timeZone: string, at: Instant): Span {
  const local = Temporal.Instant.fromEpochMilliseconds(Math.floor(at)).toZonedDateTimeISO(timeZone);
  switch (per) {
    case CalendarWindow.hour:
      return hourOf(local);
    case CalendarWindow.day:
      return between(local.startOfDay(), local.add({ days: 1 }).startOfDay());
    case CalendarWindow.month: {
      const first = local.with({ day: 1 });
      return between(first.startOfDay(), first.add({ months: 1 }).startOfDay());
    }
  }
}

/**
 * Hours are counted in elapsed time, so the hour that a clock shows twice is two windows. One in which the clock is
 * changed ends there: the span must not depend on which of its instants was asked for.
 */
function hourOf(local: Temporal.ZonedDateTime): Span {
  const at = local.epochMilliseconds;
  const intoHour = (at + local.offsetNanoseconds / 1e6) % HOUR_MS;
  const since = at - ((intoHour + HOUR_MS) % HOUR_MS);
  const changed =
    local.add({ milliseconds: 1 }).getTimeZoneTransition('previous')?.epochMilliseconds ?? since;
  const changes = local.getTimeZoneTransition('next')?.epochMilliseconds ?? at + HOUR_MS;
  return { since: Math.max(since, changed), until: Math.min(since + HOUR_MS, changes) };
}

function between(since: Temporal.ZonedDateTime, until: Temporal.ZonedDateTime): Span {
  return { since: since.epochMilliseconds, until: until.epochMilliseconds };
}
