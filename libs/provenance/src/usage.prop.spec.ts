/** However often a call is tried and however it ends: the sums say what was charged as its record does. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as facts from '../test/facts.ts';
import type { Said } from '../test/facts.ts';
import { glimpsesOf } from './glimpse.ts';
import { settledLines } from './settlement.ts';
import { foldTrace } from './trace.ts';
import type { Trace } from './trace.ts';
import { UsageTally } from './usage.ts';

/** A unit that is held in two accounts, one in a single account, one that nobody holds. */
const HOLDS = [
  ['/', 'usd', '5'],
  ['/lab', 'usd', '5'],
  ['/lab', 'calls', '1'],
] as const;
const usage = fc.dictionary(
  fc.constantFrom('usd', 'calls', 'seconds'),
  fc.integer({ min: 0, max: 9 }).map(String),
);

const end: fc.Arbitrary<readonly Said[]> = fc.oneof(
  usage.map((used) => [facts.completed('a', used)]),
  fc.option(usage, { nil: undefined }).map((used) => [facts.indeterminate('a'), facts.resolved('a', used)]),
  fc.constant([facts.released('a')]),
  fc.constant([]),
  // What comes after the end is not charged.
  usage.map((used) => [facts.completed('a', {}), facts.completed('a', used)]),
);

const call = fc.tuple(fc.array(usage, { maxLength: 3 }), fc.boolean(), end).map(([tried, isHeld, ending]) => {
  const holds = isHeld ? [facts.reserved('a', ...HOLDS)] : [];
  return [
    facts.requested('a'),
    facts.decided('a', 'allow'),
    ...holds,
    ...tried.flatMap((used, index) => [
      facts.dispatched('a', index + 1),
      facts.attempted('a', index + 1, used),
      ...holds,
    ]),
    facts.dispatched('a', tried.length + 1),
    ...ending,
  ];
});

describe('a call that is tried some times', () => {
  it('is charged in the sums as in its record', () =>
    fc.assert(
      fc.property(call, (said) => {
        const tally = new UsageTally();
        let trace: Trace | undefined;
        for (const fact of facts.ledgerOf(...said)) {
          for (const glimpse of glimpsesOf(fact))
            trace = foldTrace(trace, fact, glimpse, (settlement) => tally.add(settlement));
        }
        const charged = Object.fromEntries(
          tally
            .take()
            .filter(({ account }) => account !== '')
            .map(({ account, unit, ...line }) => [`${account} ${unit}`, line.charged]),
        );
        for (const { account, unit, ...line } of settledLines(facts.recordOf(...said)))
          expect([account, unit, charged[`${account} ${unit}`] ?? 0n]).toEqual([account, unit, line.charged]);
      }),
      { numRuns: 500 },
    ));
});

describe('what two attempts of one day used', () => {
  it('is one line an account and unit, and one for a unit that nobody holds', () => {
    const tally = new UsageTally();
    const said = ['a', 'b'].flatMap((id) => [
      facts.requested(id),
      facts.reserved(id, ['/', 'usd', '5']),
      facts.completed(id, { usd: '2', seconds: '7' }),
    ]);
    const traces = new Map<string, Trace | undefined>();
    for (const fact of facts.ledgerOf(...said)) {
      for (const glimpse of glimpsesOf(fact)) {
        const { invocation } = glimpse;
        traces.set(
          invocation,
          foldTrace(traces.get(invocation), fact, glimpse, (each) => tally.add(each)),
        );
      }
    }
    const names = { tenant: 'acme', day: 19_844, tool: 'descriptors', agent: 'alpha', attempts: 2 };
    expect(tally.take()).toEqual([
      { ...names, account: '/', unit: 'usd', held: 10n, used: 4n, charged: 4n },
      { ...names, account: '', unit: 'seconds', held: 0n, used: 14n, charged: 0n },
    ]);
    expect(tally.take()).toEqual([]);
  });
});
