import { WritError } from '@writ/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileCondition } from './condition.ts';
import { ExpressionError } from './expression-error.ts';
import { callWith } from './sample-call.ts';
import { anyExpression } from './sample-expressions.ts';

const json = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue({ maxDepth: 3 }), {
  noNullPrototype: true,
});

/** `true` or `false`, or the code of the only error that callers may see. */
function outcome(source: string, args: Readonly<Record<string, unknown>>): boolean | string {
  try {
    return compileCondition(source).evaluate(callWith({ args }));
  } catch (error) {
    if (error instanceof WritError) return error.code;
    throw error;
  }
}

describe('any expression over any arguments', () => {
  it('is refused, or evaluates to true or false, or fails with a sentence', () => {
    const seen = new Set<boolean | string>();
    fc.assert(
      fc.property(anyExpression, json, (source, args) => {
        const result = outcome(source, args);
        seen.add(result);
        expect([true, false, 'expression-invalid', 'expression-failed']).toContain(result);
      }),
      { numRuns: 600 },
    );
    expect(seen).toEqual(new Set([true, false, 'expression-invalid', 'expression-failed']));
  });

  it('of arbitrary text is refused with a place inside of it, never a crash', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc
        .array(
          fc.constantFrom(...'()[]{}.?:,"\'`\\!&|=<>+-*/%0x1eu AND NOT tool args \n'.split(/(?=[^a-zA-Z])/)),
          { maxLength: 25 },
        )
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (source) => {
        try {
          compileCondition(source);
        } catch (error) {
          if (!(error instanceof ExpressionError)) throw error;
          expect(error.offset + error.length).toBeLessThanOrEqual(source.length);
          expect(error.line).toBeGreaterThanOrEqual(1);
          expect(error.message).not.toMatch(/undefined|\[object/);
        }
      }),
      { numRuns: 600 },
    );
  });
});

describe('an expression that would take for ever', () => {
  const long = { a: Array.from({ length: 20_000 }, (_, index) => index), s: 'x'.repeat(60_000) };

  it.each([
    'args.a.all(x, args.a.all(y, args.a.all(z, x + y + z >= 0)))',
    'args.a.map(x, args.s + args.s).size() > 0',
    'args.a.all(x, args.a == args.a.map(y, y))',
    'args.a.all(x, args.s.matches("(x+x+)+y") == false)',
    'args.a.all(x, args.s.replace("x", "xx").size() > 0)',
    'args.a.exists(x, args.s.contains("y"))',
    'args.a.all(x, args.a.exists(y, false) || true)',
  ])('%s: fails soon', (source) => {
    const start = performance.now();
    expect(outcome(source, long)).toBe('expression-failed');
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it('does not eat up the steps of the next one', () => {
    const simple = compileCondition('args.a.size() == 20000');
    expect(outcome('args.a.all(x, args.a.all(y, true))', long)).toBe('expression-failed');
    expect(simple.evaluate(callWith({ args: long }))).toBe(true);
  });

  it('nested as deep as the source allows: refused or evaluated, never a crash', () => {
    for (const source of [
      '!'.repeat(3_990) + 'true',
      `true${' && true'.repeat(490)}`,
      `1${'+1'.repeat(1_900)} > 0`,
      `${'-'.repeat(3_000)}1 == 1`,
    ]) {
      expect([true, false, 'expression-invalid']).toContain(outcome(source, {}));
    }
  });
});
