/** The payload bucket by digest. Its bucket is made by `ensureLedger`; what is stored under a digest never changes. */
import type { NatsConnection } from '@nats-io/nats-core';
import { Objm } from '@nats-io/obj';
import type { ObjectStore } from '@nats-io/obj';
import { PAYLOAD_BUCKET, digestOfBytes } from '@writ/contracts';
import type { Digest } from '@writ/contracts';
import type { PayloadReader } from './ports.ts';

export interface PayloadBucket extends PayloadReader {
  /** Keeps the bytes under their digest. */
  keep(bytes: Uint8Array): Promise<Digest>;
}

export function payloadBucket(connection: NatsConnection): PayloadBucket {
  let opened: Promise<ObjectStore> | undefined;
  const open = async (): Promise<ObjectStore> => {
    opened ??= new Objm(connection).open(PAYLOAD_BUCKET);
    try {
      return await opened;
    } catch (error) {
      opened = undefined;
      throw error;
    }
  };
  return {
    async read(digest) {
      return (await (await open()).getBlob(digest)) ?? undefined;
    },
    async keep(bytes) {
      const store = await open();
      const digest = digestOfBytes(bytes);
      const known = await store.info(digest);
      if (!known || known.deleted) await store.putBlob({ name: digest }, bytes);
      return digest;
    },
  };
}
