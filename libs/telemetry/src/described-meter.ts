/** A meter whose instruments get unit and description from the one list of names. */
import type { Meter, MetricOptions } from '@opentelemetry/api';
import { METRICS } from './names.ts';
import type { Metric } from './names.ts';

export function describedMeter(meter: Meter): Meter {
  return {
    createCounter: (name, options) => meter.createCounter(name, described(name, options)),
    createUpDownCounter: (name, options) => meter.createUpDownCounter(name, described(name, options)),
    createHistogram: (name, options) => meter.createHistogram(name, described(name, options)),
    createGauge: (name, options) => meter.createGauge(name, described(name, options)),
    createObservableGauge: (name, options) => meter.createObservableGauge(name, described(name, options)),
    createObservableCounter: (name, options) => meter.createObservableCounter(name, described(name, options)),
    createObservableUpDownCounter: (name, options) =>
      meter.createObservableUpDownCounter(name, described(name, options)),
    addBatchObservableCallback: (...all) => meter.addBatchObservableCallback(...all),
    removeBatchObservableCallback: (...all) => meter.removeBatchObservableCallback(...all),
  };
}

function described(name: string, options: MetricOptions = {}): MetricOptions {
  const about = METRICS[name as Metric] as (typeof METRICS)[Metric] | undefined;
  return about ? { unit: about.unit, description: about.description, ...options } : options;
}
