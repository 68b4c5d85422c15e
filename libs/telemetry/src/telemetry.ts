/**
 * OpenTelemetry for one process. Metrics are always kept and read by Prometheus over `/metrics`; traces are exported
 * over OTLP/HTTP when an endpoint is configured, and cost nothing otherwise: the SDK is not even loaded.
 */
import { metrics } from '@opentelemetry/api';
import type { Meter } from '@opentelemetry/api';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

export interface Telemetry {
  readonly meter: Meter;
  /** Everything measured, in Prometheus' text format. */
  metricsText(): Promise<string>;
  shutdown(): Promise<void>;
}

/** Starts telemetry for a service; `endpoint` is the base URL of an OTLP/HTTP receiver for traces. */
export async function startTelemetry(service: string, endpoint?: string): Promise<Telemetry> {
  const reader = new PrometheusExporter({ preventServerStart: true });
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ 'service.name': `writ-${service}` }),
    readers: [reader],
  });
  metrics.setGlobalMeterProvider(provider);
  const traces = endpoint === undefined ? undefined : await startTraces(service, endpoint);
  const serializer = new PrometheusSerializer();
  return {
    meter: provider.getMeter('writ'),
    metricsText: async () => serializer.serialize((await reader.collect()).resourceMetrics),
    shutdown: async () => {
      await provider.shutdown();
      await traces?.shutdown();
    },
  };
}

async function startTraces(service: string, endpoint: string): Promise<{ shutdown(): Promise<void> }> {
  const [{ startNodeSdk }, { OTLPTraceExporter }, { BatchSpanProcessor }, { W3CTraceContextPropagator }] =
    await Promise.all([
      import('@opentelemetry/sdk-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/core'),
    ]);
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` });
  return startNodeSdk({
    resourceAttributes: { 'service.name': `writ-${service}` },
    propagators: [new W3CTraceContextPropagator()],
    // The default queue drops spans silently under a flood (STACK.md §5).
    spanProcessors: [new BatchSpanProcessor({ exporter, maxQueueSize: 65_536, maxExportBatchSize: 2_048 })],
    metricReaders: [],
    logRecordProcessors: [],
  });
}
