/** Words are the same whichever way a text is cut: plain ASCII by its codes, everything else by Unicode's classes. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_WORDS, MAX_WORD_LENGTH } from './limits.ts';
import { wordsOf } from './words.ts';

/** Neighbours of letters and digits in ASCII, and what only looks like them. */
const characters = fc.constantFrom(
  ...Array.from('aZ09@[`{/: -_\u0000\u007f'),
  'é',
  'ß',
  'İ',
  '٣',
  '²',
  '中',
  '\ud800',
  '😀',
);

function cutAsUnicode(text: string): readonly string[] {
  const parts = text.slice(0, MAX_WORDS * MAX_WORD_LENGTH).split(/[^\p{L}\p{N}]+/u);
  const words = parts
    .filter(({ length }) => length >= 2)
    .map((part) => part.toLowerCase().slice(0, MAX_WORD_LENGTH).toWellFormed());
  return [...new Set(words)].slice(0, MAX_WORDS);
}

describe('a text that is searched', () => {
  it('of any characters: has the words between what is neither letter nor digit', () =>
    fc.assert(
      fc.property(fc.array(characters, { maxLength: 60 }), fc.integer({ min: 1, max: 40 }), (some, times) => {
        const text = some.join('').repeat(times);
        expect(wordsOf(text)).toEqual(cutAsUnicode(text));
      }),
      { numRuns: 2_000 },
    ));

  it('of ASCII alone: the same', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 200 }), (text) => {
        expect(wordsOf(text)).toEqual(cutAsUnicode(text));
      }),
      { numRuns: 2_000 },
    ));
});
