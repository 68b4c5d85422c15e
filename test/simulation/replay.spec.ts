/**
 * What a replay is worth: every decision of a seeded run comes out the same (`seeds.ts` asks for that in each run), and of
 * one whose recorded decisions were changed, one field of one fact at a time, each change is named where it stands.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { reactionPart } from '@writ/ledger';
import type { LedgerCommit } from '@writ/ledger';
import { describe, expect, it } from 'vitest';
import { readHistory } from '../conformance/histories/history.ts';
import { differencesOf } from './differences.ts';
import { Random } from './random.ts';
import { World } from './world.ts';

const STEPS = 150;
const SEEDS = 3;
const TIMEOUT_MS = 120_000;
const HISTORIES = new URL('../conformance/histories', import.meta.url).pathname;
const REAL = readdirSync(HISTORIES).filter((name) => /(?<!simulation)\.jsonl$/.test(name));
/** Changes to each type of fact in a run. */
const CHANGES = 2;

/**
 * What a process saw and the core was only told: where there was a free place, who was silent, whether webhooks answered. A
 * replay takes these from the fact itself, so a change of them can pass for another truth.
 */
const OBSERVED: Readonly<Record<string, readonly string[]>> = {
  'schedule.dispatched': ['executor', 'session'],
  'executor.lost': ['executor', 'session', 'reason'],
  'alert.closed': ['outcome'],
};

interface RecordedEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

describe('a recorded run with one changed decision', () => {
  it.each(Array.from({ length: SEEDS }, (_, index) => index + 1))(
    'seed %i: the replay names its commit first',
    async (seed) => {
      const world = new World({ seed, steps: STEPS });
      await world.run();
      changeAndReplay(world.ledger.commits, new Random(seed));
    },
    TIMEOUT_MS,
  );

  it.each(REAL)('%s, of a real suite: the replay names its commit first', async (name) => {
    const commits = await readHistory(join(HISTORIES, name));
    changeAndReplay(commits, new Random(commits.length));
  });
});

/** Changes decisions of every type, one at a time. */
function changeAndReplay(commits: readonly LedgerCommit[], random: Random): void {
  for (const [type, places] of decisionsByType(commits)) {
    for (let change = 0; change < CHANGES; change++) {
      const { index, place } = random.pick(places);
      const changed = withOtherField(commits[index] as LedgerCommit, place, random);
      if (!changed) continue;
      const { seq } = changed.commit;
      const differences = differencesOf(
        commits.map((commit, at) => (at === index ? changed.commit : commit)),
      );
      const named = differences.some((one) => one.seq === seq && one.recorded?.type === type);
      expect({ type, ...changed.told, first: differences[0]?.seq, named }).toEqual({
        type,
        ...changed.told,
        first: seq,
        named: true,
      });
    }
  }
}

/** Where facts of each type stand that were decided in whole reactions. */
function decisionsByType(commits: readonly LedgerCommit[]): Map<string, { index: number; place: number }[]> {
  const parts = new Map<string, number>();
  for (const commit of commits) {
    const { reaction } = reactionPart(commit) ?? {};
    if (reaction !== undefined) parts.set(reaction, (parts.get(reaction) ?? 0) + 1);
  }
  const found = new Map<string, { index: number; place: number }[]>();
  for (const [index, commit] of commits.entries()) {
    const part = reactionPart(commit);
    if (!part || parts.get(part.reaction) !== part.parts) continue;
    for (const [place, { type }] of eventsOf(commit).entries())
      found.set(type, [...(found.get(type) ?? []), { index, place }]);
  }
  return found;
}

function eventsOf({ data }: LedgerCommit): RecordedEvent[] {
  return JSON.parse(Buffer.from(data).toString()) as RecordedEvent[];
}

function withOtherField(
  commit: LedgerCommit,
  place: number,
  random: Random,
): { readonly commit: LedgerCommit; readonly told: object } | undefined {
  const events = eventsOf(commit);
  const { type, data } = events[place] as RecordedEvent;
  const fields = Object.keys(data).filter((name) => !OBSERVED[type]?.includes(name));
  if (fields.length === 0) return undefined;
  const field = random.pick(fields);
  events[place] = { ...(events[place] as RecordedEvent), data: { ...data, [field]: otherThan(data[field]) } };
  return {
    commit: { ...commit, data: Buffer.from(JSON.stringify(events)) },
    told: { field, was: data[field] },
  };
}

function otherThan(value: unknown): unknown {
  if (value === 'allow') return 'deny';
  if (value === 'deny') return 'allow';
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'string') return /^\d+$/.test(value) ? String(BigInt(value) + 1n) : `${value}x`;
  if (Array.isArray(value)) return value.length > 0 ? value.map(otherThan) : ['x'];
  if (typeof value !== 'object' || value === null) return 'x';
  const entries = Object.entries(value);
  return entries.length === 0
    ? { x: 'x' }
    : Object.fromEntries(entries.map(([name, inner]) => [name, otherThan(inner)]));
}
