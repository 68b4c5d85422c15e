import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fault } from '../../fault.ts';
import { startSteps } from '../../steps.ts';
import { compilePattern, matchesAnywhere } from './program.ts';

function matches(pattern: string, text: string): boolean {
  startSteps();
  return matchesAnywhere(compilePattern(pattern), text);
}

describe('a pattern', () => {
  it.each([
    ['a.c', 'xabcx', true],
    ['a.c', 'a\nc', false],
    ['(?s)a.c', 'a\nc', true],
    ['^ab$', 'ab', true],
    ['^ab$', 'xab', false],
    ['(?m)^b$', 'a\nb\nc', true],
    ['(?i)HeLLo', 'say hello', true],
    ['(?i:a)b', 'AB', false],
    ['(?P<year>\\d{4})-(?<month>\\d\\d)', 'on 2024-05', true],
    ['\\bcat\\b', 'a cat!', true],
    ['\\bcat\\b', 'concat', false],
    ['[[:alpha:]]+\\d', '..ab1', true],
    ['[^a-c]', 'abc', false],
    ['[\\]\\-a]', '-', true],
    ['\\pL\\p{Greek}', 'xα', true],
    ['\\P{Greek}', 'α', false],
    ['\\Qa.b\\E', 'a.b', true],
    ['\\Qa.b\\E', 'axb', false],
    ['x{2,3}y', 'xxy', true],
    ['x{2,3}y', 'xy', false],
    ['x{,3}', 'x{,3}', true],
    ['(a|b)*c', 'ababc', true],
    ['', '', true],
    ['\\x41\\x{1F600}', 'A😀', true],
    ['^.$', '😀', true],
    ['colou?r|gr[ae]y', 'grey', true],
  ])('%s in %j: %s', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  it.each([
    '(',
    'a)',
    '[a',
    'a**',
    '*',
    '(?=a)',
    '(?<!a)b',
    '\\1',
    'a{1001}',
    '(a{1000}){1000}',
    'a{2,1}',
    '\\',
    '\\p{Foo}',
  ])('%s: refused', (pattern) => {
    expect(() => compilePattern(pattern)).toThrow(Fault);
  });
});

/** Patterns on which RE2 and JavaScript agree. */
const pattern = fc.letrec<{ any: string; one: string }>((tie) => ({
  one: fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '\\w', '^', '$', '\\b', '1'),
  any: fc.oneof(
    { maxDepth: 4 },
    tie('one'),
    fc.tuple(tie('any'), tie('any')).map(([a, b]) => a + b),
    fc.tuple(tie('any'), tie('any')).map(([a, b]) => `(${a}|${b})`),
    tie('any').map((part) => `(${part})*`),
    tie('any').map((part) => `(${part})?`),
    tie('any').map((part) => `(${part}){1,3}`),
  ),
})).any;

describe('any pattern over any text', () => {
  it('matches as JavaScript matches', () => {
    fc.assert(
      fc.property(
        pattern,
        fc.string({ unit: fc.constantFrom('a', 'b', '1', ' '), maxLength: 8 }),
        (source, text) => {
          expect(matches(source, text)).toBe(new RegExp(source, 'u').test(text));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it.each(['(a+)+$', '(a|a)*b', '(a*)*c', '(.*)(.*)(.*)(.*)x$'])(
    '%s: linear where others never end',
    (source) => {
      expect(matches(source, `${'a'.repeat(30_000)}!`)).toBe(false);
    },
  );
});
