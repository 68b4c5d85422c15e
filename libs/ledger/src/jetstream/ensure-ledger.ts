/**
 * Creates what a cell needs in JetStream, once: the ledger stream and its buckets. Only an operator may; services
 * find it there. An existing stream is left as it is, because its limits are the operator's to change.
 */
import {
  DiscardPolicy,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  jetstreamManager,
} from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { Objm } from '@nats-io/obj';
import { nanos } from '@nats-io/nats-core';
import type { NatsConnection } from '@nats-io/nats-core';
import { LEDGER_STREAM, MAX_COMMIT_BYTES, PAYLOAD_BUCKET, STORED_SUBJECTS, WritError } from '@writ/contracts';
import { LEASE_BUCKET, LEASE_TTL_MS } from './kv-lease.ts';
import { SNAPSHOT_BUCKET } from './object-snapshots.ts';

export interface LedgerShape {
  /** 3 in production, 1 in development. */
  readonly replicas?: number;
  /** Most bytes the stream may take; unlimited by default. Full means refused, never forgotten. */
  readonly maxBytes?: number;
}

const OLDEST_SERVER = [2, 12] as const;
const STREAM_NOT_FOUND = 10059;
/** Ids are found again by read-back, so the server needs to remember them only across a quick retry. */
const DEDUPE_WINDOW_MS = 1_000;

/**
 * Resolves to whether the stream was made now or stood there already.
 * @throws WritError `nats-too-old` when the server lacks what the ledger stands on.
 */
export async function ensureLedger(
  connection: NatsConnection,
  shape: LedgerShape = {},
): Promise<'created' | 'found'> {
  checkServer(connection);
  const manager = await jetstreamManager(connection);
  let stream: 'created' | 'found' = 'found';
  try {
    await manager.streams.info(LEDGER_STREAM);
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== STREAM_NOT_FOUND) throw error;
    stream = 'created';
    await manager.streams.add({
      name: LEDGER_STREAM,
      subjects: [...STORED_SUBJECTS],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.New,
      deny_delete: true,
      deny_purge: true,
      num_replicas: shape.replicas ?? 1,
      max_bytes: shape.maxBytes ?? -1,
      max_msg_size: 2 * MAX_COMMIT_BYTES,
      duplicate_window: nanos(DEDUPE_WINDOW_MS),
    });
  }
  const replicas = shape.replicas ?? 1;
  await new Kvm(connection).create(LEASE_BUCKET, { ttl: LEASE_TTL_MS, replicas, history: 1 });
  const objects = new Objm(connection);
  await objects.create(PAYLOAD_BUCKET, { replicas });
  await objects.create(SNAPSHOT_BUCKET, { replicas });
  return stream;
}

function checkServer(connection: NatsConnection): void {
  const version = connection.info?.version ?? '0.0.0';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST_SERVER[0] || (major === OLDEST_SERVER[0] && minor >= OLDEST_SERVER[1])) return;
  const wanted = OLDEST_SERVER.join('.');
  throw new WritError('nats-too-old', `nats-server ${version} is too old: Writ needs ${wanted} or newer`);
}
