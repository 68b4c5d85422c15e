/**
 * Ids of traces and spans that every process can compute for itself: they follow from the tenant, the call and the hop, so
 * nobody has to carry them through the ledger. A call whose agent traces is part of the agent's trace; every other call has
 * a trace of its own.
 */
import { hash } from 'node:crypto';
import { isSampled } from '@writ/contracts';
import type { InvocationId, TenantId } from '@writ/contracts';

export interface SpanIds {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string;
  /** 16 of them. */
  readonly spanId: string;
}

/** A call as its trace sees it. */
export interface TracedCall {
  readonly tenant: TenantId;
  readonly invocation: InvocationId;
  /** The agent's, as its request had it. */
  readonly traceparent?: string | undefined;
}

const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;

export function traceIdOf({ tenant, invocation, traceparent }: TracedCall): string {
  if (traceparent !== undefined) return traceparent.slice(3, 3 + TRACE_DIGITS);
  return hash('sha256', `writ/trace/${tenant}/${invocation}`, 'hex').slice(0, TRACE_DIGITS);
}

/** `hop`: what tells the spans of one call apart, `run/2`. */
export function spanIdOf({ tenant, invocation }: TracedCall, hop: string): string {
  return hash('sha256', `writ/span/${tenant}/${invocation}/${hop}`, 'hex').slice(0, SPAN_DIGITS);
}

/** The span under which a batch of facts was appended, by the id of the reaction (or of the executor's commit). */
export function batchIdsOf(batch: string): SpanIds {
  const digits = hash('sha256', `writ/batch/${batch}`, 'hex');
  return {
    traceId: digits.slice(0, TRACE_DIGITS),
    spanId: digits.slice(TRACE_DIGITS, TRACE_DIGITS + SPAN_DIGITS),
  };
}

/** The batch that an event was appended in, by the event's id: everything before its index. */
export function batchOfEvent(eventId: string): string {
  return eventId.replace(/[.-]\d+$/, '');
}

/** The agent's span that a call hangs below. */
export function agentSpanOf({
  traceparent,
}: TracedCall): (SpanIds & { readonly sampled: boolean }) | undefined {
  if (traceparent === undefined) return undefined;
  const [, traceId = '', spanId = ''] = traceparent.split('-');
  return { traceId, spanId, sampled: isSampled(traceparent) };
}

/** Whether a text is among the share `ratio` of all: equal in every process that is asked, and cheap, as every call is. */
export function withinRatio(text: string, ratio: number): boolean {
  // FNV-1a, then the finaliser of MurmurHash3, because ids differ in few places.
  let bits = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    bits = Math.imul(bits ^ text.charCodeAt(index), 0x01000193);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0 < ratio * 2 ** 32;
}

/** What is known of a call before it ends: as its agent decided, or else by the ratio. */
export function isHeadSampled(call: TracedCall, ratio: number): boolean {
  return agentSpanOf(call)?.sampled ?? withinRatio(call.invocation, ratio);
}

/** What a tool is handed, so that its own spans are children of its run. */
export function runTraceparent(call: TracedCall, attempt: number, ratio: number): string {
  const flags = isHeadSampled(call, ratio) ? '01' : '00';
  return `00-${traceIdOf(call)}-${spanIdOf(call, runHop(attempt))}-${flags}`;
}

/** The hop of a tool's own run. */
export function runHop(attempt: number): string {
  return `run/${attempt}`;
}
