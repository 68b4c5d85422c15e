/**
 * Large inputs in, large outputs out, for agents: they have no right to the object store, where every tenant's payloads
 * lie side by side. Any executor answers. Who knows a digest may read what has it: it is the SHA-256 of at least 64 KiB
 * that he, or a fact that he was told, has seen.
 */
import type { Msg, NatsConnection } from '@nats-io/nats-core';
import { PAYLOAD_PART_BYTES, loadRequest, messageOf, storeRequest, subjects } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import type { PayloadBucket } from './payload-bucket.ts';

const QUEUE = 'writ-executors';
const EVERY_TENANT = '*' as TenantId;

/** Serves until the returned function is called. */
export function servePayloads(connection: NatsConnection, bucket: PayloadBucket): () => void {
  const serve = (call: string, answer: (body: unknown) => Promise<unknown>): { unsubscribe(): void } =>
    connection.subscribe(subjects.api(EVERY_TENANT, 'executor', call), {
      queue: QUEUE,
      callback: (error, message) => void (error === null && respond(message, answer)),
    });
  const calls = [
    serve('store', async (body) => {
      const { base64 } = storeRequest.parse(body);
      return { digest: await bucket.keep(Buffer.from(base64, 'base64')) };
    }),
    serve('load', async (body) => {
      const { digest, part } = loadRequest.parse(body);
      const bytes = await bucket.read(digest);
      if (bytes === undefined) return failure('payload-missing', `nothing is stored under ${digest}`);
      const from = part * PAYLOAD_PART_BYTES;
      const slice = Buffer.from(bytes.subarray(from, from + PAYLOAD_PART_BYTES));
      const parts = Math.max(1, Math.ceil(bytes.length / PAYLOAD_PART_BYTES));
      return { base64: slice.toString('base64'), parts };
    }),
  ];
  return () => calls.forEach((one) => one.unsubscribe());
}

async function respond(message: Msg, answer: (body: unknown) => Promise<unknown>): Promise<void> {
  let reply: unknown;
  try {
    reply = await answer(message.json());
  } catch (error) {
    reply = failure('payload-failed', messageOf(error));
  }
  message.respond(JSON.stringify(reply));
}

function failure(code: string, message: string): unknown {
  return { error: { code, message } };
}
