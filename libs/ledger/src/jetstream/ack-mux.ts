/**
 * Publishing to JetStream with one reply subscription for all acks of a connection: several times cheaper than a
 * request each (STACK.md §4), and a lost connection answers everything in flight with `unknown` at once.
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
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: WritError) => void;
  readonly subject: string;
  readonly sentAt: number;
}

export class AckMux {
  readonly #connection: NatsConnection;
  readonly #prefix: string;
  readonly #pending = new Map<string, Pending>();
  readonly #sweeper: NodeJS.Timeout;
  #counter = 0;
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
      this.#pending.set(token, { resolve, reject, subject: request.subject, sentAt: performance.now() });
      try {
        this.#connection.publish(request.subject, request.data, {
          reply: this.#prefix + token,
          headers: headersOf(request),
        });
      } catch (cause) {
        this.#pending.delete(token);
        resolve({ status: 'unknown', cause });
      }
    });
  }

  close(): void {
    clearInterval(this.#sweeper);
    this.#giveUp('closed');
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
      const message = `the ledger refused a commit on ${pending.subject}: ${description}`;
      pending.reject(new WritError('append-refused', message, { details: { ...ack.error } }));
    }
  }

  /** Map order is send order, so the scan ends at the first that is young enough. */
  #sweep(): void {
    const limit = performance.now() - ACK_TIMEOUT_MS;
    for (const [token, pending] of this.#pending) {
      if (pending.sentAt > limit) break;
      this.#pending.delete(token);
      pending.resolve({ status: 'unknown', cause: `no ack within ${ACK_TIMEOUT_MS} ms` });
    }
  }

  async #watchConnection(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === 'disconnect') this.#reconnected = Promise.withResolvers();
      if (status.type === 'disconnect' || status.type === 'close') this.#giveUp('connection lost');
      if (status.type === 'reconnect' || status.type === 'close') this.#reconnected.resolve();
    }
  }

  #giveUp(cause: string): void {
    const lost = [...this.#pending.values()];
    this.#pending.clear();
    for (const pending of lost) pending.resolve({ status: 'unknown', cause });
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
