/**
 * Queries over request/reply (`writ.<tenant>.api.<service>.<call>`), through Nest's own NATS transport with plain JSON
 * on the wire, so that any NATS client can ask. The tenant comes from the subject, which the credential limits.
 */
import { Transport } from '@nestjs/microservices';
import type { Deserializer, NatsContext, NatsOptions, Serializer } from '@nestjs/microservices';
import type { Msg } from '@nats-io/nats-core';
import { messageOf } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import type { ServiceEnvironment } from './config.ts';

/** Pattern of a call of any tenant. */
export function apiPattern(service: string, call: string): string {
  return `writ.*.api.${service}.${call}`;
}

/** The tenant that asks. */
export function callingTenant(context: NatsContext): TenantId {
  return context.getSubject().split('.')[1] as TenantId;
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
      ...(user === undefined ? {} : { user, pass: config.WRIT_NATS_PASSWORD ?? '', inboxPrefix: `_INBOX_${user}` }),
      deserializer: PLAIN_REQUEST,
      serializer: PLAIN_REPLY,
    },
  } as NatsOptions;
}

const PLAIN_REQUEST: Deserializer = {
  deserialize: (message: Msg, options?: { readonly channel?: string }) => ({
    pattern: options?.channel,
    data: jsonOf(message),
    id: message.reply,
  }),
};

interface Reply {
  readonly err?: unknown;
  readonly response?: unknown;
  readonly data?: unknown;
}

const PLAIN_REPLY: Serializer = {
  serialize: (reply: Reply) => ({ data: JSON.stringify(reply.err === undefined ? reply.response : { error: errorOf(reply.err) }) }),
};

function jsonOf(message: Msg): unknown {
  try {
    return message.data.length === 0 ? {} : message.json();
  } catch {
    return undefined;
  }
}

function errorOf(thrown: unknown): { readonly code: string; readonly message: string } {
  const { code = 'internal', message = messageOf(thrown) } = thrown as { readonly code?: string; readonly message?: string };
  return { code, message };
}
