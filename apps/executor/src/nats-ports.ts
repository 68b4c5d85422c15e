/** The agent's ports over NATS: plain request/reply to the scheduler, core publishes to agents, the payload bucket. */
import { createInbox } from '@nats-io/nats-core';
import type { Msg, NatsConnection } from '@nats-io/nats-core';
import { Objm } from '@nats-io/obj';
import type { ObjectStore } from '@nats-io/obj';
import {
  CELL,
  PAYLOAD_BUCKET,
  WritError,
  apiError,
  isPlainGrants,
  pullReply,
  subjects,
  toolReply,
} from '@writ/contracts';
import type { PullReply } from '@writ/contracts';
import type { z } from 'zod';
import { PULL_TIMEOUT_MS, REQUEST_TIMEOUT_MS } from './limits.ts';
import type { ExecutorPorts, PayloadStore, SchedulerPort } from './ports.ts';

const PULL = subjects.api(CELL, 'scheduler', 'pull');
const LEADERS = subjects.leaders('scheduler');

/**
 * The three ports that a NATS connection gives. The payload bucket is made by `ensureLedger`. `inboxPrefix` as given to
 * the connection: answers must come to an inbox that its user may subscribe.
 */
export function natsPorts(
  connection: NatsConnection,
  inboxPrefix?: string,
): Pick<ExecutorPorts, 'scheduler' | 'notify' | 'payloads'> {
  return {
    scheduler: natsScheduler(connection, inboxPrefix),
    payloads: natsPayloads(connection),
    notify: (tenant, agent, batch) => connection.publish(subjects.notices(tenant, agent), batch),
  };
}

function natsScheduler(connection: NatsConnection, inboxPrefix: string | undefined): SchedulerPort {
  const tool = subjects.api(CELL, 'scheduler', 'tool');
  const open = new Set<(error: Error) => void>();
  const interrupt = (code: string, why: string): void => {
    for (const reject of open) reject(new WritError(code, why, { retryable: true }));
  };
  void onReconnect(connection, () => interrupt('reconnected', 'the pull was lost with its connection'));
  // One that may not hear of it (its NATS user is older) waits for its timeout.
  connection.subscribe(LEADERS, {
    callback: (error) => {
      if (!error) interrupt('new-leader', 'another scheduler leads, and does not know of the pull');
    },
  });
  return {
    async pull(request, more) {
      const last = Promise.withResolvers<PullReply>();
      const inbox = createInbox(inboxPrefix);
      const answers = connection.subscribe(inbox, {
        callback: (_error, message) => {
          try {
            const reply = pullReplyIn(message);
            if (reply.more) more(reply);
            else last.resolve(reply);
          } catch (error) {
            last.reject(error);
          }
        },
      });
      const timeout = setTimeout(() => last.reject(unanswered()), PULL_TIMEOUT_MS);
      open.add(last.reject);
      try {
        connection.publish(PULL, JSON.stringify(request), { reply: inbox });
        return await last.promise;
      } finally {
        open.delete(last.reject);
        clearTimeout(timeout);
        answers.unsubscribe();
      }
    },
    async fetchTool(tenant, digest) {
      const reply = await ask(connection, tool, { tenant, digest }, toolReply, REQUEST_TIMEOUT_MS);
      return reply.tool;
    },
  };
}

function unanswered(): WritError {
  return new WritError('no-answer', 'the scheduler does not end the pull', { retryable: true });
}

/** An answer without a body is the server's: nobody listens there. */
function pullReplyIn(message: Msg): PullReply {
  if (message.data.length === 0)
    throw new WritError('no-scheduler', 'no scheduler listens to pulls', { retryable: true });
  const reply = message.json<unknown>();
  return isPlainGrants(reply) ? reply : checked(reply, PULL, pullReply);
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
  return checked(message.json(), subject, schema);
}

function checked<T>(reply: unknown, subject: string, schema: z.ZodType<T>): T {
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
