/** Snapshots in the object store, one object a decider and version; the newest replaces the one before. */
import { Objm } from '@nats-io/obj';
import type { ObjectStore } from '@nats-io/obj';
import type { NatsConnection } from '@nats-io/nats-core';
import { digestOfBytes } from '@writ/contracts';
import type { Snapshot, SnapshotStore } from '../host/snapshots.ts';

export const SNAPSHOT_BUCKET = 'WRIT_SNAPSHOTS';

export function objectSnapshots(connection: NatsConnection): SnapshotStore {
  let bucket: Promise<ObjectStore> | undefined;
  const open = (): Promise<ObjectStore> => (bucket ??= new Objm(connection).open(SNAPSHOT_BUCKET));
  return {
    async save(snapshot) {
      const store = await open();
      await store.putBlob({ name: nameOf(snapshot.decider, snapshot.version) }, encode(snapshot));
    },
    async load(decider, version) {
      const bytes = await (await open()).getBlob(nameOf(decider, version));
      return bytes ? decode(bytes) : undefined;
    },
  };
}

function nameOf(decider: string, version: number): string {
  return `${decider}.${version}`;
}

function encode(snapshot: Snapshot): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(snapshot));
}

/** What is damaged or does not hash to what it says is no snapshot. */
function decode(bytes: Uint8Array): Snapshot | undefined {
  try {
    const snapshot = JSON.parse(new TextDecoder().decode(bytes)) as Snapshot;
    return digestOfBytes(snapshot.state) === snapshot.hash ? snapshot : undefined;
  } catch {
    return undefined;
  }
}
