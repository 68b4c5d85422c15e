/**
 * Snapshots in the object store, one object a decider and version; the newest replaces the one before. A state's text
 * may have tens of megabytes, and whoever saves it has calls to decide: it is encoded, hashed and sent in chunks, each
 * awaited, and never held twice. The object is that text, then on a line of its own what else belongs to the snapshot,
 * with the digest, which is known only then.
 */
import { createHash } from 'node:crypto';
import { ReadableStream } from 'node:stream/web';
import { Objm, setSha256Backend } from '@nats-io/obj';
import type { ObjectStore } from '@nats-io/obj';
import type { NatsConnection } from '@nats-io/nats-core';
import { digestOfBytes } from '@writ/contracts';
import type { Digest } from '@writ/contracts';
import type { Snapshot, SnapshotStore } from '../host/snapshots.ts';

export const SNAPSHOT_BUCKET = 'WRIT_SNAPSHOTS';

/** Characters that are encoded at a time; most take one byte. */
const CHUNK_CHARACTERS = 128 * 1024;
const LINE_END = 0x0a;

/** The last line of the object. */
interface Ending extends Omit<Snapshot, 'state'> {
  readonly hash: Digest;
}

// The client hashes all that it stores, by default in JavaScript.
setSha256Backend('native');

export function objectSnapshots(connection: NatsConnection): SnapshotStore {
  let bucket: Promise<ObjectStore> | undefined;
  const open = (): Promise<ObjectStore> => (bucket ??= new Objm(connection).open(SNAPSHOT_BUCKET));
  return {
    async save(snapshot) {
      const store = await open();
      await store.put(
        { name: nameOf(snapshot.decider, snapshot.version) },
        ReadableStream.from(encode(snapshot)),
      );
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

/** Each chunk is made when the one before it has been stored. */
function* encode({ state, ...rest }: Snapshot): Generator<Uint8Array> {
  const hash = createHash('sha256');
  for (let from = 0; from < state.length;) {
    const to = endOfChunk(state, from);
    const bytes = Buffer.from(state.slice(from, to));
    hash.update(bytes);
    yield bytes;
    from = to;
  }
  const ending: Ending = { ...rest, hash: `sha256:${hash.digest('hex')}` as Digest };
  yield Buffer.from(`\n${JSON.stringify(ending)}`);
}

/** A pair of surrogates is one character of UTF-8. */
function endOfChunk(text: string, from: number): number {
  const to = Math.min(from + CHUNK_CHARACTERS, text.length);
  const last = text.charCodeAt(to - 1);
  return to < text.length && last >= 0xd800 && last <= 0xdbff ? to - 1 : to;
}

/** What is damaged or does not hash to what it says is no snapshot. JSON text has no line ends. */
function decode(bytes: Uint8Array): Snapshot | undefined {
  try {
    const end = bytes.lastIndexOf(LINE_END);
    const state = Buffer.from(bytes.buffer, bytes.byteOffset, end);
    const { hash, ...rest } = JSON.parse(Buffer.from(bytes.subarray(end + 1)).toString()) as Ending;
    return digestOfBytes(state) === hash ? { ...rest, state: state.toString() } : undefined;
  } catch {
    return undefined;
  }
}
