/** Whatever is recorded, with whatever labels objects: what is exposed is what the SDK's own instruments expose. */
import type { Counter, Histogram } from '@opentelemetry/api';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import type { CollectionResult } from '@opentelemetry/sdk-metrics';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FewLabels } from './few-labels.ts';
import { Attribute, METRICS, Metric } from './names.ts';
import { resourceOf } from './span-writer.ts';
import { TalliedMetrics } from './tallied-metrics.ts';

const RESOURCE = resourceOf('test');
const MS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1e3, 2.5e3, 5e3, 1e4, 3e4, 6e4, 3e5, 9e5, 3.6e6];

type Recording = (counter: Counter, histogram: Histogram) => void;

const few = new FewLabels(Attribute.tenant, Attribute.project);
const name = fc.constantFrom('a', 'b', '"', '');
const labels = fc.oneof(
  fc.constant(undefined),
  fc.tuple(name, name).map(([tenant, project]) => few.of(tenant, project)),
  fc.tuple(name, name).map(([tenant, project]) => ({ tenant, project })),
  fc.tuple(name, name).map(([tenant, project]) => ({ project, tenant })),
);
const value = fc.oneof(
  fc.constantFrom(...MS, 0, -0, -1, 3_600_001, Number.NaN, Infinity, -Infinity),
  fc.double({ min: 0, max: 1e4 }),
);
const recording: fc.Arbitrary<Recording> = fc
  .tuple(value, labels, fc.boolean())
  .map(([amount, by, counts]) => (counter, histogram) => {
    if (counts) counter.add(amount, by);
    else histogram.record(amount, by);
  });

function tallied(recordings: readonly Recording[]): Promise<CollectionResult> {
  const metrics = new TalliedMetrics(RESOURCE);
  for (const record of recordings) record(metrics.counter(Metric.runs), metrics.histogram(Metric.queueWait));
  return metrics.collect();
}

function bySdk(recordings: readonly Recording[]): Promise<CollectionResult> {
  const reader = new PrometheusExporter({ preventServerStart: true });
  const meter = new MeterProvider({ resource: RESOURCE, readers: [reader] }).getMeter('writ');
  const counter = meter.createCounter(Metric.runs, METRICS[Metric.runs]);
  const advice = { explicitBucketBoundaries: MS };
  const histogram = meter.createHistogram(Metric.queueWait, { ...METRICS[Metric.queueWait], advice });
  for (const record of recordings) record(counter, histogram);
  return reader.collect();
}

/** As Prometheus and as a receiver of OTLP see it, instants apart. */
function seen({ resourceMetrics }: CollectionResult): unknown {
  const points = resourceMetrics.scopeMetrics.flatMap(({ metrics }) =>
    metrics.map(({ descriptor, dataPoints, aggregationTemporality }) => ({
      unit: descriptor.unit,
      valueType: descriptor.valueType,
      aggregationTemporality,
      points: dataPoints.map(({ attributes, value: measured }) => ({ attributes, measured })),
    })),
  );
  return { text: new PrometheusSerializer().serialize(resourceMetrics), points };
}

describe('counters and histograms that are tallied', () => {
  it('with anything recorded: are exposed as the SDK exposes its own', () =>
    fc.assert(
      fc.asyncProperty(fc.array(recording, { maxLength: 60 }), async (recordings) => {
        expect(seen(await tallied(recordings))).toEqual(seen(await bySdk(recordings)));
      }),
    ));
});
