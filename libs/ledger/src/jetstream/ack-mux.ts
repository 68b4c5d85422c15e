/**
 * Publishing to JetStream with one reply subscription for all acks of a connection: several times cheaper than a
 * request each (STACK.md §4). A lost connection answers everything in flight with `unknown` at once, and what is to be
 * published meanwhile waits here: the client forgets what it was given while it tries to connect again.
 */
import { MsgHdrsImpl, createInbox } from '@nats-io/nats-core';
import type { Msg, MsgHdrs, NatsConnection } from '@nats-io/nats-core';
import { BATCH_CONTENT_TYPE, WritError, invariant } from '@writ/contracts';
import type { Append, AppendResult } from '../port.ts';

/** How long an ack may take before the append counts as unknown. */
export const ACK_TIMEOUT_MS = 5_000;
const SWEEP_MS = 250;

/** JetStream's own code for a failed sequence check. */
const WRONG_LAST_SEQUENCE = 10071;
/** Codes of a stream that takes no more: messages, bytes, storage, account limits, disk. */
const FULL: ReadonlySet<number> = new Set([10023, 10028, 10047, 10077, 10122]);

interface PubAck {
  readonly seq?: number;
  readonly error?: { readonly code: number; readonly err_code?: number; readonly description?: string };
}

interface Pending {
  readonly token: string;
  readonly request: Append;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: WritError) => void;
  readonly since: number;
  /** Whether it was handed to the client. */
  sent: boolean;
}

export class AckMux {
  readonly #connection: NatsConnection;
  readonly #prefix: string;
  readonly #pending = new Map<string, Pending>();
  readonly #sweeper: NodeJS.Timeout;
  #counter = 0;
  #up = true;
  #reconnected = Promise.withResolvers<void>();

  constructor(connection: NatsConnection, inboxPrefix?: string) {
    this.#connection = connection;
    this.#prefix = `${createInbox(inboxPrefix)}.`;
    connection.subscribe(`${this.#prefix}*`, { callback: (_error, message) => this.#onAck(message) });
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref();
    this.#reconnected.resolve();
    void this.#watchConnection();
  }

  /** Resolves while the connection is up: what is asked while it is down would be lost and wait for its timeout. */
  connected(): Promise<void> {
    return this.#reconnected.promise;
  }

  publish(request: Append): Promise<AppendResult> {
    const token = (++this.#counter).toString(36);
    return new Promise((resolve, reject) => {
      const pending = { token, request, resolve, reject, since: performance.now(), sent: false };
      this.#pending.set(token, pending);
      if (this.#up) this.#send(pending);
    });
  }

  close(): void {
    clearInterval(this.#sweeper);
    this.#giveUp('closed');
  }

  #send(pending: Pending): void {
    const { token, request } = pending;
    pending.sent = true;
    try {
      this.#connection.publish(request.subject, request.data, {
        reply: this.#prefix + token,
        headers: headersOf(request),
      });
    } catch (cause) {
      this.#pending.delete(token);
      pending.resolve({ status: 'unknown', cause });
    }
  }

  #onAck(message: Msg): void {
    const token = message.subject.slice(this.#prefix.length);
    const pending = this.#pending.get(token);
    if (!pending) return;
    this.#pending.delete(token);
    if (message.data.length === 0) {
      pending.resolve({ status: 'unknown', cause: 'no stream answered' });
      return;
    }
    const ack = message.json<PubAck>();
    if (ack.error === undefined && ack.seq !== undefined) {
      pending.resolve({ status: 'committed', seq: ack.seq });
    } else if (ack.error?.err_code === WRONG_LAST_SEQUENCE) {
      pending.resolve({ status: 'conflict' });
    } else {
      this.#refuse(pending, ack);
    }
  }

  #refuse(pending: Pending, ack: PubAck): void {
    const description = ack.error?.description ?? 'no reason given';
    if (FULL.has(ack.error?.err_code ?? 0)) {
      const message = `the ledger takes no more (${description}); make room on its disk or raise the limit of stream WRIT`;
      pending.reject(new WritError('stream-full', message, { retryable: true, details: { ...ack.error } }));
    } else if ((ack.error?.code ?? 0) >= 500) {
      pending.resolve({ status: 'unknown', cause: description });
    } else {
      const message = `the ledger refused a commit on ${pending.request.subject}: ${description}`;
      pending.reject(new WritError('append-refused', message, { details: { ...ack.error } }));
    }
  }

  /** Map order is the order of arrival, so the scan ends at the first that is young enough. */
  #sweep(): void {
    const limit = performance.now() - ACK_TIMEOUT_MS;
    for (const [token, pending] of this.#pending) {
      if (pending.since > limit) break;
      this.#pending.delete(token);
      pending.resolve({ status: 'unknown', cause: `no ack within ${ACK_TIMEOUT_MS} ms` });
    }
  }

  async #watchConnection(): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (type === 'disconnect') this.#down();
      else if (type === 'reconnect') this.#again();
      else if (type === 'close') {
        this.#giveUp('closed');
        this.#reconnected.resolve();
      }
    }
  }

  /** Told at every attempt that fails, too: what waits goes on waiting. */
  #down(): void {
    if (this.#up) this.#reconnected = Promise.withResolvers();
    this.#up = false;
    this.#giveUp('connection lost', ({ sent }) => sent);
  }

  #again(): void {
    this.#up = true;
    this.#reconnected.resolve();
    for (const pending of this.#pending.values()) if (!pending.sent) this.#send(pending);
  }

  #giveUp(cause: string, which: (pending: Pending) => boolean = () => true): void {
    const lost = [...this.#pending.values()].filter(which);
    for (const { token, resolve } of lost) {
      this.#pending.delete(token);
      resolve({ status: 'unknown', cause });
    }
  }
}

/** Not set one by one: the client checks and copies every name each time, a third of all that a service allocated. */
function headersOf({ id, expected, headers }: Append): MsgHdrs {
  const record: Record<string, string[]> = { 'Nats-Msg-Id': [id], 'Content-Type': [BATCH_CONTENT_TYPE] };
  if (expected !== undefined) record['Nats-Expected-Last-Subject-Sequence'] = [String(expected)];
  for (const name in headers) record[name] = [headers[name] as string];
  for (const name in record) {
    const [value = ''] = record[name] as string[];
    invariant(!/[\r\n]/.test(value), `header ${name} of a commit has a line break`);
  }
  return MsgHdrsImpl.fromRecord(record);
}
