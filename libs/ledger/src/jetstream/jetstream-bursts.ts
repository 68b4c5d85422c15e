/**
 * The ledger in bursts, for a reader in no hurry that must stay small: a pull consumer of our own that is asked for as many
 * bytes as there is room for. A push consumer floods such a reader (the server keeps up to 32 MB under way), and the
 * client's own iterator costs 18 us a commit where this costs 10.
 */
import { AckPolicy, DeliverPolicy, ReplayPolicy } from '@nats-io/jetstream';
import type { JetStreamManager } from '@nats-io/jetstream';
import { createInbox, nanos, nuid } from '@nats-io/nats-core';
import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core';
import type { MsgImpl } from '@nats-io/nats-core/internal';
import { LEDGER_STREAM, WritError } from '@writ/contracts';
import type { LedgerCommit } from '../port.ts';
import { DeliveredCommit, deliveryOf } from './delivered-commit.ts';

/** Most commits of one burst. */
const MAX_COMMITS = 20_000;
/** The server drops the consumer when nobody asks it for so long. */
const INACTIVE_MS = 60_000;
/** How long the server may be silent in the middle of a burst. */
const SILENCE_MS = 5_000;

/** Statuses that end a burst: nothing more stands there, or the next commit does not fit into it. */
const NO_MESSAGES = 404;
const TIMEOUT = 408;
const DOES_NOT_FIT = 409;

/** JetStream's own request for the next messages of a pull consumer. */
interface PullRequest {
  readonly batch: number;
  readonly max_bytes?: number;
  readonly no_wait: true;
}

export class JetStreamBursts {
  readonly #connection: NatsConnection;
  readonly #manager: () => Promise<JetStreamManager>;
  readonly #inboxPrefix: string | undefined;
  #consumer: string | undefined;
  /** The ledger sequence and the delivery that come next. */
  #next = 0;
  #delivery = 1;

  constructor(
    connection: NatsConnection,
    manager: () => Promise<JetStreamManager>,
    inboxPrefix: string | undefined,
  ) {
    this.#connection = connection;
    this.#manager = manager;
    this.#inboxPrefix = inboxPrefix;
  }

  /** @throws WritError `no-burst` (retryable) when the server does not answer */
  async burst(from: number, maxBytes: number): Promise<readonly LedgerCommit[]> {
    if (this.#consumer === undefined || this.#next !== from) await this.#create(from);
    const commits = await this.#ask({ batch: MAX_COMMITS, max_bytes: maxBytes, no_wait: true });
    // Nothing at all may mean that the next commit alone is larger.
    return commits.length > 0 ? commits : this.#ask({ batch: 1, no_wait: true });
  }

  async #create(from: number): Promise<void> {
    const manager = await this.#manager();
    const old = this.#consumer;
    this.#consumer = undefined;
    if (old !== undefined) await manager.consumers.delete(LEDGER_STREAM, old).catch(() => false);
    const name = nuid.next();
    await manager.consumers.add(LEDGER_STREAM, {
      name,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: Math.max(from, 1),
      ack_policy: AckPolicy.None,
      replay_policy: ReplayPolicy.Instant,
      max_deliver: 1,
      inactive_threshold: nanos(INACTIVE_MS),
      mem_storage: true,
      num_replicas: 1,
    });
    this.#consumer = name;
    this.#next = from;
    this.#delivery = 1;
  }

  async #ask(request: PullRequest): Promise<readonly LedgerCommit[]> {
    const inbox = createInbox(this.#inboxPrefix);
    const commits: LedgerCommit[] = [];
    const ended = Promise.withResolvers<boolean>();
    let lastHeardAt = performance.now();
    const subscription: Subscription = this.#connection.subscribe(inbox, {
      callback: (_error, message) => {
        lastHeardAt = performance.now();
        const whole = this.#take(message, commits);
        if (whole !== undefined) ended.resolve(whole);
        else if (commits.length === request.batch) ended.resolve(true);
      },
    });
    const watchdog = setInterval(() => {
      if (performance.now() - lastHeardAt > SILENCE_MS) ended.resolve(false);
    }, SILENCE_MS / 5);
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${LEDGER_STREAM}.${this.#consumer}`;
    this.#connection.publish(subject, JSON.stringify(request), { reply: inbox });
    const whole = await ended.promise.finally(() => clearInterval(watchdog));
    subscription.unsubscribe();
    // What came before a gap stands; what follows is asked for again from a new consumer.
    if (!whole) this.#consumer = undefined;
    if (whole || commits.length > 0) return commits;
    throw new WritError('no-burst', 'the ledger does not answer; asking again', { retryable: true });
  }

  /** Undefined while more may come; else whether the burst ended as it should. */
  #take(message: Msg, commits: LedgerCommit[]): boolean | undefined {
    const { reply } = message;
    if (reply === undefined || !reply.startsWith('$JS.ACK.')) {
      const code = message.headers?.code ?? 0;
      return code === NO_MESSAGES || code === TIMEOUT || (code === DOES_NOT_FIT && isTooLarge(message));
    }
    const { seq, consumerSeq, at } = deliveryOf(reply);
    if (consumerSeq !== this.#delivery) return false;
    this.#delivery += 1;
    this.#next = seq + 1;
    commits.push(new DeliveredCommit(message as MsgImpl, seq, at));
    return undefined;
  }
}

/** The same code also says that the consumer is gone. */
function isTooLarge(message: Msg): boolean {
  return /exceeds|completed/i.test(message.headers?.description ?? '');
}
