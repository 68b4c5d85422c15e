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
const WORD_DIGITS = 8;

/** The ids of all spans of a call follow from one digest. */
export class CallIds {
  readonly traceId: string;
  readonly #high: string;
  readonly #low: number;

  constructor({ tenant, invocation, traceparent }: TracedCall) {
    const digits = hash('sha256', `writ/trace/${tenant}/${invocation}`, 'hex');
    const end = TRACE_DIGITS + SPAN_DIGITS;
    this.traceId = traceparent?.slice(3, 3 + TRACE_DIGITS) ?? digits.slice(0, TRACE_DIGITS);
    this.#high = digits.slice(TRACE_DIGITS, end - WORD_DIGITS);
    this.#low = Number.parseInt(digits.slice(end - WORD_DIGITS, end), 16);
  }

  /** `hop`: what tells the spans of one call apart, `run/2`. */
  spanIdOf(hop: string): string {
    return this.#high + digitsOf(this.#low ^ mixed(hop));
  }
}

/** Every byte as two hexadecimal digits: `toString(16)` costs ten times as much, and every call that runs has such an id. */
const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function digitsOf(word: number): string {
  const byte = (shift: number): string => BYTES[(word >>> shift) & 0xff] as string;
  return byte(24) + byte(16) + byte(8) + byte(0);
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
  return mixed(text) < ratio * 2 ** 32;
}

/** 32 bits: FNV-1a, then the finaliser of MurmurHash3, because ids differ in few places. */
function mixed(text: string): number {
  let bits = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    bits = Math.imul(bits ^ text.charCodeAt(index), 0x01000193);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** What is known of a call before it ends: as its agent decided, or else by the ratio. */
export function isHeadSampled(call: TracedCall, ratio: number): boolean {
  return agentSpanOf(call)?.sampled ?? withinRatio(call.invocation, ratio);
}

/** What a tool is handed, so that its own spans are children of its run. */
export function runTraceparent(call: TracedCall, attempt: number, ratio: number): string {
  const flags = isHeadSampled(call, ratio) ? '01' : '00';
  const ids = new CallIds(call);
  return `00-${ids.traceId}-${ids.spanIdOf(runHop(attempt))}-${flags}`;
}

/** The hop of a tool's own run. */
export function runHop(attempt: number): string {
  return `run/${attempt}`;
}
