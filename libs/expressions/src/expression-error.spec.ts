import { describe, expect, it } from 'vitest';
import { compileAmount } from './amount.ts';
import { compileCondition } from './condition.ts';
import { ExpressionError } from './expression-error.ts';

/** The error of a condition, with the piece of the source that it points at. */
function errorOf(source: string, compile: (source: string) => unknown = compileCondition) {
  try {
    compile(source);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const { message, line, column, offset, length } = error;
    return { message, at: `${line}:${column}`, points: source.slice(offset, offset + length), error };
  }
  throw new Error(`${source} was accepted`);
}

describe('names', () => {
  it.each([
    ['tool.destuctive', '1:6', 'destuctive', 'tool has no field "destuctive"; did you mean "destructive"?'],
    [
      'tool.xyz == 1',
      '1:6',
      'xyz',
      'tool has no field "xyz"; it has name, class, effects, destructive, cost, price, labels',
    ],
    ['too.cost > 1 USD', '1:1', 'too', 'unknown name "too"; did you mean "tool"?'],
    [
      'foo',
      '1:1',
      'foo',
      'unknown name "foo"; known: tool, args, agent, request, env, budget, history, time',
    ],
    ['has(tool.nme)', '1:10', 'nme', 'tool has no field "nme"; did you mean "name"?'],
    [
      'tool.name.startswith("a")',
      '1:1',
      'tool.name.startswith("a")',
      'unknown function "startswith"; did you mean "startsWith"?',
    ],
    [
      'math.great(1, 2) > 1',
      '1:1',
      'math.great(1, 2)',
      'unknown function "math.great"; did you mean "math.greatest"?',
    ],
    ['__quantity(1)', '1:1', '__quantity', '"__quantity" cannot be a name; names do not start with "__"'],
    [
      'tool.class == "DESTRUCTIV"',
      '1:15',
      '"DESTRUCTIV"',
      'tool.class is never "DESTRUCTIV"; did you mean "DESTRUCTIVE"?',
    ],
    [
      'tool.effects in ["pure", "twice"]',
      '1:26',
      '"twice"',
      'tool.effects is never "twice"; it is one of pure, keyed, queryable, once',
    ],
  ])('%s', (source, at, points, message) => {
    expect(errorOf(source)).toMatchObject({ at, points, message });
  });
});

describe('types', () => {
  it.each([
    ['tool.cost', '1:1', 'tool.cost', 'a condition has to be true or false; this is in node-hours'],
    ['tool.name', '1:1', 'tool.name', 'a condition has to be true or false; this is text'],
    [
      'tool.name AND true',
      '1:1',
      'tool.name',
      'AND joins two conditions; tool.name is text, not true or false',
    ],
    ['true OR 5', '1:9', '5', 'OR joins two conditions; 5 is a whole number, not true or false'],
    ['NOT tool.name', '1:1', 'NOT tool.name', 'NOT (!) takes a condition; tool.name is text'],
    ['tool.name == 5', '1:1', 'tool.name == 5', 'tool.name (text) and 5 (a whole number) cannot be compared'],
    [
      'tool.name + 5 == ""',
      '1:1',
      'tool.name + 5',
      '"+" does not take tool.name (text) and 5 (a whole number)',
    ],
    ['tool.name.size.x', '1:11', 'size', 'tool.name is text and has no fields'],
    ['(tool.name ? 1 : 2) == 1', '1:2', 'tool.name', 'tool.name is text; true or false has to stand here'],
    ['size(5) == 1', '1:1', 'size(5)', 'size() cannot be called so: it was given 5 (a whole number)'],
    [
      'tool.name in "abc"',
      '1:1',
      'tool.name in "abc"',
      '"in" looks for tool.name in a list or a map; "abc" is text',
    ],
    [
      'args.x.matches("(")',
      '1:1',
      'args.x.matches("(")',
      '"(" is no regular expression of RE2: ")" is missing',
    ],
    [
      'timestamp("today") == args.t',
      '1:1',
      'timestamp("today")',
      '"today" is no RFC 3339 timestamp such as 2024-01-31T12:00:00Z',
    ],
  ])('%s', (source, at, points, message) => {
    expect(errorOf(source)).toMatchObject({ at, points, message });
  });
});

describe('dimensions and units', () => {
  it.each([
    [
      'tool.cost > 20 USD',
      '1:1',
      'tool.cost is in node-hours, 20 USD is in USD; only node-hours go with node-hours (tool.price is in USD)',
    ],
    ['1000 node-hours > 20 USD', '1:1', /^1000 node-hours is in node-hours, 20 USD is in USD/],
    [
      'tool.cost > 30 min',
      '1:13',
      'tool.cost is in node-hours, but 30 min is a span of time; compare it with a quantity such as 10 node-hours',
    ],
    ['tool.cost > 1000', '1:13', 'tool.cost is in node-hours, but 1000 has no unit; write 1000 node-hours'],
    [
      'tool.cost > args.limit',
      '1:13',
      'tool.cost is in node-hours, but args.limit has no unit; multiply it by a unit: args.limit * 1 node-hours',
    ],
    [
      'args.size > 5 GB',
      '1:1',
      '5 GB is in bytes, but args.size has no unit; multiply it by a unit: args.size * 1 B',
    ],
    [
      'tool.cost == "a lot"',
      '1:14',
      'tool.cost is in node-hours, but "a lot" is text; compare it with a quantity such as 10 node-hours',
    ],
    ['tool.cost + 5 USD > 5 USD', '1:1', /are of different kinds; only node-hours go with node-hours/],
    ['tool.cost > 10 node-hurs', '1:16', '"node-hurs" is not a unit; did you mean "node-hours"?'],
    ['tool.cost > 5 parsecs', '1:15', /^"parsecs" is not a unit; known units are node-hours, USD/],
  ])('%s', (source, at, message) => {
    const error = errorOf(source);
    expect(error.message).toMatch(message);
    expect(error.at).toBe(at);
  });
});

describe('syntax', () => {
  it.each([
    ['a = b', '1:3', '=', '"=" is not an operator; to compare, write == (there is no assignment)'],
    ['true and false', '1:6', 'and', '"and" is not an operator; write AND (in capitals) or &&'],
    ['not true', '1:1', 'not', '"not" is not an operator; write NOT (in capitals) or !'],
    ['1 <> 2', '1:3', '<', '"<>" is not an operator; to compare, write !='],
    ['true & false', '1:6', '&', '"&" is not an operator; write && or AND'],
    ['true AND', '1:9', '', 'the expression ends where a value has to follow'],
    ['(true', '1:6', '', '")" is missing before the end'],
    ['true)', '1:5', ')', '")" cannot stand here; an operator (AND, OR, ==, ...) or the end was expected'],
    [
      'true tool',
      '1:6',
      'tool',
      '"tool" cannot stand here; an operator (AND, OR, ==, ...) or the end was expected',
    ],
    ['tool.name == "abc', '1:14', '"abc', 'unterminated string'],
    ['', '1:1', '', 'the expression is empty'],
    ['true AND * 5', '1:10', '*', 'a value has to stand where "*" stands'],
  ])('%s', (source, at, points, message) => {
    expect(errorOf(source)).toMatchObject({ at, points, message });
  });

  it('on a later line, behind words and units: the place is that of the source', () => {
    const source =
      'tool.cost > 10 node-hours\n  AND NOT env.production // AND 5 foo\r\n  OR tool.pric > 5 USD';
    expect(errorOf(source)).toMatchObject({ at: '3:11', points: 'pric' });
    expect(errorOf(source).error.excerpt).toBe('  OR tool.pric > 5 USD\n          ^^^^');
  });

  it('too long, too deep, too big: refused', () => {
    expect(errorOf('x'.repeat(4_001)).message).toContain('at most 4000 are read');
    expect(errorOf(`${'('.repeat(1_500)}true${')'.repeat(1_500)}`).message).toContain('too big');
    expect(errorOf(`[${'1,'.repeat(1_900)}1] == []`).message).toContain('too big');
  });
});

describe('amounts', () => {
  it.each([
    [
      '5 USD',
      'node-hours',
      'an amount of node-hours has to be in node-hours or a plain number; this is in USD',
    ],
    ['"5"', 'usd', 'an amount of usd has to be in usd or a plain number; this is text'],
    ['tool.cost', 'usd', 'unknown name "tool"; known: args'],
    ['5 gpu-hour', 'gpu-hours', '"gpu-hour" is not a unit; did you mean "gpu-hours"?'],
  ])('%s of %s', (source, unit, message) => {
    expect(errorOf(source, (text) => compileAmount(text, unit)).message).toBe(message);
  });
});
