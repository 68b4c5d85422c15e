/** Snapshots in a real object store: what comes back is what was saved, or nothing. */
import { Objm } from '@nats-io/obj';
import type { NatsConnection } from '@nats-io/nats-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNats } from '@writ/testkit';
import type { NatsServer } from '@writ/testkit';
import type { Snapshot } from '../host/snapshots.ts';
import { connectNats } from './connect.ts';
import { ensureLedger } from './ensure-ledger.ts';
import { SNAPSHOT_BUCKET, objectSnapshots } from './object-snapshots.ts';

let server: NatsServer;
let connection: NatsConnection;

beforeAll(async () => {
  server = await startNats();
  connection = await connectNats({ url: server.url, name: 'snapshots' });
  await ensureLedger(connection);
});
afterAll(async () => {
  await connection.close();
  await server.stop();
});

function snapshot(decider: string, state: unknown): Snapshot {
  const tails = [['writ.lab.budget', 6]] as const;
  return { decider, version: 3, basis: 7, ownSeq: 6, now: 1_000, tails, state: JSON.stringify(state) };
}

/** Wherever a chunk ends, there is a place of it in the middle of a pair of surrogates. */
const pairs = (lead: string) => lead + '🧪'.repeat(200_000);

describe('a snapshot in the object store', () => {
  it.each([
    ['a small one', ['a']],
    ['many chunks', 'x'.repeat(1_000_000)],
    ['pairs of surrogates from an even place on', pairs('')],
    ['pairs of surrogates from an odd place on', pairs('x')],
    ['half a pair and a line end', '\ud83e\n'],
  ])('%s: comes back as it was saved', async (_what, state) => {
    const saved = snapshot('echo', state);
    const store = objectSnapshots(connection);
    await store.save(saved);
    expect(await store.load('echo', 3)).toEqual(saved);
  });
  it('a later one: replaces it', async () => {
    const store = objectSnapshots(connection);
    await store.save(snapshot('twice', ['old']));
    await store.save(snapshot('twice', ['new']));
    expect((await store.load('twice', 3))?.state).toBe('["new"]');
  });
  it('of another version, or of none: is not there', async () => {
    const store = objectSnapshots(connection);
    await store.save(snapshot('versions', []));
    expect(await store.load('versions', 4)).toBeUndefined();
    expect(await store.load('nobody', 3)).toBeUndefined();
  });
  it.each([
    ['whose state is not what was hashed', (text: string) => text.replace('held', 'free')],
    ['that was cut short', (text: string) => text.slice(0, 4)],
    ['of an earlier release', () => JSON.stringify(snapshot('old', []))],
  ])('one %s: is thrown away', async (_what, damage) => {
    const store = objectSnapshots(connection);
    await store.save(snapshot('damaged', ['held']));
    const bucket = await new Objm(connection).open(SNAPSHOT_BUCKET);
    const bytes = (await bucket.getBlob('damaged.3')) as Uint8Array;
    const damaged = damage(new TextDecoder().decode(bytes));
    await bucket.putBlob({ name: 'damaged.3' }, new TextEncoder().encode(damaged));
    expect(await store.load('damaged', 3)).toBeUndefined();
  });
});
