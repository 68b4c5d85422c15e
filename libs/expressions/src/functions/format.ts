/** `format` and `strings.quote` of the `strings` extension: `"%s of %d".format([name, count])`. */
import { Fault } from '../fault.ts';
import type { Site } from '../fault.ts';
import { countLength } from '../steps.ts';
import { mapGet, mapKeys } from '../values/cel-map.ts';
import type { AnyMap } from '../values/cel-map.ts';
import { CelType } from '../values/cel-type.ts';
import { aKind, kindOf } from '../values/kind.ts';
import { Quantity } from '../values/quantity.ts';
import { Duration, Timestamp } from '../values/time.ts';
import { Uint } from '../values/uint.ts';
import { formatDouble, formatFixed, formatScientific } from './number-text.ts';
import { noOverload } from './registry.ts';
import type { FunctionSpec } from './registry.ts';
import { formatDuration, formatTimestamp } from './time-text.ts';

const DEFAULT_PRECISION = 6;
const MAX_PRECISION = 60;
const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

export const FORMAT_METHODS: Readonly<Record<string, FunctionSpec>> = {
  format: {
    arity: [2, 2],
    signatures: ['string.format(list): string'],
    call: (site, text, values) => {
      if (typeof text !== 'string' || !Array.isArray(values))
        throw noOverload('format', site, [text, values]);
      return format(text, values, site);
    },
  },
};

export const FORMAT_FUNCTIONS: Readonly<Record<string, FunctionSpec>> = {
  'strings.quote': {
    arity: [1, 1],
    signatures: ['strings.quote(string): string'],
    call: (site, text) => {
      if (typeof text !== 'string') throw noOverload('strings.quote', site, [text]);
      countLength(text.length);
      const signs = Array.from(text.toWellFormed(), (sign) => QUOTED.get(sign) ?? sign);
      return `"${signs.join('')}"`;
    },
  },
};

/** What is escaped in a quoted text. */
const QUOTED: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
]);

function format(text: string, values: readonly unknown[], site: Site): string {
  let next = 0;
  const formatted = text.replace(
    /%(?:(%)|(?:\.(\d{1,3}))?([a-zA-Z]?))/g,
    (_all, percent?: string, digits?: string, clause?: string) => {
      if (percent) return '%';
      if (next >= values.length)
        throw new Fault(`format() has more clauses than values (${values.length})`, site);
      const precision = digits === undefined ? DEFAULT_PRECISION : Number(digits);
      if (precision > MAX_PRECISION)
        throw new Fault(`format() has a precision of at most ${MAX_PRECISION}`, site);
      const piece = clauseText(clause ?? '', values[next++], precision, site);
      countLength(piece.length);
      return piece;
    },
  );
  countLength(text.length);
  return formatted;
}

function clauseText(clause: string, value: unknown, precision: number, site: Site): string {
  const number = value instanceof Uint ? value.value : value;
  const wrong = (takes: string): Fault =>
    new Fault(`format(): %${clause} takes ${takes}, not ${aKind(value)}`, site);
  switch (clause) {
    case 's':
      return plainText(value, site);
    case 'd':
      if (typeof number === 'bigint') return String(number);
      if (typeof number === 'number') return formatDouble(number);
      throw wrong('an integer');
    case 'f':
    case 'e':
      if (typeof number !== 'number' && typeof number !== 'bigint') throw wrong('a number');
      return clause === 'f'
        ? formatFixed(Number(number), precision)
        : formatScientific(Number(number), precision);
    case 'b':
      if (typeof number === 'boolean') return number ? '1' : '0';
      if (typeof number === 'bigint') return number.toString(2);
      throw wrong('an integer or a bool');
    case 'o':
      if (typeof number === 'bigint') return number.toString(8);
      throw wrong('an integer');
    case 'x':
    case 'X': {
      const hex = hexText(number);
      if (hex === undefined) throw wrong('an integer, text or bytes');
      return clause === 'X' ? hex.toUpperCase() : hex;
    }
    default:
      throw new Fault(`format(): "%${clause}" is no clause; there are %s %d %f %e %b %o %x %X`, site);
  }
}

function hexText(value: unknown): string | undefined {
  if (typeof value === 'bigint') return value.toString(16);
  const bytes = typeof value === 'string' ? ENCODER.encode(value) : value;
  if (!(bytes instanceof Uint8Array)) return undefined;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** `%s`: any value; lists and maps with their parts, the keys of a map in order. */
function plainText(value: unknown, site: Site): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return formatDouble(value);
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Uint8Array) return DECODER.decode(value);
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof CelType) return value.name;
  if (value instanceof Quantity) return value.toString();
  if (Array.isArray(value)) return `[${value.map((item) => plainText(item, site)).join(', ')}]`;
  if (kindOf(value) !== 'map') throw new Fault(`format(): %s does not take ${aKind(value)}`, site);
  const entries = mapKeys(value as AnyMap).map((key) => [
    plainText(key, site),
    plainText(mapGet(value as AnyMap, key), site),
  ]);
  entries.sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
  return `{${entries.map(([key, text]) => `${key}: ${text}`).join(', ')}}`;
}
