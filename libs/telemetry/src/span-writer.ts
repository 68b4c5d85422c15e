/**
 * Turns span records into the spans of OpenTelemetry's SDK and hands them to its processor, which batches and exports them.
 * Tracers choose their own ids and know one resource; these spans come with their ids, and each with its service's resource.
 */
import { SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { hrTimeDuration, millisToHrTime } from '@opentelemetry/core';
import type { InstrumentationScope } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { SpanRecord } from './span-record.ts';

const SCOPE: InstrumentationScope = { name: 'writ' };

export class SpanWriter {
  readonly #processor: Pick<SpanProcessor, 'onEnd'>;
  readonly #resources = new Map<string, Resource>();

  constructor(processor: Pick<SpanProcessor, 'onEnd'>) {
    this.#processor = processor;
  }

  write(record: SpanRecord): void {
    this.#processor.onEnd(spanOf(record, this.#resource(record.service)));
  }

  #resource(service: string): Resource {
    let resource = this.#resources.get(service);
    if (!resource) this.#resources.set(service, (resource = resourceOf(service)));
    return resource;
  }
}

/** The same for what a service measures and what it traces. */
export function resourceOf(service: string): Resource {
  return resourceFromAttributes({ 'service.name': `writ-${service}`, 'service.namespace': 'writ' });
}

function spanOf(record: SpanRecord, resource: Resource): ReadableSpan {
  const { traceId, spanId, parent, error, links = [], events = [] } = record;
  const context = { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
  const startTime = millisToHrTime(record.startMs);
  // Instants of several clocks meet here; a span never ends before it begins.
  const endTime = millisToHrTime(Math.max(record.startMs, record.endMs));
  return {
    name: record.name,
    kind: record.kind,
    spanContext: () => context,
    ...(parent ? { parentSpanContext: { traceId, traceFlags: TraceFlags.SAMPLED, ...parent } } : {}),
    startTime,
    endTime,
    status:
      error === undefined ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: error },
    attributes: record.attributes,
    links: links.map((ids) => ({ context: { ...ids, traceFlags: TraceFlags.SAMPLED, isRemote: true } })),
    events: events.map(({ name, atMs, attributes }) => ({ name, time: millisToHrTime(atMs), attributes })),
    duration: hrTimeDuration(startTime, endTime),
    ended: true,
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}
