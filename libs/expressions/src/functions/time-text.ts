/** Timestamps (RFC 3339) and durations (`1h30m`, Go's notation) as text, to the nanosecond. */
import { Fault } from '../fault.ts';
import { Duration, NANOS_PER_SECOND, Timestamp, floorDivide } from '../values/time.ts';

const TIMESTAMP =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** `2024-01-31T12:00:00.5+02:00`. */
export function parseTimestamp(text: string): Timestamp {
  const parts = TIMESTAMP.exec(text);
  if (!parts) throw new Fault(`"${text}" is no RFC 3339 timestamp such as 2024-01-31T12:00:00Z`);
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const real =
    date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  if (!real) throw new Fault(`"${text}" is no date and time that exists`);
  const offset =
    parts[8] === undefined ? 0 : (Number(parts[9]) * 60 + Number(parts[10])) * (parts[8] === '-' ? -60 : 60);
  const seconds = BigInt(date.getTime() / 1_000 - offset);
  return new Timestamp(seconds * NANOS_PER_SECOND + BigInt((parts[7] ?? '').padEnd(9, '0')));
}

export function formatTimestamp(timestamp: Timestamp): string {
  const seconds = floorDivide(timestamp.nanos, NANOS_PER_SECOND);
  const date = new Date(Number(seconds) * 1_000).toISOString().replace(/\.\d+Z$/, '');
  return `${date}${fraction(timestamp.nanos - seconds * NANOS_PER_SECOND)}Z`;
}

const UNIT_NANOS: Readonly<Record<string, bigint>> = {
  h: 3_600_000_000_000n,
  m: 60_000_000_000n,
  s: NANOS_PER_SECOND,
  ms: 1_000_000n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ns: 1n,
};

const DURATION = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:h|ms|m|s|us|µs|μs|ns))+|0)$/;

/** `1h30m`, `-1.5s`. */
export function parseDuration(text: string): Duration {
  const parts = DURATION.exec(text);
  if (!parts || text.length > 100) throw new Fault(`"${text.slice(0, 100)}" is no duration such as 1h30m`);
  let nanos = 0n;
  for (const [, whole = '', decimals = '', unit = ''] of (parts[2] ?? '').matchAll(
    /(\d*)(?:\.(\d*))?([a-zµμ]+)/g,
  )) {
    const unitNanos = UNIT_NANOS[unit] ?? 0n;
    nanos +=
      BigInt(whole || '0') * unitNanos +
      (BigInt(decimals || '0') * unitNanos) / 10n ** BigInt(decimals.length);
  }
  return new Duration(parts[1] === '-' ? -nanos : nanos);
}

/** In seconds: `5400s`, `-1.5s`. */
export function formatDuration(duration: Duration): string {
  const sign = duration.nanos < 0n ? '-' : '';
  const size = duration.nanos < 0n ? -duration.nanos : duration.nanos;
  return `${sign}${size / NANOS_PER_SECOND}${fraction(size % NANOS_PER_SECOND)}s`;
}

/** `.5` for half a second of nanoseconds; nothing for none. */
function fraction(nanos: bigint): string {
  return nanos === 0n ? '' : `.${nanos.toString().padStart(9, '0').replace(/0+$/, '')}`;
}
