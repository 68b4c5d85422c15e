/**
 * The agent's own span of what it asks for, when the agent traces at all: whatever becomes of the calls hangs below it,
 * because its context travels in the request. An agent that registered no tracer provider pays for none of this.
 */
import { SpanKind, SpanStatusCode, isSpanContextValid, trace } from '@opentelemetry/api';
import type { Span, SpanContext } from '@opentelemetry/api';
import { WritError } from '@writ/contracts';
import type { AgentId, InvocationId, TenantId } from '@writ/contracts';
import { SpanAttribute, SpanName } from '@writ/telemetry';
import type { CallOutcome, Succeeded } from './outcome.ts';
import type { ToolInputs } from './request-event.ts';

export interface AskedCalls {
  readonly tenant: TenantId;
  readonly agent: AgentId;
  readonly step: readonly InvocationId[];
  readonly calls: readonly ToolInputs[];
}

/** Asks under a span; `traceparent` is undefined when the agent does not trace. */
export async function underSpan(
  asked: AskedCalls,
  ask: (traceparent: string | undefined) => Promise<CallOutcome[]>,
): Promise<CallOutcome[]> {
  const tools = asked.calls.map(({ tool }) => tool);
  const name = SpanName.ask.replace('{tool}', tools.length === 1 ? (tools[0] as string) : 'step');
  const span = trace.getTracer('writ').startSpan(name, { kind: SpanKind.CLIENT });
  const context = span.spanContext();
  if (!isSpanContextValid(context)) return ask(undefined);
  if (span.isRecording()) describe(span, asked);
  try {
    const outcomes = await ask(traceparentOf(context));
    tell(span, outcomes);
    return outcomes;
  } catch (error) {
    span.setStatus({
      code: SpanStatusCode.ERROR,
      message: error instanceof WritError ? error.code : 'error',
    });
    throw error;
  } finally {
    span.end();
  }
}

function describe(span: Span, { tenant, agent, step, calls }: AskedCalls): void {
  span.setAttributes({
    [SpanAttribute.messagingSystem]: 'nats',
    [SpanAttribute.messagingOperation]: 'publish',
    [SpanAttribute.messagingOperationType]: 'send',
    [SpanAttribute.messagingDestination]: 'writ.{tenant}.requests.{agent}',
    [SpanAttribute.messagingBatch]: calls.length,
    [SpanAttribute.tenant]: tenant,
    [SpanAttribute.agentName]: agent,
    ...(step.length === 1 ? { [SpanAttribute.invocation]: step[0] } : {}),
  });
}

function tell(span: Span, outcomes: readonly CallOutcome[]): void {
  const failed = outcomes.find((outcome) => outcome.status !== 'succeeded');
  span.setAttribute(SpanAttribute.outcome, failed?.status ?? 'succeeded');
  if (!failed) return;
  span.setAttribute(SpanAttribute.errorType, failed.status);
  span.setStatus({ code: SpanStatusCode.ERROR, message: codeOf(failed) });
}

/** No sentence: what a tool says may quote its arguments. */
function codeOf(outcome: Exclude<CallOutcome, Succeeded>): string {
  if ('error' in outcome) return outcome.error.code;
  return outcome.status === 'denied' ? outcome.rule : outcome.status;
}

function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
