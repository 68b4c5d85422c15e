/** Text: the functions of the CEL standard and of its `strings` extension. Positions are code points. */
import { Fault } from '../fault.ts';
import type { Site } from '../fault.ts';
import { countLength } from '../steps.ts';
import { codePoints, pointsBefore, unitsBefore } from './code-points.ts';
import { noOverload } from './registry.ts';
import type { Callable, FunctionSpec } from './registry.ts';

type Text = string;

export const TEXT: Readonly<Record<string, FunctionSpec>> = {
  contains: method('contains', 1, 1, ['string'], (text, part) => text.includes(part as Text)),
  startsWith: method('startsWith', 1, 1, ['string'], (text, part) => text.startsWith(part as Text)),
  endsWith: method('endsWith', 1, 1, ['string'], (text, part) => text.endsWith(part as Text)),
  lowerAscii: method('lowerAscii', 0, 0, [], (text) =>
    text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()),
  ),
  upperAscii: method('upperAscii', 0, 0, [], (text) =>
    text.replace(/[a-z]+/g, (letters) => letters.toUpperCase()),
  ),
  trim: method('trim', 0, 0, [], trim),
  reverse: method('reverse', 0, 0, [], (text) => Array.from(text).toReversed().join(''), [
    'string.reverse(): string',
  ]),
  charAt: method('charAt', 1, 1, ['bigint'], (text, at, _, site) => charAt(text, at as bigint, site), [
    'string.charAt(int): string',
  ]),
  indexOf: method('indexOf', 1, 2, ['string', 'bigint'], (text, part, from, site) => {
    const start = position(text, from === undefined ? 0n : (from as bigint), site);
    return BigInt(pointsBefore(text, text.indexOf(part as Text, start)));
  }),
  lastIndexOf: method('lastIndexOf', 1, 2, ['string', 'bigint'], (text, part, from, site) => {
    const start = from === undefined ? text.length : position(text, from as bigint, site);
    return BigInt(pointsBefore(text, text.lastIndexOf(part as Text, start)));
  }),
  substring: method('substring', 1, 2, ['bigint', 'bigint'], (text, from, to, site) => {
    const start = position(text, from as bigint, site);
    const end = to === undefined ? text.length : position(text, to as bigint, site);
    if (start > end)
      throw new Fault(`substring() from ${start} to ${end} has its end before its start`, site);
    return text.slice(start, end);
  }),
  split: method('split', 1, 2, ['string', 'bigint'], (text, separator, limit) =>
    split(text, separator as Text, limit === undefined ? -1 : Number(limit)),
  ),
  replace: {
    arity: [3, 4],
    signatures: ['string.replace(string, string): string', 'string.replace(string, string, int): string'],
    call: (site, text, part, other, limit = -1n) => {
      if (
        typeof text !== 'string' ||
        typeof part !== 'string' ||
        typeof other !== 'string' ||
        typeof limit !== 'bigint'
      ) {
        throw noOverload('replace', site, [text, part, other, limit]);
      }
      return replace(text, part, other, Number(limit));
    },
  },
  join: { arity: [1, 2], call: join },
};

type Implementation = (text: Text, first: unknown, second: unknown, site: Site) => unknown;

/** A method of text whose further arguments have these JavaScript types. */
function method(
  name: string,
  least: number,
  most: number,
  types: readonly string[],
  run: Implementation,
  signatures: readonly string[] = [],
): FunctionSpec {
  const call: Callable = (site, text, first, second) => {
    const firstWrong = first === undefined ? least > 0 : typeof first !== types[0];
    const secondWrong = second !== undefined && typeof second !== types[1];
    if (typeof text !== 'string' || firstWrong || secondWrong) {
      throw noOverload(
        name,
        site,
        [text, first, second].filter((value) => value !== undefined),
      );
    }
    countLength(text.length);
    return run(text, first, second, site);
  };
  return { arity: [least + 1, most + 1], call, signatures };
}

const WHITE_SPACE = /^\p{White_Space}$/u;

/** Unicode's white space, which is not what JavaScript trims (U+FEFF is none). */
function trim(text: Text): Text {
  let start = 0;
  let end = text.length;
  while (start < end && WHITE_SPACE.test(text[start] as string)) start++;
  while (end > start && WHITE_SPACE.test(text[end - 1] as string)) end--;
  return text.slice(start, end);
}

function charAt(text: Text, at: bigint, site: Site): Text {
  const start = position(text, at, site);
  const code = text.codePointAt(start);
  return code === undefined ? '' : String.fromCodePoint(code);
}

/** The UTF-16 position of a code point that is inside of the text or right behind it. */
function position(text: Text, point: bigint, site: Site): number {
  if (point >= 0n && point <= BigInt(codePoints(text))) return unitsBefore(text, Number(point));
  throw new Fault(`position ${point} is outside of the text, which has ${codePoints(text)} characters`, site);
}

function split(text: Text, separator: Text, limit: number): Text[] {
  if (limit === 0) return [];
  const parts = separator === '' ? Array.from(text) : text.split(separator);
  countLength(parts.length);
  if (limit < 0 || parts.length <= limit) return parts;
  return [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)];
}

function replace(text: Text, part: Text, other: Text, limit: number): Text {
  // Between any two characters there is one empty text, and one at each end.
  const parts = part === '' ? ['', ...Array.from(text), ''] : text.split(part);
  const times = limit < 0 ? parts.length - 1 : Math.min(limit, parts.length - 1);
  countLength(text.length + times * other.length);
  return (
    parts.slice(0, times + 1).join(other) +
    parts
      .slice(times + 1)
      .map((rest) => part + rest)
      .join('')
  );
}

function join(site: Site, list: unknown, separator: unknown = ''): Text {
  if (!Array.isArray(list) || typeof separator !== 'string')
    throw noOverload('join', site, [list, separator]);
  const texts: unknown[] = list;
  let length = 0;
  for (const text of texts) {
    if (typeof text !== 'string') throw new Fault('join() takes a list of texts', site);
    length += text.length + separator.length;
  }
  countLength(length);
  return texts.join(separator);
}
