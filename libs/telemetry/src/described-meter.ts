/**
 * A meter over the one list of names, which says unit and description of every instrument. Counters and histograms are
 * tallied, because they are recorded for every call; gauges are read when somebody looks and are the SDK's.
 */
import type { Meter as SdkMeter } from '@opentelemetry/api';
import { described } from './names.ts';
import type { TalliedMetrics } from './tallied-metrics.ts';
import type { Meter } from './telemetry.ts';

export function describedMeter(gauges: SdkMeter, tallied: TalliedMetrics): Meter {
  return {
    createCounter: (metric) => tallied.counter(metric),
    createHistogram: (metric) => tallied.histogram(metric),
    createObservableGauge: (metric) => gauges.createObservableGauge(metric, described(metric, 'gauge')),
  };
}
