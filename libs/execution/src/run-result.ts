/**
 * What an adapter hands back for one run: a value or a typed failure, and what the tool said it used up. Adapters
 * never throw for what a tool does wrong; every way a run can end is one of these.
 */
import { RunOutcome } from '@writ/contracts';

/** Amounts in whole units, `{"node-hours": 1.2}`, added up over all reports of one run. */
export type ReportedUsage = Readonly<Record<string, number>>;

/** Files or keys that the run was seen to change; absent when nothing was seen, or nobody looked. */
export type SeenWrites = readonly string[];

/** Units of what an adapter measures itself; a tool's own report never replaces them. */
export const Measured = {
  wallSeconds: 'wall-seconds',
  cpuSeconds: 'cpu-seconds',
  peakMemoryMb: 'peak-memory-mb',
  bytesSent: 'bytes-sent',
  bytesReceived: 'bytes-received',
  /** Requests that one call took, repeats included. */
  requests: 'requests',
} as const;

/** `code` in kebab-case for programs, `message` a sentence for people. */
export interface RunError {
  readonly code: string;
  readonly message: string;
}

export type RunResult =
  | {
      readonly outcome: typeof RunOutcome.succeeded;
      /** A JSON value; `undefined` when the tool returned nothing. */
      readonly output: unknown;
      readonly reported?: ReportedUsage;
      readonly writes?: SeenWrites;
      readonly measured?: ReportedUsage;
    }
  | {
      readonly outcome: Exclude<RunOutcome, typeof RunOutcome.succeeded>;
      readonly error: RunError;
      readonly reported?: ReportedUsage;
      readonly writes?: SeenWrites;
      readonly measured?: ReportedUsage;
    };

/** A run that ended `failed` for a reason of ours or the tool's. */
export function failedRun(code: string, message: string): RunResult {
  return { outcome: RunOutcome.failed, error: { code, message } };
}
