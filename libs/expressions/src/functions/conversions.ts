/** Conversions between kinds: `int()`, `double()`, `string()` and so on, with CEL's ranges and spellings. */
import type { Site } from '../fault.ts';
import { Fault } from '../fault.ts';
import { countLength } from '../steps.ts';
import { CelType, typeOfKind } from '../values/cel-type.ts';
import { kindOf } from '../values/kind.ts';
import { Quantity } from '../values/quantity.ts';
import { Duration, NANOS_PER_SECOND, Timestamp, floorDivide } from '../values/time.ts';
import { Uint, int } from '../values/uint.ts';
import { formatDouble } from './number-text.ts';
import { noOverload } from './registry.ts';
import type { FunctionSpec } from './registry.ts';
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp } from './time-text.ts';

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const TIMESTAMP = 'google.protobuf.Timestamp';
const DURATION = 'google.protobuf.Duration';
export const CONVERSIONS: Readonly<Record<string, FunctionSpec>> = {
  bool: one(toBool),
  int: one(toInt, [`int(${TIMESTAMP}): int`, `int(${DURATION}): int`]),
  uint: one(toUint),
  double: one(toDouble),
  string: one(toText, [`string(${TIMESTAMP}): string`, `string(${DURATION}): string`]),
  bytes: one(toBytes),
  timestamp: one(toTimestamp, [`timestamp(${TIMESTAMP}): ${TIMESTAMP}`]),
  duration: one(toDuration, [`duration(${DURATION}): ${DURATION}`, `duration(int): ${DURATION}`]),
  dyn: one((value) => value),
  type: one(
    (value) =>
      value instanceof Quantity ? new CelType(`quantity of ${value.dimension}`) : typeOfKind(kindOf(value)),
    ['type(optional): type'],
  ),
};

/** A function of one argument. */
function one(
  convert: (value: unknown, site: Site) => unknown,
  signatures: readonly string[] = [],
): FunctionSpec {
  return { arity: [1, 1], call: (site, value) => convert(value, site), signatures };
}

const TRUE: ReadonlySet<string> = new Set(['true', 'TRUE', 'True', 't', '1']);
const FALSE: ReadonlySet<string> = new Set(['false', 'FALSE', 'False', 'f', '0']);

function toBool(value: unknown, site: Site): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') throw noOverload('bool', site, [value]);
  if (TRUE.has(value)) return true;
  if (FALSE.has(value)) return false;
  throw new Fault(`"${value}" is neither true nor false`, site);
}

function toInt(value: unknown, site: Site): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') {
    // At the ends of the range a double stands for many integers, some of them outside.
    if (Math.abs(value) < 2 ** 63) return BigInt(Math.trunc(value));
    throw new Fault(`${value} is out of the range of int`, site);
  }
  if (typeof value === 'string') {
    if (!/^[+-]?\d{1,20}$/.test(value)) throw new Fault(`"${value}" is no int`, site);
    return int(BigInt(value.replace('+', '')));
  }
  if (value instanceof Uint) return int(value.value);
  if (value instanceof Timestamp) return floorDivide(value.nanos, NANOS_PER_SECOND);
  if (value instanceof Duration) return value.nanos / NANOS_PER_SECOND;
  throw noOverload('int', site, [value]);
}

function toUint(value: unknown, site: Site): Uint {
  if (value instanceof Uint) return value;
  if (typeof value === 'bigint') return new Uint(value);
  if (typeof value === 'number') {
    if (value >= 0 && value < 2 ** 64) return new Uint(BigInt(Math.trunc(value)));
    throw new Fault(`${value} is out of the range of uint`, site);
  }
  if (typeof value !== 'string') throw noOverload('uint', site, [value]);
  if (!/^\d{1,20}$/.test(value)) throw new Fault(`"${value}" is no uint`, site);
  return new Uint(BigInt(value));
}

function toDouble(value: unknown, site: Site): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint) return Number(value.value);
  if (typeof value !== 'string') throw noOverload('double', site, [value]);
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(value);
  if (special) {
    const size = /nan/i.test(special[2] ?? '') ? Number.NaN : Number.POSITIVE_INFINITY;
    return special[1] === '-' ? -size : size;
  }
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value)) return Number(value);
  throw new Fault(`"${value}" is no double`, site);
}

function toText(value: unknown, site: Site): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return formatDouble(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof Quantity) return value.toString();
  if (!(value instanceof Uint8Array)) throw noOverload('string', site, [value]);
  countLength(value.length);
  try {
    return DECODER.decode(value);
  } catch {
    throw new Fault('the bytes are no UTF-8', site);
  }
}

function toBytes(value: unknown, site: Site): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value !== 'string') throw noOverload('bytes', site, [value]);
  countLength(value.length);
  return ENCODER.encode(value);
}

function toTimestamp(value: unknown, site: Site): Timestamp {
  if (value instanceof Timestamp) return value;
  if (typeof value === 'bigint') return new Timestamp(value * NANOS_PER_SECOND);
  if (typeof value === 'string') return parseTimestamp(value);
  throw noOverload('timestamp', site, [value]);
}

function toDuration(value: unknown, site: Site): Duration {
  if (value instanceof Duration) return value;
  if (typeof value === 'bigint') return new Duration(value * NANOS_PER_SECOND);
  if (typeof value === 'string') return parseDuration(value);
  throw noOverload('duration', site, [value]);
}
