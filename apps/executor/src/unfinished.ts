/** How a run ends that was neither the tool's doing nor its timeout's. */
import { RunOutcome } from '@writ/contracts';
import type { RunResult } from '@writ/execution';
import type { StopSignal } from './stop-signal.ts';

/** The executor ends before the tool has. */
export const STOPPED: RunResult = {
  outcome: RunOutcome.cancelled,
  error: { code: 'executor-stopped', message: 'the executor was stopped before the tool had finished' },
};

/** Nobody waits for the call any more. */
export const CANCELLED: RunResult = {
  outcome: RunOutcome.cancelled,
  error: { code: 'cancelled', message: 'the call was cancelled while it ran' },
};

/** Which of the two it was, of a call whose signal may have aborted. */
export function unfinished(signal: StopSignal | undefined): RunResult {
  return signal?.aborted ? CANCELLED : STOPPED;
}
