/** Connections that never give up: a server that is away comes back, and a service waits for it. */
import { connect } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/nats-core';

export interface NatsAddress {
  /** One or more servers, comma separated: `nats://host:4222`. */
  readonly url: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Shown in the server's monitoring. */
  readonly name: string;
}

/**
 * A server that dies between a client's CONNECT and its own answer is noticed by the client only when this is over; its own
 * 20 s are as long without a ledger, at a start as well as at a reconnect.
 */
export const CONNECT_TIMEOUT_MS = 5_000;
export const RECONNECT_PAUSE_MS = 200;
const PING_INTERVAL_MS = 10_000;

/**
 * Connects; replies come to `_INBOX_<user>`, so that permissions can keep users out of each other's inboxes.
 * @throws the client's error when the first connection is refused (wrong credentials, nobody there).
 */
export function connectNats(address: NatsAddress): Promise<NatsConnection> {
  return connect({
    servers: address.url.split(',').map((server) => server.trim()),
    name: address.name,
    maxReconnectAttempts: -1,
    timeout: CONNECT_TIMEOUT_MS,
    reconnectTimeWait: RECONNECT_PAUSE_MS,
    pingInterval: PING_INTERVAL_MS,
    noAsyncTraces: true,
    ...(address.user === undefined
      ? {}
      : { user: address.user, pass: address.password ?? '', inboxPrefix: `_INBOX_${address.user}` }),
  });
}
