/**
 * A call that is not decided for good, as a union over what happens next: either policy owes a fact, or
 * somebody else has the word. Its transitions are in `evolve.ts`, its answers in `react.ts`.
 */
import type { ApprovalTerms, Instant, PolicyDecided, SoftLimitPassed } from '@writ/contracts';
import { nextStageMs } from './approval-terms.ts';
import type { AskedCall } from './asked-call.ts';
import type { BrokenGlass, CastVote } from './tally.ts';

/** A decision that needs people. */
export type ApprovalDecision = PolicyDecided & { readonly approval: ApprovalTerms };

/** What an agent said when it took its call back. */
export interface Cancellation {
  readonly reason?: string;
}

interface Asked<Status extends string> {
  readonly status: Status;
  readonly call: AskedCall;
}

interface NeedsApproval<Status extends string> extends Asked<Status> {
  readonly decision: ApprovalDecision;
}

/** `policy.decided` is owed. */
export interface UndecidedCall extends Asked<'undecided'> {
  /** Ledger sequence that stated balances have to be as of; absent while no rule reads them. */
  readonly asOf?: number;
}

/**
 * The budget has the word: a person is only asked once the money is there. A cancel has to wait for that
 * answer too, because a refusal would be a second end of the same call.
 */
export interface CallAwaitingHold extends NeedsApproval<'awaiting-hold'> {
  readonly cancellation?: Cancellation;
}

/** The rules let it run; a budget of the tenant may still ask people, so what they would need is kept. */
export interface PayingCall extends Asked<'paying'> {
  readonly decision: PolicyDecided;
  readonly cancellation?: Cancellation;
}

/** The money of a call that people are asked about. */
export interface HeldMoney {
  /** Ledger sequence of the fact that holds it. */
  readonly hold: number;
  /** Soft limits that it goes over, when the budget asked for people. */
  readonly over?: readonly SoftLimitPassed[];
}

/** `approval.opened` is owed. */
export interface HeldCall extends NeedsApproval<'held'> {
  readonly money: HeldMoney;
}

/** People are asked. */
export interface OpenCall extends NeedsApproval<'open'> {
  readonly money: HeldMoney;
  /** The latest word of each person, also of those who are only asked at a later stage. */
  readonly votes: readonly CastVote[];
  /** Stages due until then have come. */
  readonly reachedMs: Instant;
}

/** What a grant stands on. */
export interface Consent {
  readonly counted: readonly CastVote[];
  readonly breakGlass?: BrokenGlass;
  readonly reachedMs: Instant;
}

/** `approval.granted` and the final decision are owed. */
export interface ApprovedCall extends NeedsApproval<'approved'> {
  readonly consent: Consent;
}

/** `approval.denied` and the final decision are owed. */
export interface DisapprovedCall extends NeedsApproval<'disapproved'> {
  readonly no: CastVote;
}

/** The scheduler has the word: it hands the call out, once, or ends it. */
export interface GrantedCall extends NeedsApproval<'granted'> {
  readonly consent: Consent;
}

/** The catalog has changed since: `approval.confirmed` or `approval.revoked` is owed. */
export interface DoubtedCall extends NeedsApproval<'doubted'> {
  readonly consent: Consent;
}

/** `invocation.cancelled` is owed. */
export interface CancelledCall extends Asked<'cancelled'> {
  readonly cancellation: Cancellation;
}

export type LivingCall =
  | UndecidedCall
  | PayingCall
  | CallAwaitingHold
  | HeldCall
  | OpenCall
  | ApprovedCall
  | DisapprovedCall
  | GrantedCall
  | DoubtedCall
  | CancelledCall;

/** Whether the next fact about the call is policy's own to write. */
export function isOwed({ status }: LivingCall): boolean {
  return status !== 'awaiting-hold' && status !== 'paying' && status !== 'open' && status !== 'granted';
}

/** Whether the next fact about the call is the budget's. */
export function awaitsHold(call: LivingCall): call is CallAwaitingHold | PayingCall {
  return call.status === 'awaiting-hold' || call.status === 'paying';
}

/** Whether it takes up one of the places of calls that wait for people. */
export function isWaiting(call: LivingCall): boolean {
  return call.status === 'awaiting-hold' || call.status === 'held' || call.status === 'open';
}

/** Whether people have granted it and it has not been handed to an executor yet. */
export function awaitsRun(call: LivingCall): call is GrantedCall | DoubtedCall {
  return call.status === 'granted' || call.status === 'doubted';
}

/** What an open call's clock says next: a stage, else its end. */
export function timerOf({ decision: { approval }, reachedMs }: OpenCall): Instant {
  return nextStageMs(approval, reachedMs) ?? approval.expiresAtMs;
}
