/**
 * However the ledger is cut into slices and batches, whatever leaves memory and whenever the process dies: the rows in
 * the end are those of one uninterrupted fold. Postgres is a map here; that the SQL does the same is tested beside it.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InvocationId, TenantId } from '@writ/contracts';
import type { Trace } from '@writ/provenance';
import {
  AT,
  TENANT,
  bytesOf,
  commit,
  completed,
  decided,
  dispatched,
  requested,
  reserved,
} from '../test/calls.ts';
import type { Commit } from '../test/calls.ts';
import { OPEN_STORED_AFTER_MS } from './limits.ts';
import { sightingsOf } from './sightings.ts';
import type { Sightings } from './sightings.ts';
import type { InvocationKey, TraceBatch } from './trace-batch.ts';
import { Traces } from './traces.ts';

const IDS = ['a', 'b', 'c', 'd'] as InvocationId[];
const ids = fc.uniqueArray(fc.constantFrom(...IDS), { minLength: 1, maxLength: 3 });

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

/** What happens after a slice: nothing, time passes, a transaction begins (also of what is open), it ends well, or the process dies. */
const event = fc.constantFrom('nothing', 'nothing', 'later', 'begin', 'begin all', 'commit', 'crash');

interface Underway {
  readonly rows: readonly Trace[];
  readonly again: ReadonlySet<string>;
  readonly to: number;
  readonly foldFrom: number;
}

const keyOf = ({ tenant, invocation }: InvocationKey): string => `${tenant}/${invocation}`;

class World {
  readonly rows = new Map<string, Trace>();
  last = 0;
  #foldFrom = 1;
  #folded = 0;
  #carefulUpTo = 0;
  #nowMs = 0;
  #traces: Traces;
  #underway: Underway | undefined;
  readonly #maxLive: number;
  readonly #ledger: readonly Sightings[];

  constructor(ledger: readonly Sightings[], maxLive: number) {
    this.#ledger = ledger;
    this.#maxLive = maxLive;
    this.#traces = new Traces(maxLive);
  }

  foldNext(): void {
    const sightings = this.#ledger[this.#folded];
    if (!sightings) return;
    this.#folded += 1;
    const absent = new Set<string>();
    const careful = this.#folded <= this.#carefulUpTo;
    for (;;) {
      const missing = this.#traces.fold([sightings], {
        careful,
        absent,
        nowMs: this.#nowMs,
        storedUpTo: this.last,
      });
      if (missing.length === 0) return this.#writeEnded();
      for (const key of missing) {
        const row = this.rows.get(keyOf(key));
        if (row) this.#traces.adopt([structuredClone(row)]);
        else absent.add(keyOf(key));
      }
    }
  }

  /** What is known of a call stays known while its row waits. */
  #writeEnded(): void {
    const known = (): string =>
      JSON.stringify(IDS.map((invocation) => this.#traces.find({ tenant: TENANT as TenantId, invocation })));
    const before = known();
    this.#traces.writeEnded();
    expect(known()).toBe(before);
  }

  happen(what: string): void {
    if (what === 'later') this.#nowMs += OPEN_STORED_AFTER_MS;
    else if (what.startsWith('begin')) this.#begin(what === 'begin all');
    else if (what === 'commit') this.#commit();
    else if (what === 'crash') this.#restart(false);
  }

  /** Everything, open invocations included. */
  finish(): void {
    while (this.last < this.#ledger.length || this.#foldFrom <= this.last) {
      while (this.#folded < this.#ledger.length) this.foldNext();
      this.#commit();
      this.#begin(true);
      this.#commit();
    }
  }

  #begin(all: boolean): void {
    if (this.#underway || this.#folded < this.last) return;
    const batch: TraceBatch = this.#traces.takeBatch(this.#nowMs, all);
    this.#underway = {
      rows: batch.written.map(({ place }) => batch.rows.read(place)),
      again: new Set(batch.again.map(keyOf)),
      to: this.#folded,
      foldFrom: batch.unstoredFrom ?? this.#folded + 1,
    };
  }

  #commit(): void {
    const batch = this.#underway;
    if (!batch) return;
    expect(new Set(batch.rows.map(keyOf)).size, 'one row an invocation').toBe(batch.rows.length);
    if (batch.rows.some((row) => this.rows.has(keyOf(row)) && !batch.again.has(keyOf(row))))
      return this.#restart(true);
    for (const row of batch.rows) this.rows.set(keyOf(row), row);
    this.last = batch.to;
    this.#foldFrom = batch.foldFrom;
    this.#underway = undefined;
    this.#carefulUpTo = Math.min(this.#carefulUpTo, batch.to);
    this.#traces.stored();
  }

  #restart(careful: boolean): void {
    this.#underway = undefined;
    this.#traces = new Traces(this.#maxLive);
    this.#folded = Math.min(this.#foldFrom, this.last + 1) - 1;
    this.#carefulUpTo = careful ? Number.POSITIVE_INFINITY : this.last;
  }
}

function textOf({ rows }: World): string[] {
  return [...rows.values()].map((row) => JSON.stringify(row)).sort();
}

describe('any ledger, cut and interrupted anywhere', () => {
  it('ends in the rows of one uninterrupted fold', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyCommit, event, event), { maxLength: 50, size: 'max' }),
        fc.integer({ min: 0, max: 3 }),
        (steps, maxLive) => {
          const ledger = steps.map(([each], index) =>
            sightingsOf({ seq: index + 1, subject: each.subject, at: AT + index, data: bytesOf(each) })!,
          );
          const world = new World(ledger, maxLive);
          for (const [, first, second] of steps) {
            world.foldNext();
            world.happen(first);
            world.happen(second);
          }
          world.finish();
          const undisturbed = new World(ledger, 1_000);
          undisturbed.finish();
          expect(textOf(world)).toEqual(textOf(undisturbed));
        },
      ),
      { numRuns: 500 },
    ));
});
