/** What an executor counts. Wired to a meter by the module; every call is on the hot path and must be cheap. */
import type { RunOutcome } from '@writ/contracts';

export interface ExecutorMetrics {
  /** A pull was answered with so many new grants (ignored repeats not counted). */
  pulled(grants: number): void;
  /** A pull failed and will be repeated. */
  pullFailed(): void;
  /** A tool ran. */
  ran(tool: string, outcome: RunOutcome, durationMs: number): void;
  /** A commit of so many facts stands in the ledger. */
  committed(facts: number, durationMs: number): void;
  /** The session was fenced and a new one began. */
  fenced(): void;
}

/** Counts nothing. */
export const noMetrics: ExecutorMetrics = {
  pulled: () => undefined,
  pullFailed: () => undefined,
  ran: () => undefined,
  committed: () => undefined,
  fenced: () => undefined,
};
