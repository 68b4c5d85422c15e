/**
 * A client without our SDK, as any NATS user would write it: `js.publish` for each request, a core subscription for
 * the notices, a bound on what is outstanding. The raw baseline sends the same bytes with the same client.
 */
import { jetstream } from '@nats-io/jetstream';
import type { JetStreamClient } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { encodeCommit } from '@writ/contracts';

export const AGENT = 'bench';

const TERMINAL: ReadonlySet<string> = new Set([
  'execution.completed',
  'budget.refused',
  'schedule.refused',
  'request.rejected',
  'invocation.cancelled',
]);

/** The request for one step of `calls` calls, in the bytes that go over the wire. */
export function requestBytes(step: string, calls: number): Uint8Array {
  const data = {
    calls: Array.from({ length: calls }, (_, index) => ({
      invocation: `${step}-${index}`,
      tool: 'echo',
      inputs: { candidate: `CC(=O)Oc1ccccc1C(=O)O-${step}-${index}`, repeat: index },
    })),
    campaign: 'bench',
  };
  return encodeCommit([{ specversion: '1.0', id: step, source: 'bench', type: 'tool.requested', data }]);
}

/** How one run sends: `count` messages of `callsEach` calls, at most `outstanding` calls unanswered. */
export interface Load {
  readonly count: number;
  readonly callsEach: number;
  readonly outstanding: number;
  readonly subject: (index: number) => string;
}

/** Runs of this process: ids must differ over all of them, because a repeated request has no second effect. */
let runs = 0;

export class PlainClient {
  readonly #connection: NatsConnection;
  readonly #client: JetStreamClient;
  #answered = 0;
  #failed = 0;
  #onAnswer: () => void = () => {};

  constructor(connection: NatsConnection) {
    this.#connection = connection;
    this.#client = jetstream(connection);
    connection.subscribe(`writ.*.notices.${AGENT}`, {
      callback: (_error, message) => this.#onNotice(message.json()),
    });
  }

  /** Calls a second, each counted when its outcome has arrived. */
  async governed(load: Load): Promise<number> {
    const total = load.count * load.callsEach;
    this.#answered = 0;
    const started = performance.now();
    await this.#send(load, () => this.#answered);
    while (this.#answered < total) await new Promise<void>((resolve) => (this.#onAnswer = resolve));
    if (this.#failed > 0) throw new Error(`${this.#failed} calls did not succeed`);
    return total / ((performance.now() - started) / 1_000);
  }

  /** Messages a second that a stream has acknowledged. */
  async raw(load: Load): Promise<number> {
    let acknowledged = 0;
    const started = performance.now();
    await this.#send(
      load,
      () => acknowledged,
      () => {
        acknowledged += 1;
        this.#onAnswer();
      },
    );
    while (acknowledged < load.count) await new Promise<void>((resolve) => (this.#onAnswer = resolve));
    return load.count / ((performance.now() - started) / 1_000);
  }

  /** Milliseconds of one publish and its ack. */
  async roundTrip(subject: string): Promise<number> {
    const started = performance.now();
    await this.#client.publish(subject, requestBytes('round-trip', 1));
    return performance.now() - started;
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  async #send(load: Load, done: () => number, onAck: () => void = () => {}): Promise<void> {
    const run = `p${process.pid}-${++runs}`;
    for (let index = 0; index < load.count; index++) {
      while (index * load.callsEach - done() >= load.outstanding) {
        await new Promise<void>((resolve) => (this.#onAnswer = resolve));
      }
      const bytes = requestBytes(`${run}-${index}`, load.callsEach);
      this.#client.publish(load.subject(index), bytes).then(onAck, (error: unknown) => {
        this.#failed += 1;
        console.error(error);
      });
    }
  }

  #onNotice(
    events: readonly {
      readonly type: string;
      readonly data: { readonly verdict?: string; readonly outcome?: string };
    }[],
  ): void {
    for (const { type, data } of events) {
      if (!TERMINAL.has(type) && data.verdict !== 'deny') continue;
      this.#answered += 1;
      if (data.outcome !== 'succeeded') this.#failed += 1;
    }
    this.#onAnswer();
  }
}
