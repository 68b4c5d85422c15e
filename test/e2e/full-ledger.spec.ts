/** The disk is full: requests are refused with a sentence, nothing acknowledged is lost, and all goes on with room. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { jetstreamManager } from '@nats-io/jetstream';
import { LEDGER_STREAM } from '@writ/contracts';
import { connectNats } from '@writ/ledger';
import { GovernedToolExecutor } from '@writ/sdk';
import { GOVERNANCE, startTestSuite } from './suite.ts';
import type { TestSuite } from './suite.ts';

const LIMIT_BYTES = 400_000;

let suite: TestSuite;

beforeAll(async () => {
  suite = await startTestSuite({ maxLedgerBytes: LIMIT_BYTES });
  await suite.writ('apply', '-f', GOVERNANCE);
});
afterAll(() => suite?.stop());

it('a full ledger: typed error, services stay up, accepted calls end once there is room again', async () => {
  const { natsUrl, tenant, users } = suite.connection;
  const agent = await GovernedToolExecutor.connect({ server: natsUrl, ...users.agent, tenant });
  const text = 'x'.repeat(20_000);
  const accepted: Promise<unknown>[] = [];
  const refusals: unknown[] = [];
  for (let index = 0; index < 200 && refusals.length === 0; index++) {
    const call = agent.run({ tool: 'echo', inputs: { text } });
    accepted.push(call.catch((error: unknown) => (refusals.push(error), error)));
    if (index % 5 === 4)
      await Promise.race([Promise.all(accepted), new Promise((resolve) => setImmediate(resolve))]);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await expect.poll(() => refusals[0], { timeout: 30_000 }).toMatchObject({ code: 'stream-full' });
  for (const { http } of Object.values(suite.connection.services))
    expect((await fetch(`${http}/healthz`)).status).toBe(200);

  const nats = await connectNats({ url: natsUrl, ...users.operator, name: 'operator' });
  const manager = await jetstreamManager(nats);
  const { config } = await manager.streams.info(LEDGER_STREAM);
  await manager.streams.update(LEDGER_STREAM, { ...config, max_bytes: -1 });
  await nats.close();

  const outcomes = (await Promise.all(accepted)).filter((outcome) => !refusals.includes(outcome));
  for (const outcome of outcomes) {
    const { status, code } = outcome as { status?: string; code?: string };
    expect(status ?? code).toMatch(/succeeded|stream-full/);
  }
  expect(await agent.run({ tool: 'echo', inputs: { text: 'room again' } })).toMatchObject({
    status: 'succeeded',
  });
  await agent.close();
});
