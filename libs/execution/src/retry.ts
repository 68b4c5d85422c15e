/**
 * Whether an attempt that failed is followed by another one, and when. Two things must allow it: the kind of failure, as
 * the tool's owner says, and the effects of the tool, whatever anybody says. The pause is exponential with jitter, drawn
 * from the ids of the attempt, so that it is the same wherever it is computed.
 */
import { Effects, FailureClass, RunOutcome, digestOfBytes, effectsOf } from '@writ/contracts';
import type { Grant, RetrySpec, ToolSpec } from '@writ/contracts';
import type { RunError } from './run-result.ts';

/** How an attempt ended. */
export interface AttemptEnd {
  readonly outcome: RunOutcome;
  readonly error?: RunError | undefined;
}

/** What may be done about it; `ask` means that the tool's query decides whether it may be tried again. */
export type Repeat = { readonly status: 'no' } | { readonly status: 'yes' | 'ask'; readonly waitMs: number };

type Tool = Pick<ToolSpec, 'class' | 'effects' | 'retry'>;
type Attempt = Pick<Grant, 'tenant' | 'invocation' | 'attempt' | 'failures'>;

const NO: Repeat = { status: 'no' };

/** `started`: whether the attempt may have had an effect. */
export function repeatOf(tool: Tool, grant: Attempt, started: boolean, end: AttemptEnd): Repeat {
  const { retry } = tool;
  const failed = (grant.failures ?? 0) + 1;
  if (retry === undefined || failed >= retry.attempts) return NO;
  const failure = failureClassOf(end);
  if (failure === undefined || !retry.on.includes(failure)) return NO;
  const effects = effectsOf(tool);
  const waitMs = pauseMs(retry, grant, failed);
  if (!started || effects === Effects.pure || effects === Effects.keyed) return { status: 'yes', waitMs };
  return effects === Effects.queryable ? { status: 'ask', waitMs } : NO;
}

const CRASHES = new Set([
  'adapter-failed',
  'no-worker',
  'output-not-stored',
  'payload-missing',
  'spawn-failed',
  'worker-crashed',
  'worker-failed',
  'worker-lost',
]);
const CONNECTIONS = new Set([
  'connection-lost',
  'unreachable',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);
/** What would fail again, however often it is tried. */
const LASTING = new Set([
  'digest-mismatch',
  'isolation-unavailable',
  'output-too-large',
  'payload-mismatch',
  'unknown-tool',
]);
const BUSY_STATUS = /^http-(429|5\d\d)$/;

/** The kind of a failure; undefined for what is none, or would happen again. */
export function failureClassOf({ outcome, error }: AttemptEnd): FailureClass | undefined {
  if (outcome === RunOutcome.timedOut) return FailureClass.timeout;
  if (outcome !== RunOutcome.failed) return undefined;
  const code = error?.code ?? '';
  if (code.startsWith('invalid-') || LASTING.has(code)) return undefined;
  if (CRASHES.has(code)) return FailureClass.crash;
  if (CONNECTIONS.has(code)) return FailureClass.connection;
  return BUSY_STATUS.test(code) ? FailureClass.unavailable : FailureClass.error;
}

/** Doubles with each failure up to the longest; then between half of that and all of it. */
function pauseMs({ backoffSeconds, maxBackoffSeconds }: RetrySpec, grant: Attempt, failed: number): number {
  const whole = 1_000 * Math.min(maxBackoffSeconds, backoffSeconds * 2 ** (failed - 1));
  const { tenant, invocation, attempt } = grant;
  const digest = digestOfBytes(`${tenant}/${invocation}/${attempt}`);
  const share = parseInt(digest.slice(-8), 16) / 2 ** 32;
  return Math.round((whole * (1 + share)) / 2);
}
