/**
 * This release next to the one before, as during a rolling update and a rollback: one service at a time is replaced under
 * load, first by this release until all are, then back (but the audit, whose tables have moved on). No call fails, and
 * what both decided in turns follows from the ledger.
 */
import { GovernedToolExecutor } from '@writ/sdk';
import type { CallOutcome } from '@writ/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SERVICES } from '../../infra/nats/principals.ts';
import { startTestSuite } from '../e2e/suite.ts';
import type { TestSuite } from '../e2e/suite.ts';
import { PREVIOUS, previousApps } from './previous-release.ts';

const LANES = 4;
const GOVERNANCE = new URL('./governance', import.meta.url).pathname;
const APPS = new URL('../../apps', import.meta.url).pathname;

const previous = await previousApps();
if (!previous)
  console.log(`commit ${PREVIOUS} is not in this clone (git fetch --unshallow): two releases are not tested`);

let suite: TestSuite | undefined;
let executor: GovernedToolExecutor | undefined;

describe.skipIf(!previous)('a suite of the previous release under load', () => {
  const outcomes: CallOutcome[] = [];
  const enough = new AbortController();
  let lanes: readonly Promise<void>[] = [];

  beforeAll(async () => {
    suite = await startTestSuite({ apps: previous });
    const applied = await suite.writ('apply', '-f', GOVERNANCE);
    expect(applied, applied.err).toMatchObject({ code: 0 });
    const { natsUrl, tenant, users } = suite.connection;
    const agent = await GovernedToolExecutor.connect({ server: natsUrl, tenant, ...users.agent });
    executor = agent;
    const lane = async (): Promise<void> => {
      while (!enough.signal.aborted)
        outcomes.push(await agent.run({ tool: 'echo', inputs: { text: String(outcomes.length) } }));
    };
    lanes = Array.from({ length: LANES }, lane);
  });

  afterAll(async () => {
    enough.abort();
    await Promise.all(lanes);
    await executor?.close();
    await suite?.stop();
  });

  it.each([
    ['is updated to this one', APPS, SERVICES],
    // The tables of the audit do not go back: an older one starts upon an empty schema and records the ledger again.
    ['and rolled back again', previous, SERVICES.filter((service) => service !== 'audit')],
  ])('%s, service by service: no call fails', async (_way, apps, services) => {
    for (const service of services) {
      const before = outcomes.length;
      await suite?.restart(service, apps);
      await expect.poll(() => outcomes.length, { timeout: 60_000 }).toBeGreaterThan(before + 2 * LANES);
      expect(
        outcomes.filter(({ status }) => status !== 'succeeded'),
        `after ${service}`,
      ).toEqual([]);
    }
  });
});
