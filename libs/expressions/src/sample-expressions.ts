/** Random expressions for the property tests: mostly well typed, so that many of them evaluate. */
import fc from 'fast-check';

interface Kinds {
  readonly condition: string;
  readonly number: string;
  readonly text: string;
  readonly list: string;
  readonly quantity: string;
}

const compare = fc.constantFrom('==', '!=', '<', '<=', '>', '>=');
const whole = fc.constantFrom('0', '1', '7', '-3', '9223372036854775807');

const kinds = fc.letrec<Kinds>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom('true', 'false', 'tool.destructive', 'env.production', 'args.a', 'has(args.b)'),
    fc
      .tuple(tie('condition'), fc.constantFrom('AND', 'OR', '&&', '||'), tie('condition'))
      .map((parts) => `(${parts.join(' ')})`),
    tie('condition').map((part) => `NOT ${part}`),
    tie('condition').map((part) => `!(${part})`),
    fc.tuple(tie('number'), compare, tie('number')).map((parts) => parts.join(' ')),
    fc.tuple(tie('text'), compare, tie('text')).map((parts) => parts.join(' ')),
    fc.tuple(tie('quantity'), compare, tie('quantity')).map((parts) => parts.join(' ')),
    fc.tuple(tie('list'), tie('list')).map(([a, b]) => `${a} == ${b}`),
    fc.tuple(tie('number'), tie('list')).map(([a, b]) => `${a} in ${b}`),
    fc
      .tuple(tie('list'), fc.constantFrom('all', 'exists', 'exists_one'), tie('condition'))
      .map(([a, macro, b]) => `${a}.${macro}(x, ${b})`),
    fc.tuple(tie('condition'), tie('condition'), tie('condition')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    fc
      .tuple(tie('text'), fc.constantFrom('contains', 'startsWith', 'endsWith'), tie('text'))
      .map(([a, method, b]) => `${a}.${method}(${b})`),
  ),
  number: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(whole, fc.constantFrom('0.5', '1e3', 'args.a', 'args.b', 'args.c', '50 %')),
    fc
      .tuple(tie('number'), fc.constantFrom('+', '-', '*', '/', '%'), tie('number'))
      .map((parts) => `(${parts.join(' ')})`),
    tie('list').map((list) => `size(${list})`),
    tie('text').map((text) => `${text}.size()`),
  ),
  text: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('""', '"AND"', "'5 GB'", 'tool.name', 'args.a', 'tool.labels.x', '"é😀"'),
    fc.tuple(tie('text'), tie('text')).map(([a, b]) => `(${a} + ${b})`),
    tie('number').map((number) => `string(${number})`),
  ),
  list: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('[1, 2, 3]', '[1.5, 2.0]', 'args.a', 'args.c'),
    fc.array(tie('number'), { minLength: 1, maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    fc.tuple(tie('list'), tie('list')).map(([a, b]) => `(${a} + ${b})`),
    fc.tuple(tie('list'), tie('condition')).map(([a, b]) => `${a}.filter(x, ${b})`),
  ),
  quantity: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(
      'tool.cost',
      '5 node-hours',
      '0.3 node-hours',
      '2 GB',
      '512 MiB',
      'tool.price',
      '30 min',
      '1.5 h',
    ),
    fc
      .tuple(tie('quantity'), fc.constantFrom('+', '-'), tie('quantity'))
      .map((parts) => `(${parts.join(' ')})`),
    fc.tuple(tie('quantity'), tie('number')).map(([a, b]) => `(${a} * ${b})`),
  ),
}));

/** Conditions, and now and then something else. */
export const anyExpression: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: kinds.condition, weight: 9 },
  { arbitrary: fc.oneof(kinds.number, kinds.text, kinds.list, kinds.quantity), weight: 1 },
);
