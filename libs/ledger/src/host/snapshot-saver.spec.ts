/** When snapshots are taken, and that at most one is on its way. */
import { describe, expect, it } from 'vitest';
import { SnapshotSaver } from './snapshot-saver.ts';
import type { Snapshot } from './snapshots.ts';

const EVERY = 10;

/** A saver of a path whose state is the number of commits read, and a store that waits to be told what became of it. */
function saving() {
  const taken: string[] = [];
  const endings: { stored(): void; failed(why: string): void }[] = [];
  const said: string[] = [];
  let state = 0;
  const save = async ({ state: text }: Snapshot): Promise<void> => {
    taken.push(text);
    await new Promise<void>((resolve, reject) =>
      endings.push({ stored: resolve, failed: (why) => reject(new Error(why)) }),
    );
  };
  const load = (): Promise<undefined> => Promise.resolve(undefined);
  const saver = new SnapshotSaver({ save, load }, EVERY, (sentence) => said.push(sentence));
  const path = {
    snapshot: (): Snapshot => ({
      decider: 'count',
      version: 1,
      basis: state,
      ownSeq: 0,
      now: 0,
      tails: [],
      state: String(state),
    }),
  };
  const read = (commits: number): void => {
    state += commits;
    saver.read(commits);
    saver.saveInTurn(path);
  };
  return { saver, path, read, taken, endings, said };
}

/** Lets what follows an ending happen. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('snapshots of a leader', () => {
  it('so many commits read: one is taken, and the next as many later', async () => {
    const { read, taken, endings } = saving();
    read(EVERY - 1);
    expect(taken).toEqual([]);
    read(1);
    expect(taken).toEqual(['10']);
    endings[0]?.stored();
    await settle();
    read(EVERY - 1);
    expect(taken).toEqual(['10']);
    read(1);
    expect(taken).toEqual(['10', '20']);
  });
  it('one being stored: no second one is taken, but as soon as it is stored', async () => {
    const { read, taken, endings } = saving();
    read(EVERY);
    read(2 * EVERY);
    expect(taken).toEqual(['10']);
    endings[0]?.stored();
    await settle();
    read(1);
    expect(taken).toEqual(['10', '31']);
  });
  it('one that could not be stored: is told, and the next is taken in its turn', async () => {
    const { read, taken, endings, said } = saving();
    read(EVERY);
    endings[0]?.failed('no space');
    await settle();
    expect(said).toEqual(['snapshot not saved: no space']);
    read(EVERY);
    expect(taken).toEqual(['10', '20']);
  });
  it('the last one: is taken after the one under way, and waited for', async () => {
    const { saver, path, read, taken, endings } = saving();
    read(EVERY);
    read(1);
    let isStored = false;
    const last = saver.saveLast(path).then(() => (isStored = true));
    await settle();
    expect([taken, isStored]).toEqual([['10'], false]);
    endings[0]?.stored();
    await settle();
    expect([taken, isStored]).toEqual([['10', '11'], false]);
    endings[1]?.stored();
    await last;
  });
});
