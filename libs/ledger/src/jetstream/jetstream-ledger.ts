/**
 * The ledger on JetStream: stream `WRIT`, exact-subject sequence checks, tails from the stream's leader. Reads go
 * through one unfiltered ordered consumer, because filtered ones collapse with many subjects (FACTS.md).
 */
import { JetStreamApiError, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamClient, JetStreamManager, JsMsg, StoredMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { LEDGER_STREAM, MAX_COMMIT_BYTES, WritError } from '@writ/contracts';
import type { Append, AppendResult, Fold, Ledger, LedgerCommit, ReadOptions } from '../port.ts';
import { AckMux } from './ack-mux.ts';
import { JetStreamBursts } from './jetstream-bursts.ts';
import { JetStreamFold } from './jetstream-fold.ts';

/** JetStream's code for "no message found". */
const NO_MESSAGE = 10037;

export interface JetStreamLedgerOptions {
  /** As given to the connection; replies must come to an inbox that its user may subscribe. */
  readonly inboxPrefix?: string;
}

/** No I/O until it is used: an agent that may only publish its requests can hold one too. */
export function jetstreamLedger(connection: NatsConnection, options: JetStreamLedgerOptions = {}): Ledger {
  return new JetStreamLedger(connection, options.inboxPrefix);
}

class JetStreamLedger implements Ledger {
  readonly #connection: NatsConnection;
  readonly #acks: AckMux;
  readonly #client: JetStreamClient;
  readonly #inboxPrefix: string | undefined;
  readonly #bursts: JetStreamBursts;
  #manager: Promise<JetStreamManager> | undefined;

  constructor(connection: NatsConnection, inboxPrefix: string | undefined) {
    this.#connection = connection;
    this.#inboxPrefix = inboxPrefix;
    this.#acks = new AckMux(connection, inboxPrefix);
    this.#client = jetstream(connection);
    this.#bursts = new JetStreamBursts(connection, () => this.#management(), inboxPrefix);
  }

  append(request: Append): Promise<AppendResult> {
    if (request.data.length > MAX_COMMIT_BYTES) {
      const message = `a commit of ${request.data.length} bytes; at most ${MAX_COMMIT_BYTES} fit`;
      return Promise.reject(new WritError('too-large', message));
    }
    return this.#acks.publish(request);
  }

  async tail(subject: string): Promise<LedgerCommit | undefined> {
    const manager = await this.#management();
    try {
      const stored = await manager.streams.getMessage(LEDGER_STREAM, { last_by_subj: subject });
      return stored ? fromStored(stored) : undefined;
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === NO_MESSAGE) return undefined;
      throw error;
    }
  }

  async lastSequence(): Promise<number> {
    const manager = await this.#management();
    return (await manager.streams.info(LEDGER_STREAM)).state.last_seq;
  }

  async *read(options: ReadOptions = {}): AsyncIterable<LedgerCommit> {
    const last = await this.lastSequence();
    const from = options.from ?? 1;
    if (from > last) return;
    const consumer = await this.#client.consumers.get(LEDGER_STREAM, {
      opt_start_seq: from,
      ...(options.subject === undefined ? {} : { filter_subjects: options.subject }),
    });
    const info = await consumer.info();
    let left = info.num_pending;
    if (left === 0) return;
    const messages = await consumer.consume();
    for await (const message of messages) {
      yield fromDelivered(message);
      if (message.seq >= last || --left <= 0) break;
    }
  }

  async fold(from: number, sink: (commits: readonly LedgerCommit[]) => void): Promise<Fold> {
    const manager = await this.#management();
    return new JetStreamFold(this.#connection, manager, this.#inboxPrefix, from, sink).start();
  }

  burst(from: number, maxBytes: number): Promise<readonly LedgerCommit[]> {
    return this.#bursts.burst(from, maxBytes);
  }

  async close(): Promise<void> {
    this.#acks.close();
    await this.#connection.drain();
  }

  async #management(): Promise<JetStreamManager> {
    await this.#acks.connected();
    this.#manager ??= jetstreamManager(this.#connection, { checkAPI: false });
    return this.#manager;
  }
}

function fromDelivered(message: JsMsg): LedgerCommit {
  const { streamSequence, timestampNanos } = message.info;
  return {
    seq: streamSequence,
    subject: message.subject,
    at: Math.floor(timestampNanos / 1e6),
    data: message.data,
    get id() {
      return message.headers?.get('Nats-Msg-Id') || undefined;
    },
    header: (name) => message.headers?.get(name) || undefined,
  };
}

function fromStored(message: StoredMsg): LedgerCommit {
  return {
    seq: message.seq,
    subject: message.subject,
    at: message.time.getTime(),
    data: message.data,
    id: message.header?.get('Nats-Msg-Id') || undefined,
    header: (name) => message.header?.get(name) || undefined,
  };
}
