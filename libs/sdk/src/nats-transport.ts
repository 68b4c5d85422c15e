/**
 * The wire on NATS. A permission violation arrives beside the traffic, not as an answer to it; it is turned into a
 * `not-permitted` that names the subject, and told to whoever would otherwise wait for ever.
 */
import { PermissionViolationError, RequestError, TimeoutError } from '@nats-io/nats-core';
import type { NatsConnection } from '@nats-io/nats-core';
import { WritError, apiError, messageOf } from '@writ/contracts';
import { connectNats, jetstreamLedger } from '@writ/ledger';
import type { Append, AppendResult, Ledger } from '@writ/ledger';
import { QUERY_TIMEOUT_MS } from './limits.ts';
import type { Credentials } from './settings.ts';
import type { Transport, TransportEvents } from './transport.ts';

/** A transport whose user may read the ledger too: an operator. */
export interface LedgerTransport extends Transport {
  readonly ledger: Ledger;
}

/** @throws WritError `connection-failed` when nobody is there or the credentials are wrong. */
export async function natsTransport(credentials: Credentials, name: string): Promise<LedgerTransport> {
  const { server: url, user, password } = credentials;
  try {
    return new NatsTransport(await connectNats({ url, user, password, name }), user);
  } catch (cause) {
    const who = user === undefined ? 'without a user' : `as "${user}"`;
    throw new WritError('connection-failed', `cannot connect to ${url} ${who}: ${messageOf(cause)}`, {
      retryable: true,
      cause,
    });
  }
}

class NatsTransport implements LedgerTransport {
  readonly ledger: Ledger;
  readonly #connection: NatsConnection;
  readonly #user: string | undefined;
  #events: TransportEvents | undefined;

  constructor(connection: NatsConnection, user: string | undefined) {
    this.#connection = connection;
    this.ledger = jetstreamLedger(connection, user === undefined ? {} : { inboxPrefix: `_INBOX_${user}` });
    this.#user = user;
    void this.#followStatus();
  }

  append(request: Append): Promise<AppendResult> {
    return this.ledger.append(request);
  }

  async subscribe(subject: string, sink: (data: Uint8Array) => void): Promise<void> {
    let refusal: Error | undefined;
    this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) sink(message.data);
        else refusal = error;
      },
    });
    // The server answers in order: before its PONG a refusal of this subscription has arrived.
    await this.#connection.flush();
    if (refusal !== undefined) throw notPermitted('subscribe', subject, this.#user, refusal);
  }

  async query(subject: string, body: unknown, timeoutMs = QUERY_TIMEOUT_MS): Promise<unknown> {
    let reply: unknown;
    try {
      const message = await this.#connection.request(subject, JSON.stringify(body), { timeout: timeoutMs });
      reply = message.json();
    } catch (error) {
      throw this.#queryError(subject, error);
    }
    const failure = apiError.safeParse(reply);
    if (failure.success) throw new WritError(failure.data.error.code, failure.data.error.message);
    return reply;
  }

  watch(events: TransportEvents): void {
    this.#events = events;
  }

  async close(): Promise<void> {
    await this.ledger.close();
    await this.#connection.close();
  }

  async #followStatus(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === 'reconnect') this.#events?.reconnected();
      if (status.type !== 'error' || !(status.error instanceof PermissionViolationError)) continue;
      const { subject, operation } = status.error;
      const verb = operation === 'publish' ? operation : 'subscribe';
      this.#events?.refused(subject, notPermitted(verb, subject, this.#user, status.error));
    }
  }

  #queryError(subject: string, error: unknown): WritError {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    if (cause instanceof PermissionViolationError) return notPermitted('publish', subject, this.#user, cause);
    if (error instanceof RequestError || error instanceof TimeoutError) {
      return new WritError('unavailable', `nobody answers on ${subject}: ${messageOf(error)}`, {
        retryable: true,
        cause: error,
      });
    }
    return new WritError('query-failed', `${subject}: ${messageOf(error)}`, { cause: error });
  }
}

function notPermitted(
  verb: 'publish' | 'subscribe',
  subject: string,
  user: string | undefined,
  cause: Error,
): WritError {
  const who = user === undefined ? 'this connection (no user)' : `the credential "${user}"`;
  const right =
    'an agent may publish to writ.<tenant>.requests.<agent> and hear writ.<tenant>.notices.<agent> of its own' +
    ' credential, which is named agent-<tenant>-<agent>; connect with that tenant and agent';
  return new WritError('not-permitted', `${who} may not ${verb} to ${subject}: ${right}`, {
    details: { subject, operation: verb, user },
    cause,
  });
}
