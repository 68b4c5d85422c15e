/**
 * How a governed call ended, as a union on `status`. An outcome is an answer, not an error: a denial or a refusal says
 * what would pass, and an agent that reads it need not guess.
 */
import { WritError, formatMicros } from '@writ/contracts';
import type { Amounts, DenialClass, EventData, ExecutorId, InvocationId, PayloadRef } from '@writ/contracts';

/** Decimal text by unit, in whole units: `{ "node-hours": "1.5" }`. */
export type UsedAmounts = Readonly<Record<string, string>>;

interface Ended {
  readonly invocation: InvocationId;
  /** From `run` to the outcome, on this process's clock. */
  readonly totalMs: number;
}

interface Ran extends Ended {
  readonly executor: ExecutorId;
  /** Which attempt it was: 1 unless one failed, or its executor was lost. */
  readonly attempt: number;
  /** What the call used; what the budget settled at. */
  readonly usage: UsedAmounts;
  /** How long the tool itself ran. */
  readonly runMs: number;
}

export interface Succeeded extends Ran {
  readonly status: 'succeeded';
  readonly output: unknown;
  /** An output too large for an event stands in the object store under this digest; then `output` is absent. */
  readonly outputRef?: PayloadRef;
}

export interface Failed extends Ran {
  readonly status: 'failed' | 'timed-out';
  readonly error: { readonly code: string; readonly message: string };
}

export interface Denied extends Ended {
  readonly status: 'denied';
  /** `structural` never passes as it stands, `permission` needs a person or another rule, `transient` may pass later. */
  readonly class: DenialClass;
  readonly rule: string;
  readonly reason: string;
  /** The smallest change that would pass, when it is known. */
  readonly remedy?: string | undefined;
  /** How often this very call was denied by now; absent the first time. */
  readonly repeats?: number | undefined;
  /** Stop asking: nothing but a change of the call will pass. */
  readonly final?: true | undefined;
}

export interface Refused extends Ended {
  readonly status: 'refused';
  readonly by: 'budget' | 'breaker' | 'policy';
  readonly reason: EventData<'budget.refused'>['reason'] | 'breaker-open' | 'approval-revoked';
  /** What is short, and when or with what change it would fit. */
  readonly detail: string;
  readonly account?: string;
  readonly unit?: string;
  /** Decimal text in whole units. */
  readonly asked?: string;
  readonly free?: string;
  readonly limit?: string;
  /** Earliest time (epoch milliseconds) at which asking again makes sense. */
  readonly retryAtMs?: number;
}

export interface Rejected extends Ended {
  readonly status: 'rejected';
  readonly reason: EventData<'request.rejected'>['reason'];
  /** What is wrong, where, and what would be right. */
  readonly detail: string;
}

export interface Expired extends Ended {
  readonly status: 'expired';
  readonly detail: string;
}

export interface Cancelled extends Ended {
  readonly status: 'cancelled';
  readonly reason: string;
}

/** Nobody saw how it ended; a person found out, and says it here. Its output, if it had any, is not known. */
export interface IndeterminateResolved extends Ended {
  readonly status: 'indeterminate-resolved';
  readonly as: 'succeeded' | 'failed';
  readonly by: string;
  readonly reason?: string;
  /** What the person said that it used; absent: it was charged at its ceiling. */
  readonly usage?: UsedAmounts;
}

export type CallOutcome =
  Succeeded | Failed | Denied | Refused | Rejected | Expired | Cancelled | IndeterminateResolved;

/** An outcome that did not succeed, for those who prefer exceptions; `outcome` has all of it. */
export class OutcomeError extends WritError {
  readonly outcome: Exclude<CallOutcome, Succeeded>;

  constructor(outcome: Exclude<CallOutcome, Succeeded>) {
    super(`call-${outcome.status}`, `call ${outcome.invocation} ${outcome.status}: ${sentenceOf(outcome)}`, {
      retryable: outcome.status === 'denied' ? outcome.class === 'transient' : outcome.status === 'refused',
      details: { outcome },
    });
    this.outcome = outcome;
  }
}

/**
 * The outcome of a call that succeeded.
 * @throws OutcomeError for every other outcome; its `code` is `call-<status>`.
 */
export function orThrow(outcome: CallOutcome): Succeeded {
  if (outcome.status === 'succeeded') return outcome;
  throw new OutcomeError(outcome);
}

/** Why a call did not succeed, in one sentence. */
export function sentenceOf(outcome: Exclude<CallOutcome, Succeeded>): string {
  switch (outcome.status) {
    case 'failed':
    case 'timed-out':
      return `${outcome.error.code}: ${outcome.error.message}`;
    case 'denied': {
      const { reason, rule, remedy } = outcome;
      return [reason.includes(rule) ? reason : `${reason} (${rule})`, remedy].filter(Boolean).join('; ');
    }
    case 'refused':
    case 'rejected':
    case 'expired':
      return outcome.detail;
    case 'cancelled':
      return outcome.reason;
    case 'indeterminate-resolved':
      return `${outcome.by} says that it ${outcome.as}${outcome.reason ? `: ${outcome.reason}` : ''}`;
  }
}

/** `{"node-hours": "1500000"}` -> `{"node-hours": "1.5"}`. */
export function wholeUnits(amounts: Amounts): UsedAmounts {
  const whole: Record<string, string> = {};
  for (const unit in amounts) whole[unit] = formatMicros(BigInt(amounts[unit] ?? '0'));
  return whole;
}
