/** Sets of code points: what one step of a regular expression accepts. */

export interface CharSet {
  /** Inclusive ranges of code points. */
  readonly ranges: readonly (readonly [number, number])[];
  /** Whole classes of Unicode (`\p{Greek}`), as expressions over one character. */
  readonly classes: readonly RegExp[];
  readonly negated: boolean;
}

export const ANY: CharSet = { ranges: [[0, 0x10ffff]], classes: [], negated: false };
export const ANY_BUT_NEWLINE: CharSet = { ranges: [[10, 10]], classes: [], negated: true };

const DIGITS: CharSet['ranges'] = [[48, 57]];
const WORD: CharSet['ranges'] = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];
const SPACE: CharSet['ranges'] = [
  [9, 10],
  [12, 13],
  [32, 32],
];

/** `\d`, `\w`, `\s`; these are ASCII in RE2. */
export const PERL_CLASSES: Readonly<Record<string, CharSet['ranges']>> = { d: DIGITS, w: WORD, s: SPACE };

/** `[[:alpha:]]` and its kin. */
export const POSIX_CLASSES: Readonly<Record<string, CharSet['ranges']>> = {
  alnum: [
    [48, 57],
    [65, 90],
    [97, 122],
  ],
  alpha: [
    [65, 90],
    [97, 122],
  ],
  ascii: [[0, 127]],
  blank: [
    [9, 9],
    [32, 32],
  ],
  cntrl: [
    [0, 31],
    [127, 127],
  ],
  digit: DIGITS,
  graph: [[33, 126]],
  lower: [[97, 122]],
  print: [[32, 126]],
  punct: [
    [33, 47],
    [58, 64],
    [91, 96],
    [123, 126],
  ],
  space: [
    [9, 13],
    [32, 32],
  ],
  upper: [[65, 90]],
  word: WORD,
  xdigit: [
    [48, 57],
    [65, 70],
    [97, 102],
  ],
};

/** Whether a set accepts a code point. */
export function accepts(set: CharSet, code: number): boolean {
  for (const [low, high] of set.ranges) if (code >= low && code <= high) return !set.negated;
  if (set.classes.length === 0) return set.negated;
  const character = String.fromCodePoint(code);
  return set.classes.some((one) => one.test(character)) !== set.negated;
}

/** Everything outside of some ranges. */
export function complement(ranges: CharSet['ranges']): [number, number][] {
  const sorted = ranges.toSorted((a, b) => a[0] - b[0]);
  const outside: [number, number][] = [];
  let next = 0;
  for (const [low, high] of sorted) {
    if (low > next) outside.push([next, low - 1]);
    next = Math.max(next, high + 1);
  }
  if (next <= 0x10ffff) outside.push([next, 0x10ffff]);
  return outside;
}

/** Widest range whose letters are folded one by one; a wider one holds both cases of nearly all anyway. */
const WIDEST_FOLDED = 0x3000;

/** The same ranges with both cases of every letter. */
export function foldCase(ranges: CharSet['ranges']): [number, number][] {
  const folded: [number, number][] = ranges.map(([low, high]) => [low, high]);
  for (const [low, high] of ranges) {
    if (high - low > WIDEST_FOLDED) continue;
    for (let code = low; code <= high; code++) {
      const character = String.fromCodePoint(code);
      for (const other of [character.toLowerCase(), character.toUpperCase()]) {
        const otherCode = other.codePointAt(0) as number;
        if (otherCode !== code && other.length === (otherCode > 0xffff ? 2 : 1))
          folded.push([otherCode, otherCode]);
      }
    }
  }
  return folded;
}
