/**
 * A meter whose instruments get unit, description and buckets from the one list of names. A counter that is split by nothing
 * stands at 0 from the beginning, so that a rule over it never meets a metric that is not there.
 */
import type { Counter, Meter, MetricOptions } from '@opentelemetry/api';
import { METRICS } from './names.ts';
import type { Metric } from './names.ts';

/** Upper bounds: milliseconds from a commit to a long wait, and sizes of commits. */
const BUCKETS: Readonly<Record<string, number[]>> = {
  ms: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1e3, 2.5e3, 5e3, 1e4, 3e4, 6e4, 3e5, 9e5, 3.6e6],
  '{fact}': [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096],
};

/** The upper bounds of a histogram's buckets. */
export function bucketsOf(metric: Metric): readonly number[] {
  return BUCKETS[METRICS[metric].unit] ?? [];
}

export function describedMeter(meter: Meter): Meter {
  return {
    createCounter: (name, options) => fromZero(name, meter.createCounter(name, described(name, options))),
    createUpDownCounter: (name, options) => meter.createUpDownCounter(name, described(name, options)),
    createHistogram: (name, options) => meter.createHistogram(name, bucketed(name, options)),
    createGauge: (name, options) => meter.createGauge(name, described(name, options)),
    createObservableGauge: (name, options) => meter.createObservableGauge(name, described(name, options)),
    createObservableCounter: (name, options) => meter.createObservableCounter(name, described(name, options)),
    createObservableUpDownCounter: (name, options) =>
      meter.createObservableUpDownCounter(name, described(name, options)),
    addBatchObservableCallback: (...all) => meter.addBatchObservableCallback(...all),
    removeBatchObservableCallback: (...all) => meter.removeBatchObservableCallback(...all),
  };
}

type About = (typeof METRICS)[Metric] | undefined;

function described(name: string, options: MetricOptions = {}): MetricOptions {
  const about = METRICS[name as Metric] as About;
  return about ? { unit: about.unit, description: about.description, ...options } : options;
}

function bucketed(name: string, options?: MetricOptions): MetricOptions {
  const known = described(name, options);
  const bounds = BUCKETS[known.unit ?? ''];
  return bounds ? { advice: { explicitBucketBoundaries: bounds }, ...known } : known;
}

function fromZero(name: string, counter: Counter): Counter {
  if ((METRICS[name as Metric] as About)?.by.length === 0) counter.add(0);
  return counter;
}
