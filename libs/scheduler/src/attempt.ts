/**
 * One attempt of a call: the grant that an executor has, and what those before it left behind. Of an attempt whose end
 * nobody saw, what a person says of it.
 */
import type { EventData, ExecutorId, Instant, SessionId } from '@writ/contracts';

export interface ExecutorSession {
  readonly executor: ExecutorId;
  readonly session: SessionId;
}

export interface OpenGrant {
  readonly attempt: number;
  readonly executor: ExecutorId;
  readonly session: SessionId;
  readonly started: boolean;
  /** The half-open rounds that it is a probe of, by breaker; absent for an ordinary grant. */
  readonly probes?: Readonly<Record<string, number>>;
  /** What its accounts were charged for it when it was granted; the true usage takes its place. */
  readonly penalty: number;
  /** When its tool's time is up. */
  readonly untilMs: Instant;
  /** The other executors of a call that runs on several. */
  readonly beside: readonly ExecutorSession[] | undefined;
  /** It asks the tool what became of an earlier attempt. */
  readonly query?: true;
  /** Why an operator wants its place. */
  readonly preempt?: string;
}

/** What a person says of a call whose end nobody saw. */
export type Resolution = Pick<EventData<'schedule.resolved'>, 'outcome' | 'by' | 'reason' | 'used'>;

/** What matters of the attempts so far. */
export interface Again {
  /** Attempts that failed. */
  failures: number;
  /** How often its tool was asked in vain, because who asked was lost. */
  queries: number;
  /** Ledger time until which it pauses before the next attempt. */
  resumeMs: Instant;
  /** The attempt that nobody saw the end of. */
  lost: LostAttempt | undefined;
  /** An executor announced another attempt of what must not run again: instead of it a person is asked. */
  barred: OpenGrant | undefined;
  position: number;
}

export interface LostAttempt {
  readonly attempt: number;
  readonly executor: ExecutorId;
  /** Ledger time of its fence. */
  readonly at: Instant;
}

/** An executor whose pull is being held open. One that is full needs none: it costs a look in every react. */
export interface OfferedExecutor {
  readonly executor: ExecutorId;
  readonly session: SessionId;
  readonly pool: string;
  /** How many calls it can run at once, the running ones included. */
  readonly slots: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly gpus?: number | undefined;
  readonly memoryGb?: number | undefined;
}
