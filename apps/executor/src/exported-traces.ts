/** An executor's traces where they are exported: runs in the trace of their call, and a span for each commit. */
import { ROOT_CONTEXT, context, trace } from '@opentelemetry/api';
import { SubjectKind, isSampled } from '@writ/contracts';
import { BatchSpans } from '@writ/service';
import { runTraceparent } from '@writ/telemetry';
import type { Tracing } from '@writ/telemetry';
import { handedOn } from './run-traces.ts';
import type { RunTraces } from './run-traces.ts';

export function runTraces(tracing: Tracing | undefined): RunTraces {
  if (!tracing) return handedOn;
  const batches = new BatchSpans('executor', SubjectKind.executions, tracing);
  return {
    traceparent: (grant) => runTraceparent(grant, grant.attempt, tracing.ratio),
    // A context lives as long as its run, and collecting it costs a fifth of what the run costs here: only runs of
    // sampled calls have one.
    within: (traceparent, work) =>
      traceparent !== undefined && isSampled(traceparent)
        ? context.with(contextOf(traceparent), work)
        : work(),
    committed: (batch) => batches.write(batch),
  };
}

function contextOf(traceparent: string): typeof ROOT_CONTEXT {
  const [, traceId = '', spanId = '', flags = ''] = traceparent.split('-');
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: Number.parseInt(flags, 16) });
}
