/** What a receiver of OTLP has got, as traces: waiting for one, and reading it. */
import { eventually } from '@writ/testkit';
import type { OtlpReceiver, ReceivedSpan } from './otlp-receiver.ts';

/** The spans of a call's trace, once the span of the call itself is among them. */
export async function wholeTrace(
  receiver: OtlpReceiver,
  invocation: string,
): Promise<readonly ReceivedSpan[]> {
  const isCall = ({ name, attributes }: ReceivedSpan): boolean =>
    name.startsWith('execute_tool') && attributes['writ.invocation'] === invocation;
  const idOf = async (): Promise<string> => receiver.spans.find(isCall)?.traceId ?? '';
  const id = await eventually(idOf, { withinMs: 30_000, what: `the trace of ${invocation}` });
  const inTrace = (): readonly ReceivedSpan[] => receiver.spans.filter(({ traceId }) => traceId === id);
  // What others than the audit send of the same trace comes in requests of its own.
  const isWhole = async (): Promise<boolean> => orphansIn(inTrace()).length === 0;
  await eventually(isWhole, { withinMs: 30_000, what: `no orphan in ${namesOf(inTrace()).join(', ')}` });
  return inTrace();
}

export function orphansIn(spans: readonly ReceivedSpan[]): readonly ReceivedSpan[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  return spans.filter(({ parentSpanId }) => parentSpanId !== '' && !ids.has(parentSpanId));
}

/** `service: span`, in the order in which they came. */
export function namesOf(spans: readonly ReceivedSpan[]): string[] {
  return spans.map(({ service, name }) => `${service}: ${name}`);
}

export function named(spans: readonly ReceivedSpan[], name: string): ReceivedSpan {
  const span = spans.find((one) => one.name === name);
  if (!span) throw new Error(`no span "${name}" in ${namesOf(spans).join(', ')}`);
  return span;
}
