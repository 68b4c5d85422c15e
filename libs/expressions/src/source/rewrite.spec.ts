import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rewrite } from './rewrite.ts';
import { TokenKind, tokens } from './tokens.ts';

describe('a rewrite', () => {
  it.each([
    ['a AND b OR NOT c', 'a && b || !( c)'],
    ['NOT a == b AND c', '!( a == b) && c'],
    ['(NOT a) AND [NOT b, c]', '(!( a)) && [!( b), c]'],
    ['NOT a ? NOT b : c', '!( a) ? !( b) : c'],
    ['NOT a // NOT b', '!( a) // NOT b'],
    ['x.AND', 'x.AND'],
    ['5 GB-x', '__bytes(5,"GB")-x'],
    ['1000 node-hours', '__node_hours(1000,"node-hours")'],
    ['30min', '__time(30,"min")'],
    ['90 %', '__percent(90)'],
    ['90 % AND', '__percent(90) &&'],
    ['90 % 4', '90 % 4'],
    ['90 % -4', '90 % -4'],
    ['5u', '5u'],
    ['0xFF', '0xFF'],
    ['1 in x', '1 in x'],
    ['.5 + x', '0.5 + x'],
    ['[?a, b, ?c]', '[__optional(a), b, __optional(c)]'],
    ['{?a: b, c ? d : e: f}', '{__optional(a): b, c ? d : e: f}'],
    ['a[?0].?b', 'a[?0].?b'],
    ['.x.y', '__root_x.y'],
    ['a.`b-c`', 'a.__quoted_0062002d0063'],
    ["r'\\d'", '"\\u005cd"'],
    ["b'ÿ'", "b'\\xc3\\xbf'"],
    ['has(a.b) && has', '__has(a.b) && has'],
  ])('of %s', (source, expected) => {
    expect(rewrite(source).text).toBe(expected);
  });
});

/** Sources that cannot be slips: operators, words, units, brackets, strings and comments in any order. */
const SIGNS = ['(', ')', '[', ']', '{', '}', ',', ':', '?', '==', '>', '+', '%', '.', '.?', 'é'];
const WORDS = ['AND', 'OR', 'NOT', '5 GB', '30 min', '90 %', '1000 node-hours', 'tool.cost', 'x'];
const TEXTS = ["'5 GB AND'", '"NOT \\" x"', "'''AND\n5 USD'''", '// AND 5 foo\n'];
const piece = fc.constantFrom(...SIGNS, ...WORDS, ...TEXTS);
const source = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(' '));

describe('any source', () => {
  it('is its tokens put together', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        (text) =>
          tokens(text)
            .map((token) => token.text)
            .join('') === text,
      ),
    );
  });

  it('keeps a comment before an optional entry', () =>
    expect(rewrite('[ // c\n ?x]').text).toBe('[ // c\n __optional(x)]'));

  it('keeps its strings and comments as they are, in their order', () => {
    fc.assert(
      fc.property(source, (text) => {
        const kept = (of: string): string[] =>
          tokens(of).flatMap(({ kind, text: token }) =>
            kind === TokenKind.text || (kind === TokenKind.space && token.includes('//'))
              ? [token.trim()]
              : [],
          );
        const units = /^"(GB|min|node-hours)"$/;
        expect(kept(rewrite(text).text).filter((literal) => !units.test(literal))).toEqual(kept(text));
      }),
      { numRuns: 500 },
    );
  });

  it('is found again from any place of its rewritten text', () => {
    fc.assert(
      fc.property(source, fc.nat(400), fc.nat(20), (text, start, length) => {
        const rewritten = rewrite(text);
        const span = rewritten.toSource(
          Math.min(start, rewritten.text.length),
          Math.min(start + length, rewritten.text.length),
        );
        expect(span.offset).toBeGreaterThanOrEqual(0);
        expect(span.length).toBeGreaterThanOrEqual(0);
        expect(span.offset + span.length).toBeLessThanOrEqual(text.length);
      }),
      { numRuns: 500 },
    );
  });

  it('of plain names maps every name to itself', () => {
    fc.assert(
      fc.property(source, (text) => {
        const rewritten = rewrite(text);
        for (const { 0: name, index } of rewritten.text.matchAll(/\btool\.cost\b/g)) {
          const { offset, length } = rewritten.toSource(index, index + name.length);
          expect(text.slice(offset, offset + length)).toBe(name);
        }
      }),
    );
  });
});
