/** Fifty executors, each with its own connection, against the real suite: calls spread, and none is lost with a node. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NatsConnection } from '@nats-io/nats-core';
import type { ExecutorId, TenantId } from '@writ/contracts';
import { connectNats, jetstreamLedger } from '@writ/ledger';
import { GovernedToolExecutor } from '@writ/sdk';
import { startNats } from '@writ/testkit';
import type { NatsServer } from '@writ/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSuite } from '../../infra/dev/suite.ts';
import type { Suite } from '../../infra/dev/suite.ts';
import { publishFleetCatalog, toolOf } from '../fleet/catalog.ts';
import { Fleet } from '../fleet/fleet.ts';

const EXECUTORS = 50;
const SLOTS = 2;
const VANISHING = 10;
const CALLS = 400;
const TENANT = 'fleet' as TenantId;

let dir: string;
let nats: NatsServer;
let suite: Suite;
let connection: NatsConnection;
let sdk: GovernedToolExecutor;
let fleet: Fleet;
/** Which executor began each call, in order. */
const begun: { readonly executor: ExecutorId; readonly invocation: string }[] = [];
/** Tools wait for it. */
const gate = Promise.withResolvers<void>();

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'writ-fleet-'));
  nats = await startNats();
  const environment = { WRIT_PULL_HOLD_MS: '500', WRIT_EXECUTOR_SILENT_MS: '5000' };
  suite = await startSuite({ dir, natsUrl: nats.url, environment });
  connection = await connectNats({ url: nats.url, name: 'test' });
  await publishFleetCatalog(jetstreamLedger(connection), TENANT, ['many']);
  sdk = await GovernedToolExecutor.connect({ server: nats.url, tenant: TENANT, agent: 'ada' });
  fleet = await Fleet.start({
    url: nats.url,
    name: 'node',
    pool: 'many',
    executors: EXECUTORS,
    slots: SLOTS,
    connections: EXECUTORS,
    work: (executor, { invocation }) => {
      begun.push({ executor, invocation });
      return gate.promise;
    },
  });
});

afterAll(async () => {
  await fleet.stop();
  await sdk.close();
  await connection.close();
  await suite.stop();
  await nats.stop();
  await rm(dir, { recursive: true, force: true });
});

/** How many of these calls each executor has begun. */
function begunBy(): number[] {
  const counts = new Map<ExecutorId, number>();
  for (const { executor } of begun) counts.set(executor, (counts.get(executor) ?? 0) + 1);
  return [...counts.values()];
}

describe('a fleet of executors with more calls than slots', () => {
  it('has every slot of every executor taken; when nodes vanish, what they held ends elsewhere', async () => {
    const outcomes = Promise.all(
      Array.from({ length: CALLS }, (_, index) =>
        sdk.run({ tool: toolOf('many'), inputs: { name: `call-${index}`, ms: 0 } }),
      ),
    );
    const full = (): number => begunBy().filter((count) => count >= SLOTS).length;
    await expect.poll(full, { timeout: 60_000 }).toBe(EXECUTORS);

    const gone = new Set(await fleet.vanish(VANISHING));
    const held = begun.filter(({ executor }) => gone.has(executor)).map(({ invocation }) => invocation);
    gate.resolve();
    const ended = await outcomes;
    expect(ended.filter(({ status }) => status !== 'succeeded')).toEqual([]);
    expect(new Set(ended.map(({ invocation }) => invocation)).size).toBe(CALLS);
    const beganElsewhere = new Set(
      begun.filter(({ executor }) => !gone.has(executor)).map(({ invocation }) => invocation),
    );
    expect(held.length).toBeGreaterThanOrEqual(VANISHING * SLOTS);
    expect(held.filter((invocation) => !beganElsewhere.has(invocation))).toEqual([]);
  });
});
