/**
 * Queries over request/reply (`writ.<tenant>.api.<service>.<call>`), through Nest's own NATS transport with plain JSON
 * on the wire, so that any NATS client can ask. The tenant comes from the subject, which the credential limits.
 */
import { MessagePattern, RpcException, Transport } from '@nestjs/microservices';
import type { Deserializer, NatsContext, NatsOptions, Serializer } from '@nestjs/microservices';
import type { Msg } from '@nats-io/nats-core';
import { CELL, WritError, messageOf } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import { CONNECT_TIMEOUT_MS, RECONNECT_PAUSE_MS } from '@writ/ledger';
import { z } from 'zod';
import type { ServiceEnvironment } from './config.ts';

/** A handler of `writ.<tenant>.api.<service>.<call>`, for every tenant or for the cell alone. */
export function ApiCall(service: string, call: string, tenant: '*' | typeof CELL = '*'): MethodDecorator {
  return MessagePattern(`writ.${tenant}.api.${service}.${call}`, Transport.NATS);
}

/** The tenant that asks. */
export function callingTenant(context: NatsContext): TenantId {
  return context.getSubject().split('.')[1] as TenantId;
}

/** The body of a call, checked; what is wrong with it is the caller's answer. */
export function requestBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new RpcException({ code: 'bad-request', message: z.prettifyError(result.error) });
}

/** An answer whose `WritError` reaches the caller with its code. */
export async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof WritError) throw new RpcException({ code: error.code, message: error.message });
    throw error;
  }
}

/** Options for `connectMicroservice`; replicas of a service share the calls. */
export function apiTransport(service: string, config: ServiceEnvironment): NatsOptions {
  const user = config.WRIT_NATS_USER;
  return {
    transport: Transport.NATS,
    options: {
      servers: config.WRIT_NATS_URL.split(','),
      queue: `writ-${service}`,
      name: `writ-${service}-api`,
      maxReconnectAttempts: -1,
      // As the connection to the ledger has it: with the client's own 2 s nobody answers for as long after a restart.
      reconnectTimeWait: RECONNECT_PAUSE_MS,
      timeout: CONNECT_TIMEOUT_MS,
      ...(user === undefined
        ? {}
        : { user, pass: config.WRIT_NATS_PASSWORD ?? '', inboxPrefix: `_INBOX_${user}` }),
      deserializer: PLAIN_REQUEST,
      serializer: PLAIN_REPLY,
    },
  };
}

/**
 * Answers go to inboxes only. A caller names the subject of its answer, and this service may publish to subjects that
 * the caller may not: an answer on `writ.<tenant>.decisions` would be a commit there.
 */
export function isInbox(subject: string | undefined): boolean {
  return subject?.startsWith('_INBOX') ?? false;
}

/** A message without an id is no request to Nest and is not answered. */
const PLAIN_REQUEST: Deserializer = {
  deserialize: (message: Msg, options?: { readonly channel?: string }) => ({
    pattern: options?.channel,
    data: jsonOf(message),
    id: isInbox(message.reply) ? message.reply : undefined,
  }),
};

interface Reply {
  readonly err?: unknown;
  readonly response?: unknown;
  readonly data?: unknown;
}

const PLAIN_REPLY: Serializer = {
  serialize: (reply: Reply) => ({
    data: JSON.stringify(reply.err === undefined ? reply.response : { error: errorOf(reply.err) }),
  }),
};

/** A message's body; `undefined` when it is no JSON, an empty object when it is empty. */
export function jsonOf(message: Msg): unknown {
  try {
    return message.data.length === 0 ? {} : message.json();
  } catch {
    return undefined;
  }
}

function errorOf(thrown: unknown): { readonly code: string; readonly message: string } {
  const { code = 'internal', message = messageOf(thrown) } = thrown as {
    readonly code?: string;
    readonly message?: string;
  };
  return { code, message };
}
