/** CEL's timestamp and duration, to the nanosecond, with the ranges that the specification gives them. */
import { Fault } from '../fault.ts';

export const NANOS_PER_SECOND = 1_000_000_000n;
const NANOS_PER_MILLI = 1_000_000n;

/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999999Z. */
const MIN_TIMESTAMP = -62_135_596_800n * NANOS_PER_SECOND;
const MAX_TIMESTAMP = 253_402_300_800n * NANOS_PER_SECOND - 1n;

/** About 292 years: what 64 bits of nanoseconds hold. */
const MAX_DURATION = 2n ** 63n - 1n;

export class Timestamp {
  /** Nanoseconds since the Unix epoch. */
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    if (nanos < MIN_TIMESTAMP || nanos > MAX_TIMESTAMP)
      throw new Fault('the timestamp is out of range (years 1 to 9999)');
    this.nanos = nanos;
  }

  /** To the millisecond, rounded down: all that the calendar functions need. */
  get date(): Date {
    return new Date(Number(floorDivide(this.nanos, NANOS_PER_MILLI)));
  }
}

export class Duration {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    if (nanos < -MAX_DURATION || nanos > MAX_DURATION)
      throw new Fault('the duration is out of range (292 years)');
    this.nanos = nanos;
  }
}

/** Division towards minus infinity. */
export function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
}
