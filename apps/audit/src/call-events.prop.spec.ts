/** Cutting a call's events out of commits that carry many sees what decoding the commits in full sees. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCommit } from '@writ/contracts';
import type { InvocationId, StoredCommit } from '@writ/contracts';
import { foldRecord, invocationsOf } from '@writ/provenance';
import type { InvocationRecord } from '@writ/provenance';
import { AT, bytesOf, ran } from '../test/calls.ts';
import { callEvents } from './call-events.ts';

const id = fc.stringMatching(/^[a-z0-9-]{0,4}-$/);
const nasty = fc.constantFrom(
  '',
  'ä',
  '"',
  '},{"specversion":"1.0"',
  ',{"specversion":"1.0","id":"x"}',
  '\\',
);

/** The same commits, as somebody may write them who is none of our services. */
const asOurs = (text: string): string => text;
const spelling = fc.constantFrom<(text: string) => string>(
  asOurs,
  (text) => JSON.stringify(JSON.parse(text), undefined, 1),
  (text) => text.replaceAll('-', '\\u002d'),
  (text) => text.replaceAll('"specversion":"1.0","id"', '"time":"x","specversion":"1.0","id"'),
);

function inFull(invocation: InvocationId, commits: readonly StoredCommit[]): InvocationRecord | undefined {
  let record: InvocationRecord | undefined;
  for (const fact of commits.flatMap((commit) => decodeCommit(commit))) {
    const nth = invocationsOf(fact).indexOf(invocation);
    if (nth >= 0) record = foldRecord(record, fact, nth);
  }
  return record;
}

describe('a call among others', () => {
  it('cut out: the record that decoding everything gives, and the ids of the events as ours write them', () =>
    fc.assert(
      fc.property(
        fc.uniqueArray(id, { minLength: 1, maxLength: 6 }),
        fc.dictionary(fc.constantFrom('smiles', 'specversion'), fc.oneof(nasty, id)),
        spelling,
        (ids, inputs, spelt) => {
          const commits = ran(ids, { inputs: { ...inputs, nested: { specversion: '1.0' }, names: ids } }).map(
            (commit, index) => {
              const data = Buffer.from(spelt(Buffer.from(bytesOf(commit)).toString()));
              return { seq: index + 1, at: AT + index, subject: commit.subject, data };
            },
          );
          for (const [index, each] of (ids as InvocationId[]).entries()) {
            const { record, events } = callEvents(each, commits);
            expect(record).toEqual(inFull(each, commits));
            const own = [2, 3, 4, 5].map((seq) => [seq, `e-${index}`]);
            expect([...events]).toEqual(spelt === asOurs ? [[1, 'e-0'], ...own] : []);
          }
        },
      ),
      { numRuns: 200 },
    ));
});
