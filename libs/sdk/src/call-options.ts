/** What a caller says about one call, one step, or many calls of one tool. */
import type { CallOutcome } from './outcome.ts';
import type { RequestTerms, ToolInputs } from './request-event.ts';

export interface CallOptions extends Omit<RequestTerms, 'log'> {
  /** Aborting asks for the call's cancellation; it still resolves, with what the ledger says of it. */
  readonly signal?: AbortSignal | undefined;
  /** What a running tool says about how far it is; notes may be lost. Must be quick. */
  readonly onNote?: ((note: unknown) => void) | undefined;
}

export interface RunOptions extends ToolInputs, CallOptions {
  /** An id of the caller's own, so that asking again after a crash has no second effect; a fresh one by default. */
  readonly invocation?: string | undefined;
  /** This id may have been used before, and have ended: its outcome is looked up at once. */
  readonly mayBeKnown?: boolean | undefined;
}

export interface MapProgress {
  readonly done: number;
  /** Absent while the inputs are still being read from an asynchronous source. */
  readonly total?: number;
  /** Position of the input that just ended. */
  readonly index: number;
  readonly outcome: CallOutcome;
}

export interface MapOptions extends CallOptions {
  readonly tool: string;
  /** Calls under way at once. */
  readonly concurrency?: number | undefined;
  readonly onProgress?: ((progress: MapProgress) => void) | undefined;
}

/** Many inputs of one tool. */
export type MapInputs =
  Iterable<Readonly<Record<string, unknown>>> | AsyncIterable<Readonly<Record<string, unknown>>>;
