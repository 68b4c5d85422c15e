import { describe, expect, it } from 'vitest';
import { Metric } from './names.ts';
import { startTelemetry } from './start-telemetry.ts';
import type { Meter } from './telemetry.ts';

/** Lines of a metric in Prometheus' text after something was done with a meter. */
async function linesOf(metric: string, use: (meter: Meter) => void): Promise<readonly string[]> {
  const telemetry = await startTelemetry('test');
  use(telemetry.meter);
  const text = await telemetry.metricsText();
  await telemetry.shutdown();
  return text.split('\n').filter((line) => line.includes(metric));
}

describe('a histogram', () => {
  it('with nothing recorded: is not exposed', async () =>
    expect(await linesOf('writ_queue_wait', (meter) => void meter.createHistogram(Metric.queueWait))).toEqual(
      [],
    ));

  it('with equal labels as several objects, in another order, frozen later: has one series', async () => {
    const lines = await linesOf('writ_queue_wait_count', (meter) => {
      const waits = meter.createHistogram(Metric.queueWait);
      const labels = { tenant: 'lab', project: 'p' };
      waits.record(1, labels);
      waits.record(2, { project: 'p', tenant: 'lab' });
      waits.record(3, Object.freeze(labels));
      waits.record(4, labels);
    });
    expect(lines).toEqual([
      expect.stringMatching(/^writ_queue_wait_count\{tenant="lab",project="p",.*\} 4$/),
    ]);
  });

  it('with one labels object that its caller changes: has a series for what it was each time', async () => {
    const lines = await linesOf('writ_queue_wait_count', (meter) => {
      const waits = meter.createHistogram(Metric.queueWait);
      const labels = { project: 'p' };
      waits.record(1, labels);
      labels.project = 'q';
      waits.record(2, labels);
      waits.record(3, labels);
    });
    expect(lines).toEqual([expect.stringMatching(/"p".*\} 1$/), expect.stringMatching(/"q".*\} 2$/)]);
  });

  it('created twice: is one', async () => {
    const lines = await linesOf('writ_queue_wait', (meter) => {
      for (const wait of [1, 2]) meter.createHistogram(Metric.queueWait).record(wait);
    });
    expect(lines.filter((line) => line.startsWith('# TYPE'))).toHaveLength(1);
    expect(lines).toContainEqual(expect.stringMatching(/^writ_queue_wait_count\{.*\} 2$/));
  });

  it('with labels without end: has 2,000 series, the last for all that came later', async () => {
    const lines = await linesOf('writ_queue_wait_count{', (meter) => {
      const waits = meter.createHistogram(Metric.queueWait);
      for (let project = 0; project < 2_100; project++) waits.record(1, { project: String(project) });
    });
    expect(lines).toHaveLength(2_000);
    expect(lines.at(-1)).toMatch(/^writ_queue_wait_count\{otel_metric_overflow="true",.*\} 101$/);
  });

  it('by the name of a counter: is refused', async () => {
    const telemetry = await startTelemetry('test');
    expect(() => telemetry.meter.createHistogram(Metric.commits)).toThrow('writ.commits is a counter');
    await telemetry.shutdown();
  });
});

describe('a counter', () => {
  it('split by nothing, with nothing counted: stands at 0', async () =>
    expect(await linesOf('writ_commits_total{', (meter) => void meter.createCounter(Metric.commits))).toEqual(
      [expect.stringMatching(/ 0$/)],
    ));

  it('split by something, with nothing counted: is not exposed', async () =>
    expect(await linesOf('writ_facts_total', (meter) => void meter.createCounter(Metric.facts))).toEqual([]));
});
