/** OpenTelemetry for one process: where it goes, and what it offers. */
import type { Counter, Histogram, ObservableGauge } from '@opentelemetry/api';
import type { Metric } from './names.ts';
import type { Sampling } from './sampling.ts';
import type { SpanRecord } from './span-record.ts';

/** How and where telemetry is sent. */
export interface Export extends Sampling {
  /** Base URL of an OTLP/HTTP receiver. */
  readonly endpoint: string;
  readonly protocol: 'http/protobuf' | 'http/json';
  /** Spans wait so long for others to be sent with. */
  readonly spansWaitMs: number;
  readonly metricsEveryMs: number;
  /** What the SDK has to complain about. */
  readonly log: (sentence: string) => void;
}

/** What a process that exports traces does with them. */
export interface Tracing extends Sampling {
  readonly spans: { write(span: SpanRecord): void };
}

/**
 * What is used of OpenTelemetry's meter, over the one list of names. A value that is recorded with labels of `FewLabels` costs
 * least: their series is not looked up by their text.
 */
export interface Meter {
  createCounter(metric: Metric): Counter;
  createHistogram(metric: Metric): Histogram;
  createObservableGauge(metric: Metric): ObservableGauge;
}

export interface Telemetry {
  readonly meter: Meter;
  /** Undefined when traces are exported nowhere. */
  readonly tracing: Tracing | undefined;
  /** Everything measured, in Prometheus' text format. */
  metricsText(): Promise<string>;
  /** Sends what is left, as long as the receiver lets it. */
  shutdown(): Promise<void>;
}
