import { Environment as LibraryEnvironment } from '@marcbachmann/cel-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateCel } from '../cel.ts';

const FAILED = Symbol('failed');

function valueOrFailure(run: () => unknown): unknown {
  try {
    return run();
  } catch {
    return FAILED;
  }
}

/** Expressions that the library evaluates too: whole numbers, text, lists and maps, without our additions. */
const shared = fc.letrec<{ condition: string; number: string; text: string; list: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom('true', 'false', 'flag'),
    fc
      .tuple(tie('condition'), fc.constantFrom('&&', '||'), tie('condition'))
      .map((parts) => `(${parts.join(' ')})`),
    tie('condition').map((part) => `!${part}`),
    fc
      .tuple(tie('number'), fc.constantFrom('==', '!=', '<', '<=', '>', '>='), tie('number'))
      .map((parts) => `(${parts.join(' ')})`),
    fc
      .tuple(tie('text'), fc.constantFrom('==', '!=', '<', '>='), tie('text'))
      .map((parts) => `(${parts.join(' ')})`),
    fc
      .tuple(tie('list'), fc.constantFrom('all', 'exists', 'exists_one'), tie('condition'))
      .map(([a, macro, b]) => `${a}.${macro}(x, ${b})`),
    fc.tuple(tie('number'), tie('list')).map(([a, b]) => `(${a} in ${b})`),
    fc.tuple(tie('text'), tie('text')).map(([a, b]) => `${a}.contains(${b})`),
    fc.tuple(tie('condition'), tie('condition'), tie('condition')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
  ),
  number: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('0', '1', '-7', '9223372036854775807', 'count', 'size([1, 2])'),
    fc
      .tuple(tie('number'), fc.constantFrom('+', '-', '*', '/', '%'), tie('number'))
      .map((parts) => `(${parts.join(' ')})`),
    tie('text').map((text) => `size(${text})`),
  ),
  text: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom('"a"', '"é😀"', 'word', '""'),
    fc.tuple(tie('text'), tie('text')).map(([a, b]) => `(${a} + ${b})`),
  ),
  list: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom('[1, 2, 3]', 'numbers'),
    fc.array(tie('number'), { minLength: 1, maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    fc.tuple(tie('list'), tie('condition')).map(([a, b]) => `${a}.filter(x, ${b})`),
    fc.tuple(tie('list'), tie('number')).map(([a, b]) => `${a}.map(x, ${b})`),
  ),
})).condition;

describe('any plain expression', () => {
  const library = new LibraryEnvironment()
    .registerVariable('flag', 'bool')
    .registerVariable('count', 'int')
    .registerVariable('word', 'string')
    .registerVariable('numbers', 'list<int>');
  const values = { flag: true, count: 4n, word: 'cat', numbers: [1n, 4n, 9n] };
  const variables = new Map<string, unknown>(Object.entries(values));

  it('has the value that the library gives it, and fails where it fails', () => {
    fc.assert(
      fc.property(shared, (source) => {
        const theirs = valueOrFailure(() => library.evaluate(source, values) as unknown);
        expect(valueOrFailure(() => evaluateCel(source, variables))).toEqual(theirs);
      }),
      { numRuns: 600 },
    );
  });
});
