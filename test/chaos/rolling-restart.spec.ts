/**
 * Each service restarted alone, again and again, under load: no call fails. What a deployment does to one service at a time,
 * here with the hardest case, a single replica that is away for a moment.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SERVICES } from '../../infra/nats/principals.ts';
import { GovernedToolExecutor } from '@writ/sdk';
import type { CallOutcome } from '@writ/sdk';
import { startTestSuite } from '../e2e/suite.ts';
import type { TestSuite } from '../e2e/suite.ts';

/** 20 in the long mode, as a release is proven. */
const RESTARTS = Number(process.env['WRIT_RESTARTS'] ?? 2);
const LANES = 16;
const GOVERNANCE = new URL('./governance', import.meta.url).pathname;

let suite: TestSuite;
let executor: GovernedToolExecutor;

beforeAll(async () => {
  suite = await startTestSuite();
  const applied = await suite.writ('apply', '-f', GOVERNANCE);
  expect(applied, applied.err).toMatchObject({ code: 0 });
  const { natsUrl, tenant, users } = suite.connection;
  executor = await GovernedToolExecutor.connect({ server: natsUrl, tenant, ...users.agent });
});

afterAll(async () => {
  await executor.close();
  await suite.stop();
});

describe.each(SERVICES)('%s, restarted under load', (service) => {
  it('loses and fails no call', async () => {
    const outcomes: CallOutcome[] = [];
    const enough = new AbortController();
    const lane = async (): Promise<void> => {
      while (!enough.signal.aborted)
        outcomes.push(await executor.run({ tool: 'echo', inputs: { text: String(outcomes.length) } }));
    };
    const lanes = Array.from({ length: LANES }, lane);
    for (let count = 0; count < RESTARTS; count++) {
      const before = outcomes.length;
      await suite.restart(service);
      await expect.poll(() => outcomes.length, { timeout: 60_000 }).toBeGreaterThan(before + LANES);
    }
    enough.abort();
    await Promise.all(lanes);
    expect(outcomes.filter(({ status }) => status !== 'succeeded')).toEqual([]);
  });
});
