/**
 * A call that is not decided for good, as a union over what happens next: either policy owes a fact, or
 * somebody else has the word. Its transitions are in `evolve.ts`, its answers in `react.ts`.
 */
import type {
  AgentId,
  ApprovalTerms,
  Digest,
  InvocationId,
  JsonObject,
  PolicyDecided,
  ToolName,
} from '@writ/contracts';
import type { RequestContext } from './request-context.ts';

/** A call as it was asked for. */
export interface AskedCall {
  readonly invocation: InvocationId;
  readonly agent: AgentId;
  readonly tool: ToolName;
  readonly inputs: JsonObject;
  readonly argsDigest: Digest;
  readonly request: RequestContext;
}

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
export type UndecidedCall = Asked<'undecided'>;

/**
 * The budget has the word: a person is only asked once the money is there. A cancel has to wait for that
 * answer too, because a refusal would be a second end of the same call.
 */
export interface CallAwaitingHold extends NeedsApproval<'awaiting-hold'> {
  readonly cancellation?: Cancellation;
}

/** `approval.opened` is owed. */
export type HeldCall = NeedsApproval<'held'>;

/** People are asked; who has said yes so far. */
export interface OpenCall extends NeedsApproval<'open'> {
  readonly votes: readonly string[];
}

/** `approval.granted` and the final decision are owed. */
export interface ApprovedCall extends NeedsApproval<'approved'> {
  readonly votes: readonly string[];
}

/** `approval.denied` and the final decision are owed. */
export interface DisapprovedCall extends NeedsApproval<'disapproved'> {
  readonly by: string;
  readonly reason?: string;
}

/** `invocation.cancelled` is owed. */
export interface CancelledCall extends Asked<'cancelled'> {
  readonly cancellation: Cancellation;
}

export type LivingCall =
  UndecidedCall | CallAwaitingHold | HeldCall | OpenCall | ApprovedCall | DisapprovedCall | CancelledCall;

/** Whether the next fact about the call is policy's own to write. */
export function isOwed(call: LivingCall): boolean {
  return call.status !== 'awaiting-hold' && call.status !== 'open';
}

/** Whether it takes up one of the places of calls that wait for people. */
export function isWaiting(call: LivingCall): boolean {
  return call.status === 'awaiting-hold' || call.status === 'held' || call.status === 'open';
}
