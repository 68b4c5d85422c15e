/**
 * Sends an agent's requests. One message is in flight at a time; what is asked for meanwhile goes out together in the
 * next one, so that a lone call waits for nothing and a flood is batched. A message whose fate is unknown is sent again
 * byte for byte: a repeated request has no second effect.
 */
import { WritError, messageOf } from '@writ/contracts';
import type { Append, AppendResult } from '@writ/ledger';
import { uuidv7 } from 'uuidv7';
import {
  FIRST_RESEND_PAUSE_MS,
  LONGEST_RESEND_PAUSE_MS,
  MAX_EVENTS_PER_MESSAGE,
  MAX_MESSAGE_BYTES,
} from './limits.ts';
import type { RequestEvent } from './request-event.ts';

/** An event and who waits for it to be sent. */
export interface Outgoing {
  readonly event: RequestEvent;
  /** The ledger will never take it. */
  failed(error: WritError): void;
}

export class RequestPublisher {
  readonly #append: (request: Append) => Promise<AppendResult>;
  readonly #subject: string;
  #queue: Outgoing[] = [];
  #inFlight: readonly Outgoing[] = [];
  /** Resolves when the message in flight must not be tried any longer. */
  #stopped = Promise.withResolvers<'stopped'>();
  #running = false;
  #closed = false;

  constructor(append: (request: Append) => Promise<AppendResult>, subject: string) {
    this.#append = append;
    this.#subject = subject;
  }

  send(outgoing: Outgoing): void {
    this.#queue.push(outgoing);
    if (this.#running) return;
    this.#running = true;
    // Calls issued in the same turn go out together.
    queueMicrotask(() => void this.#run());
  }

  /** Takes back what has not left yet; false when it may already be in the ledger. */
  withdraw(outgoing: Outgoing): boolean {
    const index = this.#queue.indexOf(outgoing);
    if (index >= 0) this.#queue.splice(index, 1);
    return index >= 0;
  }

  /** The server refuses this subject: nothing of what waits can be stored. */
  refuse(error: WritError): void {
    this.#stopped.resolve('stopped');
    const waiting = [...this.#inFlight, ...this.#queue];
    this.#queue = [];
    for (const outgoing of waiting) outgoing.failed(error);
  }

  /** What is in flight may or may not arrive; nothing is sent any more. */
  close(): void {
    this.#closed = true;
    this.#stopped.resolve('stopped');
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0 && !this.#closed) {
      this.#stopped = Promise.withResolvers();
      this.#inFlight = this.#take();
      await this.#deliver(this.#inFlight);
      this.#inFlight = [];
    }
    this.#running = false;
  }

  #take(): Outgoing[] {
    let count = 0;
    let bytes = 0;
    for (const { event } of this.#queue) {
      if (count === MAX_EVENTS_PER_MESSAGE || (count > 0 && bytes + event.bytes > MAX_MESSAGE_BYTES)) break;
      count += 1;
      bytes += event.bytes + 1;
    }
    return this.#queue.splice(0, count);
  }

  async #deliver(batch: readonly Outgoing[]): Promise<void> {
    const data = Buffer.from(`[${batch.map(({ event }) => event.text).join(',')}]`);
    // Never derived from ids that a caller may repeat: the server would drop the whole message as a duplicate.
    const request: Append = { subject: this.#subject, data, id: uuidv7() };
    for (let pause = FIRST_RESEND_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_RESEND_PAUSE_MS)) {
      try {
        const result = await Promise.race([this.#append(request), this.#stopped.promise]);
        if (result === 'stopped' || result.status === 'committed') return;
      } catch (error) {
        const refusal =
          error instanceof WritError
            ? error
            : new WritError('append-failed', messageOf(error), { cause: error });
        for (const outgoing of batch) outgoing.failed(refusal);
        return;
      }
      if ((await Promise.race([after(pause), this.#stopped.promise])) === 'stopped') return;
    }
  }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
