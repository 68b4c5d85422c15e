import { describe, expect, it } from 'vitest';
import { Attribute, Metric } from './names.ts';
import { FewLabels } from './few-labels.ts';
import { startTelemetry } from './start-telemetry.ts';

const WAITS = [0, 1, 1.5, 2, 7, 3_600_000, 3_600_001, 12, 0.25];

/** Lines of a histogram in Prometheus' text, without what names the process. */
function linesOf(text: string, metric: string): readonly string[] {
  return text.split('\n').filter((line) => line.includes(metric));
}

describe('a histogram that is tallied', () => {
  it('with values on, between and beyond its bounds: is exposed as the meter exposes its own', async () => {
    const [mine, theirs] = await Promise.all([startTelemetry('test'), startTelemetry('test')]);
    const projects = new FewLabels(Attribute.tenant, Attribute.project);
    const record = mine.tally(Metric.queueWait);
    const histogram = theirs.meter.createHistogram(Metric.queueWait);
    for (const [nth, wait] of WAITS.entries()) {
      const labels = projects.of('lab', `p${nth % 2}`);
      record(wait, labels);
      histogram.record(wait, labels);
    }
    const lines = linesOf(await mine.metricsText(), 'writ_queue_wait');
    expect(lines).toEqual(linesOf(await theirs.metricsText(), 'writ_queue_wait'));
    expect(lines).toContainEqual(expect.stringMatching(/^writ_queue_wait_count\{.*project="p1".*\} 4$/));
    await Promise.all([mine.shutdown(), theirs.shutdown()]);
  });

  it('with nothing recorded: is not exposed', async () => {
    const telemetry = await startTelemetry('test');
    telemetry.tally(Metric.queueWait);
    expect(linesOf(await telemetry.metricsText(), 'writ_queue_wait')).toEqual([]);
    await telemetry.shutdown();
  });
});
