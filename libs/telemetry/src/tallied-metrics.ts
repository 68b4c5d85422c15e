/**
 * The counters and histograms of a meter. Recorded through the SDK's own, a value costs a microsecond and a kilobyte of
 * garbage, most of it to find the series; here it is added to a series of ours, and the SDK's reader takes them when it
 * collects. What is exposed is what the SDK would expose.
 */
import { ValueType, diag } from '@opentelemetry/api';
import type { Attributes, Counter, Histogram, HrTime } from '@opentelemetry/api';
import { millisToHrTime } from '@opentelemetry/core';
import { AggregationTemporality, DataPointType } from '@opentelemetry/sdk-metrics';
import type {
  CollectionResult,
  HistogramMetricData,
  MetricProducer,
  ResourceMetrics,
  SumMetricData,
} from '@opentelemetry/sdk-metrics';
import { METRICS, described } from './names.ts';
import type { Metric } from './names.ts';
import { SeriesByLabels } from './series.ts';

/** Upper bounds: milliseconds from a commit to a long wait, and sizes of commits. */
const BUCKETS: Readonly<Record<string, readonly number[]>> = {
  ms: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1e3, 2.5e3, 5e3, 1e4, 3e4, 6e4, 3e5, 9e5, 3.6e6],
  '{fact}': [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096],
};

/** Gives the same instrument for the same name, so nothing is exposed twice. */
export class TalliedMetrics implements MetricProducer {
  readonly #resource: ResourceMetrics['resource'];
  readonly #counters = new Map<Metric, TalliedCounter>();
  readonly #histograms = new Map<Metric, TalliedHistogram>();

  constructor(resource: ResourceMetrics['resource']) {
    this.#resource = resource;
  }

  counter(metric: Metric): Counter {
    let counter = this.#counters.get(metric);
    if (!counter) this.#counters.set(metric, (counter = new TalliedCounter(metric)));
    return counter;
  }

  histogram(metric: Metric): Histogram {
    let histogram = this.#histograms.get(metric);
    if (!histogram) this.#histograms.set(metric, (histogram = new TalliedHistogram(metric)));
    return histogram;
  }

  collect(): Promise<CollectionResult> {
    const endTime = millisToHrTime(Date.now());
    const metrics = [...this.#counters.values(), ...this.#histograms.values()]
      .map((instrument) => instrument.data(endTime))
      .filter(({ dataPoints }) => dataPoints.length > 0);
    const scopeMetrics = metrics.length > 0 ? [{ scope: { name: 'writ' }, metrics }] : [];
    return Promise.resolve({ resourceMetrics: { resource: this.#resource, scopeMetrics }, errors: [] });
  }
}

/** One that is split by nothing stands at 0 from the beginning: a rule over it never meets a metric that is not there. */
class TalliedCounter implements Counter {
  readonly #about;
  readonly #series = new SeriesByLabels(() => 0);

  constructor(metric: Metric) {
    this.#about = about(metric, 'counter');
    if (METRICS[metric].by.length === 0) this.add(0);
  }

  add(value: number, labels?: Attributes): void {
    if (value < 0) warnOf(value, this.#about.descriptor.name);
    else this.#series.of(labels).value += value;
  }

  data(endTime: HrTime): SumMetricData {
    const dataPoints = this.#series.all().map((series) => ({ ...series, endTime }));
    return { ...this.#about, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints };
  }
}

interface Distribution {
  count: number;
  sum: number;
  min?: number;
  max?: number;
  /** One more than there are bounds. */
  readonly counts: number[];
}

class TalliedHistogram implements Histogram {
  readonly #about;
  readonly #bounds: readonly number[];
  readonly #series: SeriesByLabels<Distribution>;

  constructor(metric: Metric) {
    this.#about = about(metric, 'histogram');
    const bounds = BUCKETS[METRICS[metric].unit] ?? [];
    this.#bounds = bounds;
    this.#series = new SeriesByLabels(() => ({ count: 0, sum: 0, counts: [0, ...bounds.map(() => 0)] }));
  }

  record(value: number, labels?: Attributes): void {
    if (value < 0) return warnOf(value, this.#about.descriptor.name);
    const one = this.#series.of(labels).value;
    if (Number.isNaN(value)) return;
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket += 1;
    one.counts[bucket] = (one.counts[bucket] as number) + 1;
    one.count += 1;
    one.sum += value;
    one.min = Math.min(one.min ?? value, value);
    one.max = Math.max(one.max ?? value, value);
  }

  data(endTime: HrTime): HistogramMetricData {
    const dataPoints = this.#series.all().map(({ value: { counts, ...sums }, ...series }) => {
      const buckets = { boundaries: [...this.#bounds], counts: [...counts] };
      return { ...series, endTime, value: { ...sums, buckets } };
    });
    return { ...this.#about, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
}

function about(
  metric: Metric,
  instrument: 'counter' | 'histogram',
): Pick<SumMetricData, 'descriptor' | 'aggregationTemporality'> {
  const descriptor = { name: metric, ...described(metric, instrument), valueType: ValueType.DOUBLE };
  return { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE };
}

function warnOf(value: number, name: string): void {
  diag.warn(`negative value provided to ${name}: ${value}`);
}
