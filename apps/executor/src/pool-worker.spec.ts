import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunResult } from '@writ/execution';
import { PoolWorker } from './pool-worker.ts';
import type { Job } from './pool-worker.ts';

const ROUNDS = 400;
const CALLS = 40;
const TARGET = {
  name: 'count',
  module: new URL('./fixtures/tools.mjs', import.meta.url).href,
  export: 'count',
  timeoutMs: 10_000,
  repeatable: false,
};

describe('a worker from which calls are taken back while it runs them', () => {
  let settled: () => void = () => undefined;
  const worker = new PoolWorker({
    entry: new URL('./tool-worker.ts', import.meta.url),
    environment: {},
    maxOutputBytes: 1_000,
    onAnswers: (_, answers) => {
      for (const { id, output } of answers) {
        worker.release(id)?.settle({ outcome: 'succeeded', output: Number(output) });
      }
      if (worker.jobs.size === 0) settled();
    },
    onExit: () => undefined,
  });
  beforeAll(() => worker.online);
  afterAll(() => worker.terminate());

  it('runs each call once: either it had begun, or it begins when it is given again', async () => {
    const results: RunResult[] = [];
    let takenBack = 0;
    for (let round = 0; round < ROUNDS; round++) {
      for (let n = 0; n < CALLS; n++)
        worker.give(
          jobOf(`${round}-${n}`, (result) => results.push(result)),
          0,
        );
      const before = results.length;
      // Some way into the batch, a different way each round.
      await new Promise((resolve) => setImmediate(resolve));
      for (const end = performance.now() + (round % 20) / 100; performance.now() < end;);
      const jobs = worker.takeBack();
      takenBack += jobs.length;
      for (const job of jobs) worker.give(job, 0);
      await new Promise<void>((resolve) => {
        settled = resolve;
        if (worker.jobs.size === 0) resolve();
      });
      expect(results.length - before).toBeLessThanOrEqual(CALLS);
    }
    expect(results.length).toBe(ROUNDS * CALLS);
    expect(results.every((result) => result.outcome === 'succeeded' && result.output === 1)).toBe(true);
    expect(takenBack).toBeGreaterThan(0);
    expect(takenBack).toBeLessThan(ROUNDS * CALLS);
  });
});

function jobOf(invocation: string, settle: Job['settle']): Job {
  const run = {
    tenant: 'lab',
    agent: 'a',
    invocation,
    attempt: 1,
    idempotencyKey: '',
    fencingToken: 1,
    inputs: '{}',
  };
  return {
    target: TARGET,
    run: run as never,
    settle,
    expectedMs: 0,
    deadlineAt: 0,
    crashes: 0,
    reported: undefined,
  };
}
