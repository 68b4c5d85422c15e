/** What is learned of a tool from its runs. */
import { describe, expect, it } from 'vitest';
import { RunTimes } from './run-times.ts';

function after(...runs: readonly number[]): RunTimes {
  const times = new RunTimes();
  for (const ms of runs) times.add(ms);
  return times;
}

describe('run times', () => {
  it('of no run: say nothing', () =>
    expect([new RunTimes().medianMs, new RunTimes().leastMs]).toEqual([undefined, 0]));
  it('of few runs: know a median, but no least', () => {
    const times = after(100, 200, 400);
    expect(times.medianMs).toBeGreaterThan(200 / 1.2);
    expect(times.medianMs).toBeLessThan(200 * 1.2);
    expect(times.leastMs).toBe(0);
  });
  it('of many: are right to a fifth', () => {
    const times = after(...Array.from({ length: 1_000 }, (_, index) => index + 1));
    expect((times.medianMs ?? 0) / 500).toBeCloseTo(1, 0);
    expect(times.leastMs / 100).toBeCloseTo(1, 0);
  });
  it('that change: follow after some hundred runs', () => {
    const times = after(
      ...Array.from({ length: 2_000 }, () => 10),
      ...Array.from({ length: 2_000 }, () => 1_000),
    );
    expect(times.medianMs).toBeGreaterThan(800);
  });
  it('that are absurd: stay within the buckets', () =>
    expect(after(-1, NaN, 1e300).medianMs).toBeGreaterThan(0));
  it('kept and brought back: are the same', () => {
    const times = after(5, 7, 2_000);
    expect(new RunTimes(times.counts())).toEqual(times);
  });
});
