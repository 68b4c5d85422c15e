/** The agent's ports over NATS: plain request/reply to the scheduler, core publishes to agents, the payload bucket. */
import type { NatsConnection } from '@nats-io/nats-core';
import { Objm } from '@nats-io/obj';
import type { ObjectStore } from '@nats-io/obj';
import { CELL, PAYLOAD_BUCKET, WritError, apiError, pullReply, subjects, toolReply } from '@writ/contracts';
import type { PullReply } from '@writ/contracts';
import type { z } from 'zod';
import { PULL_TIMEOUT_MS, REQUEST_TIMEOUT_MS } from './limits.ts';
import type { ExecutorPorts, PayloadStore, SchedulerPort } from './ports.ts';

/** The three ports that a NATS connection gives. The payload bucket is made by `ensureLedger`. */
export function natsPorts(
  connection: NatsConnection,
): Pick<ExecutorPorts, 'scheduler' | 'notify' | 'payloads'> {
  return {
    scheduler: natsScheduler(connection),
    payloads: natsPayloads(connection),
    notify: (tenant, agent, batch) => connection.publish(subjects.notices(tenant, agent), batch),
  };
}

function natsScheduler(connection: NatsConnection): SchedulerPort {
  const pull = subjects.api(CELL, 'scheduler', 'pull');
  const tool = subjects.api(CELL, 'scheduler', 'tool');
  let interrupt: (error: Error) => void = () => undefined;
  void onReconnect(connection, () => {
    interrupt(new WritError('reconnected', 'the pull was lost with its connection', { retryable: true }));
  });
  return {
    pull: (request): Promise<PullReply> => {
      const interrupted = new Promise<never>((_, reject) => (interrupt = reject));
      return Promise.race([ask(connection, pull, request, pullReply, PULL_TIMEOUT_MS), interrupted]);
    },
    async fetchTool(tenant, digest) {
      const reply = await ask(connection, tool, { tenant, digest }, toolReply, REQUEST_TIMEOUT_MS);
      return reply.tool;
    },
  };
}

/** A reply that was on its way to the connection before will not come; waiting for it would be idle time. */
async function onReconnect(connection: NatsConnection, then: () => void): Promise<void> {
  for await (const status of connection.status()) if (status.type === 'reconnect') then();
}

/** @throws WritError the reply's own error, or `bad-reply`; the client's error when nobody answers in time. */
async function ask<T>(
  connection: NatsConnection,
  subject: string,
  body: unknown,
  schema: z.ZodType<T>,
  timeout: number,
): Promise<T> {
  const message = await connection.request(subject, JSON.stringify(body), { timeout });
  const reply = message.json<unknown>();
  const parsed = schema.safeParse(reply);
  if (parsed.success) return parsed.data;
  const refused = apiError.safeParse(reply);
  if (refused.success)
    throw new WritError(refused.data.error.code, refused.data.error.message, { retryable: true });
  throw new WritError('bad-reply', `${subject} was answered with what is no reply: ${parsed.error.message}`);
}

/** Outputs by digest. What is stored under a digest never changes, so a second put is left out. */
function natsPayloads(connection: NatsConnection): PayloadStore {
  let bucket: Promise<ObjectStore> | undefined;
  const open = async (): Promise<ObjectStore> => {
    bucket ??= new Objm(connection).open(PAYLOAD_BUCKET);
    try {
      return await bucket;
    } catch (error) {
      bucket = undefined;
      throw error;
    }
  };
  return {
    async put(ref, bytes) {
      const store = await open();
      const known = await store.info(ref.digest);
      if (known && !known.deleted) return;
      await store.putBlob({ name: ref.digest, metadata: { mediaType: ref.mediaType } }, bytes);
    },
  };
}
