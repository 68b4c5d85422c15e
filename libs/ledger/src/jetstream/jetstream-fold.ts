/**
 * A fold over the stream: an ordered push consumer of our own, without acks. Push, because its idle latency is a third
 * below a pull's (0.14 against 0.22 ms for publish, deliver and answer); our own, because the client's waits for two
 * missed heartbeats (60 s) before it notices that a restarted server has forgotten the consumer. A gap in the
 * delivery sequence, silence or a reconnect re-creates the consumer right after the last commit seen.
 */
import { AckPolicy, DeliverPolicy, ReplayPolicy } from '@nats-io/jetstream';
import type { JetStreamManager } from '@nats-io/jetstream';
import { createInbox, nanos, nuid } from '@nats-io/nats-core';
import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core';
import type { MsgImpl } from '@nats-io/nats-core/internal';
import { LEDGER_STREAM } from '@writ/contracts';
import type { Fold, LedgerCommit } from '../port.ts';
import { DeliveredCommit, deliveryOf } from './delivered-commit.ts';

const HEARTBEAT_MS = 2_000;
const SILENCE_MS = 3 * HEARTBEAT_MS;
const RECREATE_PAUSE_MS = 100;
/** The server drops a consumer that nobody listens to after this long. */
const INACTIVE_MS = 30_000;

type Sink = (commits: readonly LedgerCommit[]) => void;

export class JetStreamFold implements Fold {
  readonly #connection: NatsConnection;
  readonly #manager: JetStreamManager;
  readonly #inboxPrefix: string | undefined;
  readonly #sink: Sink;
  #last: number;
  #delivered = 0;
  #lastHeardAt = 0;
  #batch: LedgerCommit[] = [];
  #subscription: Subscription | undefined;
  #consumer: string | undefined;
  #recreating: NodeJS.Timeout | undefined;
  #watchdog: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    connection: NatsConnection,
    manager: JetStreamManager,
    inboxPrefix: string | undefined,
    from: number,
    sink: Sink,
  ) {
    this.#connection = connection;
    this.#manager = manager;
    this.#inboxPrefix = inboxPrefix;
    this.#last = Math.max(from, 1) - 1;
    this.#sink = sink;
  }

  /** @throws the server's error when the stream cannot be read at all. */
  async start(): Promise<this> {
    await this.#create();
    this.#watchdog = setInterval(() => this.#checkSilence(), HEARTBEAT_MS).unref();
    void this.#watchConnection();
    return this;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#watchdog);
    clearTimeout(this.#recreating);
    this.#subscription?.unsubscribe();
    if (this.#consumer !== undefined && !this.#connection.isClosed()) {
      await this.#manager.consumers.delete(LEDGER_STREAM, this.#consumer).catch(() => false);
    }
  }

  async #create(): Promise<void> {
    this.#subscription?.unsubscribe();
    const deliverSubject = createInbox(this.#inboxPrefix);
    this.#delivered = 0;
    this.#lastHeardAt = performance.now();
    this.#consumer = nuid.next();
    this.#subscription = this.#connection.subscribe(deliverSubject, {
      callback: (_error, message) => this.#onMessage(message),
    });
    await this.#manager.consumers.add(LEDGER_STREAM, {
      name: this.#consumer,
      deliver_subject: deliverSubject,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: this.#last + 1,
      ack_policy: AckPolicy.None,
      replay_policy: ReplayPolicy.Instant,
      max_deliver: 1,
      flow_control: true,
      idle_heartbeat: nanos(HEARTBEAT_MS),
      inactive_threshold: nanos(INACTIVE_MS),
      mem_storage: true,
      num_replicas: 1,
    });
  }

  #onMessage(message: Msg): void {
    this.#lastHeardAt = performance.now();
    const reply = message.reply;
    if (reply === undefined || !reply.startsWith('$JS.ACK.')) {
      this.#onProtocol(message);
      return;
    }
    const { seq, consumerSeq, at } = deliveryOf(reply);
    if (consumerSeq !== this.#delivered + 1) {
      this.#recreateSoon(0);
      return;
    }
    this.#delivered += 1;
    if (seq <= this.#last || this.#stopped) return;
    this.#last = seq;
    this.#batch.push(new DeliveredCommit(message as MsgImpl, seq, at));
    if (this.#batch.length === 1) queueMicrotask(() => this.#flush());
  }

  /** Flow control wants an answer; a heartbeat tells how far delivery has come. */
  #onProtocol(message: Msg): void {
    if (message.reply !== undefined && message.reply !== '') message.respond();
    const stalled = message.headers?.get('Nats-Consumer-Stalled');
    if (stalled) this.#connection.publish(stalled);
    const delivered = message.headers?.get('Nats-Last-Consumer');
    if (delivered && Number(delivered) !== this.#delivered) this.#recreateSoon(0);
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    if (!this.#stopped) this.#sink(batch);
  }

  #checkSilence(): void {
    if (performance.now() - this.#lastHeardAt > SILENCE_MS) this.#recreateSoon(0);
  }

  #recreateSoon(pauseMs: number): void {
    if (this.#stopped || this.#recreating !== undefined) return;
    this.#subscription?.unsubscribe();
    this.#recreating = setTimeout(() => {
      this.#create().then(
        () => (this.#recreating = undefined),
        () => {
          this.#recreating = undefined;
          this.#recreateSoon(RECREATE_PAUSE_MS);
        },
      );
    }, pauseMs);
  }

  async #watchConnection(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (this.#stopped) return;
      if (status.type === 'reconnect') this.#recreateSoon(0);
    }
  }
}
