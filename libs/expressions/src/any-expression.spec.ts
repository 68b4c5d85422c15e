import { isDeepStrictEqual } from 'node:util';
import { WritError } from '@writ/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkSource } from './check.ts';
import { compileNode } from './compile/expression.ts';
import type { Node } from './compile/syntax.ts';
import { compileCondition, resolveField } from './condition.ts';
import { CONDITIONS } from './environment.ts';
import { ExpressionError } from './expression-error.ts';
import { equal } from './operators/equality.ts';
import { callWith } from './sample-call.ts';
import { startSteps } from './steps.ts';

/** A type, not an interface: fast-check asks for an index signature. */
type Kinds = {
  readonly condition: string;
  readonly number: string;
  readonly text: string;
  readonly list: string;
  readonly quantity: string;
};

type Source = fc.Arbitrary<string>;

const infix = (left: Source, signs: readonly string[], right: Source): Source =>
  fc.tuple(left, fc.constantFrom(...signs), right).map((parts) => `(${parts.join(' ')})`);

const method = (receiver: Source, names: readonly string[], argument: Source, variable = ''): Source =>
  fc
    .tuple(receiver, fc.constantFrom(...names), argument)
    .map(([a, name, b]) => `${a}.${name}(${variable}${b})`);

const COMPARE = ['==', '!=', '<', '<=', '>', '>='];
const NAMED_NUMBERS = [
  '0',
  '1',
  '7',
  '-3',
  '9223372036854775807',
  '0.5',
  '1e3',
  'args.a',
  'args.b',
  'args.c',
  '50 %',
];
const QUANTITIES = [
  'tool.cost',
  '5 node-hours',
  '0.3 node-hours',
  '2 GB',
  '512 MiB',
  'tool.price',
  '30 min',
  '1.5 h',
];

const kinds = fc.letrec<Kinds>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom('true', 'false', 'tool.destructive', 'env.production', 'args.a', 'has(args.b)'),
    infix(tie('condition'), ['AND', 'OR', '&&', '||'], tie('condition')),
    tie('condition').map((part) => `NOT ${part}`),
    tie('condition').map((part) => `!(${part})`),
    infix(tie('number'), COMPARE, tie('number')),
    infix(tie('text'), COMPARE, tie('text')),
    infix(tie('quantity'), COMPARE, tie('quantity')),
    infix(tie('list'), ['=='], tie('list')),
    infix(tie('number'), ['in'], tie('list')),
    method(tie('list'), ['all', 'exists', 'exists_one'], tie('condition'), 'x, '),
    method(tie('text'), ['contains', 'startsWith', 'endsWith'], tie('text')),
    fc.tuple(tie('condition'), tie('condition'), tie('condition')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
  ),
  number: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(...NAMED_NUMBERS),
    infix(tie('number'), ['+', '-', '*', '/', '%'], tie('number')),
    fc.oneof(tie('list'), tie('text')).map((sized) => `size(${sized})`),
  ),
  text: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('""', '"AND"', "'5 GB'", 'tool.name', 'args.a', 'tool.labels.x', '"é😀"'),
    infix(tie('text'), ['+'], tie('text')),
    tie('number').map((number) => `string(${number})`),
  ),
  list: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('[1, 2, 3]', '[1.5, 2.0]', 'args.a', 'args.c'),
    fc.array(tie('number'), { minLength: 1, maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    infix(tie('list'), ['+'], tie('list')),
    method(tie('list'), ['filter'], tie('condition'), 'x, '),
  ),
  quantity: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(...QUANTITIES),
    infix(tie('quantity'), ['+', '-'], tie('quantity')),
    infix(tie('quantity'), ['*'], tie('number')),
  ),
}));

/** Conditions, and now and then something else. */
const anyExpression: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: kinds.condition, weight: 9 },
  { arbitrary: fc.oneof(kinds.number, kinds.text, kinds.list, kinds.quantity), weight: 1 },
);

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
        const refusal = refusalOf(source);
        const { offset = 0, length = 0, line = 1, message = '' } = refusal ?? {};
        return offset + length <= source.length && line >= 1 && !/undefined|\[object/.test(message);
      }),
      { numRuns: 600 },
    );
  });
});

function refusalOf(source: string): ExpressionError | undefined {
  try {
    compileCondition(source);
    return undefined;
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
}

const FAILED = Symbol('failed');

function valueOrFailure(run: () => unknown): unknown {
  try {
    return run();
  } catch {
    return FAILED;
  }
}

describe('any typed expression', () => {
  const call = callWith({ cost: 3_000_000n, args: { a: 2, b: true, c: [1, 2.5] }, labels: { x: 'y' } });

  it('has the same value on the fast paths as without them', () => {
    let compared = 0;
    fc.assert(
      fc.property(anyExpression, (source) => {
        const checked = valueOrFailure(() => checkSource(source, CONDITIONS));
        if (checked === FAILED) return true;
        const { root, rewritten } = checked as ReturnType<typeof checkSource>;
        const options = { source, rewritten, lenient: true, resolve: resolveField };
        const run = (node: Node): unknown =>
          valueOrFailure(() => {
            const compiled = compileNode(node, options);
            startSteps();
            return compiled(call);
          });
        const fast = run(root);
        const slow = run(withoutTypes(root));
        compared++;
        // What is no number equals nothing, itself included, also inside a list.
        return fast === slow || equal(fast, slow) || isDeepStrictEqual(fast, slow);
      }),
      { numRuns: 600 },
    );
    expect(compared).toBeGreaterThan(150);
  });
});

/** The same tree as if it had not been checked. */
function withoutTypes(node: Node): Node {
  const copy = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(copy);
    return typeof value === 'object' && value !== null && 'op' in value ? withoutTypes(value as Node) : value;
  };
  return { op: node.op, args: copy(node.args), start: node.start, end: node.end } as Node;
}

/** Generous, for a loaded machine; the steps decide, and they do not depend on the clock. */
const WITHIN_MS = 4_000;

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
    expect(performance.now() - start).toBeLessThan(WITHIN_MS);
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
