/**
 * How JetStream enters Nest: a transport strategy that hands what happens on the ledger to `@EventPattern` handlers.
 * Handlers get batches, so Nest's cost is paid once a commit, not once an event.
 */
import { EventPattern, Server } from '@nestjs/microservices';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';

/** The patterns that ledger transports emit. */
export const LedgerEvent = {
  /** Own answers that are in the ledger now: `CommittedFact[]`. */
  committed: 'ledger.committed',
} as const;
export type LedgerEvent = (typeof LedgerEvent)[keyof typeof LedgerEvent];

/** Keeps the handlers of ledger events apart from those of other transports. */
const LEDGER_TRANSPORT = Symbol('ledger');

/** A handler of own answers that are in the ledger now; its argument is `readonly CommittedFact[]`. */
export function OnCommitted(): MethodDecorator {
  return EventPattern<string>(LedgerEvent.committed, LEDGER_TRANSPORT);
}

export abstract class LedgerTransport extends Server implements CustomTransportStrategy {
  override readonly transportId = LEDGER_TRANSPORT;
  override readonly propagatesEventHandlerErrors = true;

  abstract override listen(callback: (error?: unknown) => void): void;
  abstract override close(): Promise<void>;

  /** Nobody outside subscribes to a transport's own events here. */
  on(): void {}

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the signature is Nest's
  override unwrap<T>(): T {
    return this as unknown as T;
  }

  /** Hands a batch to its handlers; the promise ends with them, and their error is the caller's. */
  protected async emit(pattern: LedgerEvent, batch: unknown): Promise<void> {
    const handler = this.messageHandlers.get(pattern);
    if (!handler) return;
    const result: unknown = await handler(batch, undefined);
    if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
  }
}
