/** The leader lease as a JetStream key with a time to live: taken by create, renewed by compare-and-set. */
import { Kvm } from '@nats-io/kv';
import type { KV } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/nats-core';
import type { Lease } from '../host/lease.ts';

export const LEASE_BUCKET = 'WRIT_LEASES';

/** How long a silent leader keeps its lease: the time in which nobody decides after a leader was killed. */
export const LEASE_TTL_MS = 3_000;

/** One lease: `name` is the decider, `holder` tells this process from every other. */
export function kvLease(connection: NatsConnection, name: string, holder: string): Lease {
  let bucket: Promise<KV> | undefined;
  let revision = 0;
  const open = (): Promise<KV> => (bucket ??= new Kvm(connection).open(LEASE_BUCKET, { bindOnly: true }));
  return {
    async hold() {
      const kv = await open().catch((error: unknown) => {
        bucket = undefined;
        throw error;
      });
      try {
        revision = revision > 0 ? await kv.update(name, holder, revision) : await kv.create(name, holder);
        return true;
      } catch (error) {
        revision = 0;
        if (isTaken(error)) return false;
        throw error;
      }
    },
    async release() {
      if (revision === 0) return;
      const kv = await open();
      await kv.delete(name, { previousSeq: revision }).catch(() => undefined);
      revision = 0;
    },
  };
}

/** JetStream answers a lost compare-and-set with its "wrong last sequence". */
function isTaken(error: unknown): boolean {
  return error instanceof Error && /wrong last sequence|key exists/i.test(error.message);
}
