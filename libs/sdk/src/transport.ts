/**
 * What the SDK needs of the wire, and nothing else: append to the ledger, hear notices, ask an api. The production
 * adapter is `nats-transport.ts`; specs drive the SDK over one in memory.
 */
import type { WritError } from '@writ/contracts';
import type { Append, AppendResult } from '@writ/ledger';

export interface TransportEvents {
  /** The server refused something on `subject`; what waits for it there will never be answered. */
  refused(subject: string, error: WritError): void;
  /** The connection was lost and is back: notices sent in between are gone. */
  reconnected(): void;
}

export interface Transport {
  /** Appends without an expected sequence. @throws WritError when the ledger can never take it as it stands. */
  append(request: Append): Promise<AppendResult>;
  /** Resolves once the subscription stands. @throws WritError `not-permitted`. */
  subscribe(subject: string, sink: (data: Uint8Array) => void): Promise<void>;
  /**
   * One query, JSON both ways.
   * @throws WritError `not-permitted`, `unavailable` (nobody answers), or the code that the service answered with.
   */
  query(subject: string, body: unknown, timeoutMs?: number): Promise<unknown>;
  watch(events: TransportEvents): void;
  close(): Promise<void>;
}
