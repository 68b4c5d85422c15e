/** The parts of timestamps and durations: `getHours()` and its kin, in UTC or in a time zone. */
import { Fault } from '../fault.ts';
import type { Site } from '../fault.ts';
import { Duration, NANOS_PER_SECOND, Timestamp } from '../values/time.ts';
import { noOverload } from './registry.ts';
import type { FunctionSpec } from './registry.ts';

const MS_PER_DAY = 86_400_000;

/** Time zones whose formatter is kept; making one is slow. */
const MAX_ZONES = 64;

type Part = (date: Date) => number;

export const CALENDAR: Readonly<Record<string, FunctionSpec>> = {
  getFullYear: part('getFullYear', (date) => date.getUTCFullYear()),
  getMonth: part('getMonth', (date) => date.getUTCMonth()),
  getDate: part('getDate', (date) => date.getUTCDate()),
  getDayOfMonth: part('getDayOfMonth', (date) => date.getUTCDate() - 1),
  getDayOfWeek: part('getDayOfWeek', (date) => date.getUTCDay()),
  getDayOfYear: part('getDayOfYear', dayOfYear),
  getHours: part(
    'getHours',
    (date) => date.getUTCHours(),
    (nanos) => nanos / (3_600n * NANOS_PER_SECOND),
  ),
  getMinutes: part(
    'getMinutes',
    (date) => date.getUTCMinutes(),
    (nanos) => nanos / (60n * NANOS_PER_SECOND),
  ),
  getSeconds: part(
    'getSeconds',
    (date) => date.getUTCSeconds(),
    (nanos) => nanos / NANOS_PER_SECOND,
  ),
  getMilliseconds: part(
    'getMilliseconds',
    (date) => date.getUTCMilliseconds(),
    (nanos) => (nanos % NANOS_PER_SECOND) / 1_000_000n,
  ),
};

/** A part of a timestamp, and of a duration where it has that. */
function part(name: string, ofDate: Part, ofDuration?: (nanos: bigint) => bigint): FunctionSpec {
  return {
    arity: [1, 2],
    call: (site, value, zone) => {
      if (value instanceof Timestamp && zone === undefined) return BigInt(ofDate(value.date));
      if (value instanceof Timestamp && typeof zone === 'string')
        return BigInt(ofDate(inZone(value.date, zone, site)));
      if (value instanceof Duration && ofDuration && zone === undefined) return ofDuration(value.nanos);
      throw noOverload(name, site, zone === undefined ? [value] : [value, zone]);
    },
  };
}

function dayOfYear(date: Date): number {
  const start = new Date(0);
  start.setUTCFullYear(date.getUTCFullYear(), 0, 1);
  return Math.floor((date.getTime() - start.getTime()) / MS_PER_DAY);
}

/** The date whose UTC parts are the local ones of a zone: `+02:00`, `-08:00`, `Europe/Berlin`. */
function inZone(date: Date, zone: string, site: Site): Date {
  const fixed = /^([+-]?)(\d\d):(\d\d)$/.exec(zone);
  if (fixed) {
    const minutes = (Number(fixed[2]) * 60 + Number(fixed[3])) * (fixed[1] === '-' ? -1 : 1);
    return new Date(date.getTime() + minutes * 60_000);
  }
  const parts = new Map(
    formatter(zone, site)
      .formatToParts(date)
      .map(({ type, value }) => [type, value]),
  );
  const number = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type));
  const year = parts.get('era') === 'BC' ? 1 - number('year') : number('year');
  const local = new Date(0);
  local.setUTCFullYear(year, number('month') - 1, number('day'));
  local.setUTCHours(number('hour'), number('minute'), number('second'), date.getUTCMilliseconds());
  return local;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(timeZone: string, site: Site): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known) return known;
  try {
    const numeric = 'numeric';
    const made = new Intl.DateTimeFormat('en-US-u-ca-gregory', {
      timeZone,
      hourCycle: 'h23',
      era: 'short',
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    });
    if (formatters.size >= MAX_ZONES) formatters.clear();
    formatters.set(timeZone, made);
    return made;
  } catch {
    throw new Fault(`"${timeZone}" is no time zone`, site);
  }
}
