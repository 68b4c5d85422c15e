/** The surroundings for this app's specs: a memory ledger, a terminal that remembers, services that answer by script. */
import { CELL, WritError, encodeEvent } from '@writ/contracts';
import type { Fact, TenantId } from '@writ/contracts';
import { memoryLedger } from '@writ/ledger';
import type { Append, AppendResult, MemoryLedger } from '@writ/ledger';
import type { LedgerTransport, TransportEvents } from '@writ/sdk';
import type { Surroundings } from '../src/commands.ts';
import { runCommandLine } from '../src/program.ts';

export const LAB = 'lab' as TenantId;

export class ScriptedSuite implements LedgerTransport {
  readonly ledger: MemoryLedger = memoryLedger({ now: () => 1_700_000_000_000 });
  readonly interrupt = new AbortController();
  readonly #replies = new Map<string, unknown>();
  #events: TransportEvents | undefined;
  #out: string[] = [];
  #err: string[] = [];
  /** The server refuses what is appended on this subject. */
  refuses: string | undefined;
  /** How many appends get no answer first. */
  unanswered = 0;

  get out(): string {
    return this.#out.join('\n');
  }

  get err(): string {
    return this.#err.join('\n');
  }

  /** What `service.call` answers, or what gives each answer; a call that was not given has nobody who answers. */
  answer(call: string, reply: unknown): this {
    this.#replies.set(call, reply);
    return this;
  }

  /** Puts a fact into the ledger, as another principal would. */
  async recorded(fact: Fact, subject: string): Promise<void> {
    const data = Buffer.from(`[${encodeEvent(fact, 'e1', 'writ/test', '2026-01-01T00:00:00Z')}]`);
    await this.ledger.append({ subject, data, id: `recorded-${this.ledger.commits.length}` });
  }

  /** The exit code of one command line; `out` and `err` hold what it said. */
  async run(...args: string[]): Promise<number> {
    this.#out = [];
    this.#err = [];
    const surroundings: Surroundings = {
      terminal: {
        interactive: false,
        out: (text) => this.#out.push(text),
        err: (text) => this.#err.push(text),
        write: async (text) => void this.#out.push(text),
      },
      open: async (role, { cell }) => ({
        tenant: cell ? CELL : LAB,
        origin: role === 'approver' ? 'ada' : role,
        transport: this,
      }),
      interrupt: this.interrupt.signal,
    };
    return runCommandLine(args, surroundings);
  }

  async append(request: Append): Promise<AppendResult> {
    if (request.subject === this.refuses) {
      this.#events?.refused(
        request.subject,
        new WritError('not-permitted', `may not publish to ${request.subject}`),
      );
      return new Promise(() => undefined);
    }
    if (this.unanswered-- > 0) return { status: 'unknown', cause: 'timeout' };
    return this.ledger.append(request);
  }

  async subscribe(): Promise<void> {}

  async query(subject: string, body?: unknown): Promise<unknown> {
    const call = subject.split('.').slice(3).join('.');
    const reply = this.#replies.get(call);
    if (typeof reply === 'function') return (reply as (body: unknown) => unknown)(body);
    if (this.#replies.has(call)) return reply;
    throw new WritError('unavailable', `nobody answers on ${subject}`);
  }

  watch(events: TransportEvents): void {
    this.#events = events;
  }

  async close(): Promise<void> {}
}
