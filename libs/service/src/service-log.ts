/** JSON lines, each with the trace that it was written in, when it was written in one. */
import { isSpanContextValid, trace } from '@opentelemetry/api';
import { ConsoleLogger } from '@nestjs/common';

type Line = ReturnType<ConsoleLogger['getJsonLogObject']>;

export class ServiceLog extends ConsoleLogger {
  protected override getJsonLogObject(...said: Parameters<ConsoleLogger['getJsonLogObject']>): Line {
    const line = super.getJsonLogObject(...said);
    const context = trace.getActiveSpan()?.spanContext();
    if (context === undefined || !isSpanContextValid(context)) return line;
    return { ...line, trace_id: context.traceId, span_id: context.spanId };
  }
}
