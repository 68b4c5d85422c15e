/**
 * However the ledger is cut into slices and batches, whatever leaves memory and whenever the process dies: the rows in
 * the end are those of one uninterrupted fold. Postgres is a map here; that the SQL does the same is tested beside it.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCommit } from '@writ/contracts';
import type { RecordedFact } from '@writ/contracts';
import { restoreRecord } from '@writ/provenance';
import type { StoredRecord } from '@writ/provenance';
import { AT, bytesOf, commit, completed, decided, dispatched, requested, reserved } from '../test/calls.ts';
import type { Commit } from '../test/calls.ts';
import { Records } from './records.ts';
import type { Batch } from './records.ts';

const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 3 });

/** Any facts in any order: repeated requests, votes and cancels on what is stored, finished or unknown. */
const anyCommit: fc.Arbitrary<Commit> = fc.oneof(
  { weight: 4, arbitrary: ids.map((some) => requested(some)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(ids, fc.constantFrom('allow' as const, 'deny' as const))
      .map((args) => decided(...args)),
  },
  ids.map((some) => reserved(some)),
  ids.map((some) => dispatched(some)),
  { weight: 2, arbitrary: ids.map((some) => completed(some)) },
  ids.map(([id]) => commit('budget', ['budget.released', { invocation: id, reason: 'denied' }])),
  ids.map(([id]) => commit('requests.alpha', ['tool.cancel-requested', { invocation: id }])),
  ids.map(([id]) =>
    commit('decisions', [
      'request.rejected',
      { invocation: id, agent: 'alpha', reason: 'malformed', detail: 'x' },
    ]),
  ),
);

/** What happens after a slice: nothing, a transaction begins, it ends well or not, or the process dies. */
const event = fc.constantFrom('nothing', 'nothing', 'begin', 'commit', 'rollback', 'crash');

interface World {
  readonly rows: Map<string, StoredRecord>;
  cursor: number;
}

/** A transaction that has begun: what it will write, and up to which commit. */
interface Underway {
  readonly batch: Batch;
  readonly to: number;
}

const keyOf = (row: Pick<StoredRecord, 'tenant' | 'invocation'>): string => `${row.tenant}/${row.invocation}`;

describe('any ledger, cut and interrupted anywhere', () => {
  it('ends in the rows of one uninterrupted fold', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyCommit, event), { maxLength: 50, size: 'max' }),
        fc.integer({ min: 0, max: 3 }),
        (steps, maxLive) => {
          const facts = steps.map(([each], index) =>
            decodeCommit({ seq: index + 1, subject: each.subject, at: AT + index, data: bytesOf(each) }),
          );
          expect(
            textOf(
              runWith(
                facts,
                steps.map(([, next]) => next),
                maxLive,
              ),
            ),
          ).toEqual(textOf(runWith(facts, [], 1_000)));
        },
      ),
      { numRuns: 400 },
    ));
});

/** Runs the records as the projection does. `next` says what happens after each commit; after that everything is stored. */
function runWith(
  commits: readonly (readonly RecordedFact[])[],
  next: readonly string[],
  maxLive: number,
): World {
  const world: World = { rows: new Map(), cursor: 0 };
  const script = [...next];
  let records = new Records(maxLive);
  let folded = 0;
  let underway: Underway | undefined;
  while (world.cursor < commits.length) {
    if (folded < commits.length) foldReadingBack(world, records, commits[folded++] ?? []);
    const happens = script.shift() ?? (folded < commits.length ? 'nothing' : underway ? 'commit' : 'begin');
    if (happens === 'begin' && !underway) underway = { batch: records.takeBatch(), to: folded };
    else if (happens === 'rollback' && underway) {
      records.giveBack(underway.batch);
      underway = undefined;
    } else if (happens === 'commit' && underway) {
      store(world, records, underway, commits.slice(world.cursor, folded).flat());
      underway = undefined;
    } else if (happens === 'crash') {
      records = new Records(maxLive);
      folded = world.cursor;
      underway = undefined;
    }
  }
  return world;
}

function foldReadingBack(world: World, records: Records, facts: readonly RecordedFact[]): void {
  const absent = new Set<string>();
  for (;;) {
    const missing = records.fold(facts, absent);
    if (missing.length === 0) return;
    for (const key of missing) {
      const row = world.rows.get(keyOf(key));
      if (row) records.adopt([restoreRecord(row)]);
      else absent.add(keyOf(key));
    }
  }
}

function store(
  world: World,
  records: Records,
  { batch, to }: Underway,
  window: readonly RecordedFact[],
): void {
  const known = batch.rows.flatMap((row) => {
    const stored = world.rows.get(keyOf(row));
    return stored && stored.firstSeq !== row.firstSeq ? [restoreRecord(stored)] : [];
  });
  if (known.length > 0) {
    records.rebase(known, window);
    records.giveBack(batch);
    return;
  }
  for (const row of batch.rows) world.rows.set(keyOf(row), row);
  world.cursor = to;
  records.stored(batch);
}

function textOf({ rows }: World): string[] {
  return [...rows.values()].map((row) => JSON.stringify(row)).sort();
}
