/**
 * What an executor traces. The span of a tool's run is made later, from the facts; its id is known before, so the tool can
 * hang its own spans below it and our log lines can name it.
 */
import { ROOT_CONTEXT, context, trace } from '@opentelemetry/api';
import { SubjectKind } from '@writ/contracts';
import type { Grant } from '@writ/contracts';
import { BatchSpans } from '@writ/service';
import type { WrittenBatch } from '@writ/service';
import { runTraceparent } from '@writ/telemetry';
import type { Tracing } from '@writ/telemetry';

export interface RunTraces {
  /** Undefined when nobody traces. */
  traceparent(grant: Grant): string | undefined;
  /** Runs `work` in that trace. */
  within<T>(traceparent: string | undefined, work: () => T): T;
  /** A commit of this executor stands in the ledger. */
  committed(batch: WrittenBatch): void;
}

/** Where no traces are exported, an agent's own trace is handed on as it came. */
export const handedOn: RunTraces = {
  traceparent: (grant) => grant.traceparent,
  within: (_traceparent, work) => work(),
  committed: () => undefined,
};

export function runTraces(tracing: Tracing | undefined): RunTraces {
  if (!tracing) return handedOn;
  const batches = new BatchSpans('executor', SubjectKind.executions, tracing);
  return {
    traceparent: (grant) => runTraceparent(grant, grant.attempt, tracing.ratio),
    within: (traceparent, work) =>
      traceparent === undefined ? work() : context.with(contextOf(traceparent), work),
    committed: (batch) => batches.write(batch),
  };
}

function contextOf(traceparent: string): typeof ROOT_CONTEXT {
  const [, traceId = '', spanId = '', flags = ''] = traceparent.split('-');
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: Number.parseInt(flags, 16) });
}
