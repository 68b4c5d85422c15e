/** What an executor counts, on an OpenTelemetry meter. */
import { Attribute, FewLabels, Metric } from '@writ/telemetry';
import type { Meter } from '@writ/telemetry';
import type { ExecutorMetrics } from './metrics.ts';

/** `running` tells how many grants are held now. */
export function observedMetrics(meter: Meter, running: () => number): ExecutorMetrics {
  const runs = meter.createCounter(Metric.runs);
  const durations = meter.createHistogram(Metric.runDuration);
  const commits = meter.createCounter(Metric.commits);
  const facts = meter.createCounter(Metric.facts);
  const fenced = meter.createCounter(Metric.executorFenced);
  const failedPulls = meter.createCounter(Metric.failedPulls);
  const tools = new FewLabels(Attribute.tool);
  const outcomes = new FewLabels(Attribute.tool, Attribute.outcome);
  meter.createObservableGauge(Metric.running).addCallback((result) => result.observe(running()));
  return {
    pulled: () => undefined,
    pullFailed: () => failedPulls.add(1),
    ran: (tool, outcome, durationMs) => {
      runs.add(1, outcomes.of(tool, outcome));
      durations.record(durationMs, tools.of(tool));
    },
    committed: (count) => {
      commits.add(1);
      facts.add(count);
    },
    fenced: () => fenced.add(1),
  };
}
