/**
 * Notices are not stored and can be lost; the ledger cannot. Calls that wait too long are asked about at the audit, so
 * that every outcome arrives at last. While enquiries bring nothing new they become rarer.
 */
import { statusReply, subjects } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import { CALLS_PER_ENQUIRY, FIRST_ENQUIRY_MS, LONGEST_ENQUIRY_PAUSE_MS } from './limits.ts';
import type { OutstandingCalls } from './outstanding.ts';
import type { Transport } from './transport.ts';

export class Enquiry {
  readonly #transport: Transport;
  readonly #subject: string;
  readonly #calls: OutstandingCalls;
  #pauseMs = FIRST_ENQUIRY_MS;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(transport: Transport, tenant: TenantId, calls: OutstandingCalls) {
    this.#transport = transport;
    this.#subject = subjects.api(tenant, 'audit', 'status');
    this.#calls = calls;
  }

  /** Makes sure that an enquiry is due while calls are outstanding. */
  arm(): void {
    if (this.#timer !== undefined || this.#closed) return;
    this.#timer = setTimeout(() => void this.#enquire(), this.#pauseMs);
    this.#timer.unref();
  }

  /** Notices were certainly missed: ask at once, about every call. */
  async now(): Promise<void> {
    this.#pauseMs = FIRST_ENQUIRY_MS;
    await this.#ask(performance.now());
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #enquire(): Promise<void> {
    const found = await this.#ask(performance.now() - FIRST_ENQUIRY_MS);
    this.#pauseMs = found > 0 ? FIRST_ENQUIRY_MS : Math.min(2 * this.#pauseMs, LONGEST_ENQUIRY_PAUSE_MS);
    this.#timer = undefined;
    if (this.#calls.size > 0) this.arm();
    else this.#pauseMs = FIRST_ENQUIRY_MS;
  }

  /** Outcomes found. An audit that cannot be reached is asked again later. */
  async #ask(issuedBefore: number): Promise<number> {
    const waiting = [...this.#calls.olderThan(issuedBefore)];
    let found = 0;
    for (let from = 0; from < waiting.length && !this.#closed; from += CALLS_PER_ENQUIRY) {
      const invocations = waiting.slice(from, from + CALLS_PER_ENQUIRY);
      const reply = await this.#transport.query(this.#subject, { invocations }).catch(() => undefined);
      const answer = statusReply.safeParse(reply);
      if (!answer.success) break;
      for (const fact of answer.data.terminal) if (this.#calls.settle(fact)) found += 1;
    }
    return found;
  }
}
