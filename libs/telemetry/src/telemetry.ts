/**
 * OpenTelemetry for one process: what it offers, and its start. What it takes is loaded when it starts, because agents and
 * tests that only want names and ids should not pay for it.
 */
import type { Meter } from '@opentelemetry/api';
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

export interface Telemetry {
  readonly meter: Meter;
  /** Undefined when traces are exported nowhere. */
  readonly tracing: Tracing | undefined;
  /** Everything measured, in Prometheus' text format. */
  metricsText(): Promise<string>;
  /** Sends what is left, as long as the receiver lets it. */
  shutdown(): Promise<void>;
}

/** Starts telemetry for a service. */
export async function startTelemetry(service: string, exporting?: Export): Promise<Telemetry> {
  const { start } = await import('./start.ts');
  return start(service, exporting);
}
