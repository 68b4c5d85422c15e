/**
 * Metrics are always kept and read by Prometheus over `/metrics`. With the endpoint of an OTLP/HTTP receiver the SDK for Node
 * is started too: metrics and spans are then exported there. Without one it is not even loaded.
 */
import { diag, metrics } from '@opentelemetry/api';
import type { Meter } from '@opentelemetry/api';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import type { MetricReader, PushMetricExporter, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { describedMeter } from './described-meter.ts';
import { SpanWriter, resourceOf } from './span-writer.ts';
import { TalliedMetrics } from './tallied-metrics.ts';
import type { Export, Telemetry } from './telemetry.ts';

/** The default queue drops spans silently under a flood (STACK.md §5). */
const QUEUED_SPANS = 65_536;
const SPANS_A_REQUEST = 2_048;
const SHUTDOWN_WITHIN_MS = 5_000;

export async function start(service: string, exporting?: Export): Promise<Telemetry> {
  const tallied = new TalliedMetrics(resourceOf(service));
  const prometheus = new PrometheusExporter({ preventServerStart: true, metricProducers: [tallied] });
  const serializer = new PrometheusSerializer();
  const { meter, tracing, shutdown } = exporting
    ? await startSdk(service, prometheus, exporting)
    : startMeters(service, prometheus);
  return {
    meter: describedMeter(meter, tallied),
    tracing,
    metricsText: async () => serializer.serialize(await measured(prometheus)),
    shutdown: () => within(SHUTDOWN_WITHIN_MS, shutdown()),
  };
}

type Started = Pick<Telemetry, 'tracing' | 'shutdown'> & { readonly meter: Meter };

function startMeters(service: string, reader: MetricReader): Started {
  const provider = new MeterProvider({ resource: resourceOf(service), readers: [reader] });
  return {
    meter: provider.getMeter('writ'),
    tracing: undefined,
    shutdown: () => provider.shutdown(),
  };
}

async function startSdk(service: string, prometheus: MetricReader, exporting: Export): Promise<Started> {
  const [{ startNodeSdk }, sdkTrace, { W3CTraceContextPropagator }] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/core'),
  ]);
  const { BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler } = sdkTrace;
  const { ratio, slowMs, log, spansWaitMs, metricsEveryMs } = exporting;
  const { traces, measures } = await exporters(exporting);
  const processor = new BatchSpanProcessor({
    exporter: traces,
    maxQueueSize: QUEUED_SPANS,
    maxExportBatchSize: SPANS_A_REQUEST,
    scheduledDelayMillis: spansWaitMs,
  });
  const sdk = startNodeSdk({
    resourceAttributes: resourceOf(service).attributes,
    propagators: [new W3CTraceContextPropagator()],
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [processor],
    metricReaders: [prometheus],
    logRecordProcessors: [],
  });
  // One reader for both ways out: a second one would make every measurement cost twice.
  const send = async (): Promise<void> => {
    const now = await measured(prometheus);
    await new Promise((sent) => measures.export(now, sent));
  };
  const timer = setInterval(() => void send().catch((error: unknown) => log(String(error))), metricsEveryMs);
  timer.unref();
  const silent = (): void => undefined;
  const logger = { error: log, warn: log, info: silent, debug: silent, verbose: silent };
  diag.setLogger(logger, { suppressOverrideMessage: true });
  return {
    meter: metrics.getMeter('writ'),
    tracing: { ratio, slowMs, spans: new SpanWriter(processor) },
    shutdown: async () => {
      clearInterval(timer);
      await send();
      await Promise.all([sdk.shutdown(), measures.shutdown()]);
    },
  };
}

/** Everything measured, once it is known what measures: the SDK looks some of that up. */
async function measured(reader: MetricReader): Promise<ResourceMetrics> {
  const { resourceMetrics } = await reader.collect();
  await resourceMetrics.resource.waitForAsyncAttributes?.();
  return resourceMetrics;
}

async function exporters({
  endpoint,
  protocol,
}: Export): Promise<{ readonly traces: SpanExporter; readonly measures: PushMetricExporter }> {
  const url = (signal: string): { url: string } => ({ url: `${endpoint.replace(/\/$/, '')}/v1/${signal}` });
  const [{ OTLPTraceExporter }, { OTLPMetricExporter }] = await (protocol === 'http/json'
    ? Promise.all([
        import('@opentelemetry/exporter-trace-otlp-http'),
        import('@opentelemetry/exporter-metrics-otlp-http'),
      ])
    : Promise.all([
        import('@opentelemetry/exporter-trace-otlp-proto'),
        import('@opentelemetry/exporter-metrics-otlp-proto'),
      ]));
  return { traces: new OTLPTraceExporter(url('traces')), measures: new OTLPMetricExporter(url('metrics')) };
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work.catch(() => undefined), late]);
  clearTimeout(timer);
}
