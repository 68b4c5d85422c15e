/** The golden cases of the wave rules, one rule each. */
import { describe, expect, it } from 'vitest';
import type { InvocationId } from '@writ/contracts';
import { schedule } from './index.ts';
import type { ToolRule, WaveCall } from './index.ts';

const RULES: Readonly<Record<string, ToolRule>> = {
  local_search: { class: 'READ_ONLY' },
  web_search: { class: 'NETWORK' },
  write_vault: { class: 'LOCAL_WRITE', keys: ['vault:{args.path}'] },
  read_vault: { class: 'read_only', keys: ['vault:{args.path}'] },
  wipe: { class: 'destructive' },
  search_by: { class: 'READ_ONLY', keys: ['search:{args.q}'] },
  plain: {},
  plain_keyed: { keys: ['search:{args.q}'] },
};

type Short = readonly [tool: string, inputs?: object];

const waves = (calls: readonly Short[], parallelEnabled = true, rules = RULES): string[] =>
  schedule(
    calls.map(([tool, inputs = {}], index): WaveCall => {
      return { invocation: `${index}` as InvocationId, tool, inputs: inputs as WaveCall['inputs'] };
    }),
    new Map(Object.entries(rules)),
    { parallelEnabled },
  ).map(
    (wave) => `${wave.calls.join('+')}${wave.parallel ? ' parallel' : ''} [${wave.resourceKeys.join(' ')}]`,
  );

describe('the golden step of two local searches, a write and a web search', () => {
  const step = (search: string): Short[] => [
    [search, { q: 'q1' }],
    [search, { q: 'q2' }],
    ['write_vault', { path: 'notes' }],
    ['web_search', { q: 'q3' }],
  ];

  it('with default keys: four sequential waves', () =>
    expect(waves(step('local_search'))).toEqual([
      '0 [local_search]',
      '1 [local_search]',
      '2 [vault:notes]',
      '3 [web_search]',
    ]));
  it('with distinct keys for the searches: one parallel wave of two and two sequential', () =>
    expect(waves(step('search_by'))).toEqual([
      '0+1 parallel [search:q1 search:q2]',
      '2 [vault:notes]',
      '3 [web_search]',
    ]));
  it('with parallel waves switched off: four sequential waves', () =>
    expect(waves(step('search_by'), false)).toHaveLength(4));
});

describe('a step', () => {
  it('of one call: one sequential wave', () =>
    expect(waves([['local_search']])).toEqual(['0 [local_search]']));
  it('of no calls: no wave', () => expect(waves([])).toEqual([]));
  it('of reads of different tools: one parallel wave', () =>
    expect(waves([['local_search'], ['plain'], ['unheard_of']])).toEqual([
      '0+1+2 parallel [local_search plain unheard_of]',
    ]));
  it('whose third call overlaps the batch: the batch is flushed and a new one begun with it', () =>
    expect(waves([['search_by', { q: 1 }], ['plain'], ['search_by', { q: 1 }], ['local_search']])).toEqual([
      '0+1 parallel [search:1 plain]',
      '2+3 parallel [search:1 local_search]',
    ]));
  it('with a destructive call between reads: order is kept around it', () =>
    expect(waves([['plain'], ['wipe'], ['plain']])).toEqual(['0 [plain]', '1 [wipe]', '2 [plain]']));
  it('of two calls of a tool without a class: never at once, whatever its keys say', () =>
    expect(
      waves([
        ['plain_keyed', { q: 1 }],
        ['plain_keyed', { q: 2 }],
      ]),
    ).toHaveLength(2));
  it('of an unclassed tool and another with the same declared key: not at once', () =>
    expect(
      waves([
        ['plain_keyed', { q: 1 }],
        ['search_by', { q: 1 }],
      ]),
    ).toHaveLength(2));
});

describe('computed keys', () => {
  const two = (a: unknown, b: unknown): number =>
    waves([
      ['read_vault', { path: a }],
      ['read_vault', { path: b }],
    ]).length;

  it.each([
    ['a', 'a', 'the same'],
    ['a', 'a/b', 'a level below'],
    ['a/b/c', 'a', 'two levels above'],
    ['a/b', './a//b/', 'written in another way'],
    ['a/b', 'a/x/../b', 'reached by way of a sibling'],
    ['/a', 'a', 'with and without the root'],
    [undefined, 'a', 'absent: nobody knows what it touches'],
    ['', 'a', 'empty: everything'],
    ['/', 'a', 'the root: everything'],
    [{ a: 1 }, 'a', 'no scalar'],
  ])('%j and %j (%s): one after the other', (a, b, _why) => expect(two(a, b)).toBe(2));

  it.each([
    ['a', 'b'],
    ['a', 'ab'],
    ['a/b', 'a/bc'],
    ['a/b', 'a/c'],
    [1, 2],
    [true, 'a'],
  ])('%j and %j: at once', (a, b) => expect(two(a, b)).toBe(1));

  it('from a nested argument, two in one key: both are filled in', () =>
    expect(
      waves([['row', { at: { table: 't' }, id: 7 }]], true, {
        row: { class: 'READ_ONLY', keys: ['db/{args.at.table}/{args.id}'] },
      }),
    ).toEqual(['0 [db/t/7]']));
  it('that differ only beyond the longest key: one after the other', () =>
    expect(two(`${'x'.repeat(300)}1`, `${'x'.repeat(300)}2`)).toBe(2));
  it('that differ only below the deepest level: one after the other', () =>
    expect(two(`${'x/'.repeat(20)}1`, `${'x/'.repeat(20)}2`)).toBe(2));
});
