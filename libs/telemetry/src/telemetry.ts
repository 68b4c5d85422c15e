/** OpenTelemetry for one process: where it goes, and what it offers. */
import type { Attributes, Meter } from '@opentelemetry/api';
import type { Metric } from './names.ts';
import type { Sampling } from './sampling.ts';
import type { SpanRecord } from './span-record.ts';

/** How and where telemetry is sent. */
export interface Export extends Sampling {
  /** Base URL of an OTLP/HTTP receiver. */
  readonly endpoint: string;
  readonly protocol: 'http/protobuf' | 'http/json';
  readonly metricsEveryMs: number;
  /** What the SDK has to complain about. */
  readonly log: (sentence: string) => void;
}

/** What a process that exports traces does with them. */
export interface Tracing extends Sampling {
  readonly spans: { write(span: SpanRecord): void };
}

/** Records one value of a histogram; equal labels must be the same object (`FewLabels`). */
export type Tally = (value: number, labels: Attributes) => void;

export interface Telemetry {
  readonly meter: Meter;
  /** A histogram for what is recorded too often for the meter's, which costs 1.3 us a value. */
  tally(metric: Metric): Tally;
  /** Undefined when traces are exported nowhere. */
  readonly tracing: Tracing | undefined;
  /** Everything measured, in Prometheus' text format. */
  metricsText(): Promise<string>;
  /** Sends what is left, as long as the receiver lets it. */
  shutdown(): Promise<void>;
}
