/** The wire for this lib's specs: keeps what an agent sent and says what the spec tells it to say. No server, no clock. */
import { MAX_COMMIT_BYTES, invariant } from '@writ/contracts';
import type { AgentId, CloudEvent, InvocationId, TenantId } from '@writ/contracts';
import type { Append, AppendResult } from '@writ/ledger';
import type { NoticedFact } from '../src/read-outcome.ts';
import type { Transport, TransportEvents } from '../src/transport.ts';

export const LAB = { server: 'nats://memory', tenant: 'lab' as TenantId, agent: 'screener' as AgentId };

/** One request as it stood in a message. */
export interface SentCall {
  readonly invocation: InvocationId;
  readonly tool: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

export class ScriptedWire implements Transport {
  /** Every message, in order; resent ones too. */
  readonly messages: Append[] = [];
  readonly queries: { readonly subject: string; readonly body: unknown }[] = [];
  events: TransportEvents | undefined;
  closed = false;
  /** What the ledger answers to each message; committed by default. */
  onAppend: (request: Append) => Promise<AppendResult> | AppendResult = () => ({
    status: 'committed',
    seq: 1,
  });
  /** What a service answers to a query. */
  onQuery: (subject: string, body: unknown) => unknown = () => ({});
  #sink: ((data: Uint8Array) => void) | undefined;

  async append(request: Append): Promise<AppendResult> {
    if (request.data.length > MAX_COMMIT_BYTES) throw new Error('the message is over the bound');
    this.messages.push(request);
    return this.onAppend(request);
  }

  async subscribe(_subject: string, sink: (data: Uint8Array) => void): Promise<void> {
    this.#sink = sink;
  }

  async query(subject: string, body: unknown): Promise<unknown> {
    this.queries.push({ subject, body });
    return this.onQuery(subject, body);
  }

  watch(events: TransportEvents): void {
    this.events = events;
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  /** One message of notices, as bytes. */
  raw(data: Uint8Array): void {
    this.#sink?.(data);
  }

  /** One message of notices. */
  notify(...facts: readonly NoticedFact[]): void {
    this.#sink?.(Buffer.from(JSON.stringify(facts)));
  }

  /** The events of the message at `index`. */
  eventsOf(index: number): readonly CloudEvent[] {
    return JSON.parse(Buffer.from(this.messages.at(index)?.data ?? '[]').toString()) as CloudEvent[];
  }

  /** The call that was sent as number `index`. */
  sent(index: number): SentCall {
    const call = this.calls()[index];
    invariant(call, `fewer than ${index + 1} calls were sent`);
    return call;
  }

  /** Every call that was ever sent, in order. */
  calls(): readonly SentCall[] {
    const events = this.messages.flatMap((_, index) => this.eventsOf(index));
    const requests = events.filter((event) => event.type === 'tool.requested');
    return requests.flatMap((event) => (event.data as { calls: readonly SentCall[] }).calls);
  }
}

/** `execution.completed` of a call that succeeded with `output`. */
export function completed(invocation: string, output: unknown = null): NoticedFact {
  return {
    type: 'execution.completed',
    data: {
      invocation,
      attempt: 1,
      agent: LAB.agent,
      executor: 'node-1',
      session: 's1',
      argsDigest: 'sha256:0',
      outcome: 'succeeded',
      output,
      usage: { 'node-hours': '1500000' },
      startedAtMs: 1_000,
      endedAtMs: 1_250,
    },
  };
}
