/** The property that storage rests on: where a record was stored and read back on the way leaves no mark on it. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  completed,
  decided,
  dispatched,
  granted,
  ledgerOf,
  opened,
  recordsOf,
  refused,
  rejected,
  released,
  requested,
  reserved,
  started,
  voted,
} from '../test/facts.ts';
import { recordText, restoreRecord } from './index.ts';

const invocation = fc.constantFrom('a', 'b', 'c');

/** Facts in any order, also orders that no ledger would have: the fold is total. */
const said = fc.oneof(
  fc.uniqueArray(invocation, { minLength: 1 }).map((ids) => requested(...ids)),
  invocation.map((id) => requested(id, id)),
  fc
    .tuple(invocation, fc.constantFrom('allow' as const, 'deny' as const, 'require-approval' as const))
    .map((args) => decided(...args)),
  invocation.map(opened),
  fc
    .tuple(invocation, fc.constantFrom('grace', 'ada'), fc.constantFrom('approve' as const, 'deny' as const))
    .map((args) => voted(...args)),
  invocation.map((id) => granted(id, 'grace')),
  invocation.map((id) => reserved(id, ['/', 'usd', '5000000'])),
  invocation.map(released),
  invocation.map(refused),
  fc
    .tuple(
      invocation,
      fc.constantFrom('malformed' as const, 'duplicate-id' as const, 'invalid-inputs' as const),
    )
    .map((args) => rejected(...args)),
  fc.tuple(invocation, fc.integer({ min: 1, max: 3 })).map((args) => dispatched(...args)),
  fc.tuple(invocation, fc.integer({ min: 1, max: 3 })).map((args) => started(...args)),
  invocation.map((id) => completed(id, { usd: '1' })),
);

describe('any facts, stored at any points between them', () => {
  it('give the same text as the fold that was never interrupted', () =>
    fc.assert(
      fc.property(
        fc.array(said, { maxLength: 40 }),
        fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
        (all, cuts) => {
          const facts = ledgerOf(...all);
          const whole = [...recordsOf(facts)].map(([, record]) => recordText(record));
          const cut = [...recordsOf(facts, (index) => cuts[index] === true)].map(([, record]) =>
            recordText(record),
          );
          expect(cut.sort()).toEqual(whole.sort());
        },
      ),
      { numRuns: 2_000 },
    ));

  it('end each life of an id, and come back whole from storage', () =>
    fc.assert(
      fc.property(fc.array(said, { maxLength: 40 }), (all) => {
        for (const record of recordsOf(ledgerOf(...all)).values()) {
          for (const life of record.earlier) expect(life.ending).toBeDefined();
          expect(restoreRecord({ ...record, text: recordText(record) })).toEqual(record);
          expect(record.lastSeq).toBeGreaterThanOrEqual(record.ending?.seq ?? record.firstSeq);
        }
      }),
    ));
});
