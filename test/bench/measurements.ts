/** The cases of the benchmark, each against the raw baseline of the same round. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { GovernedToolExecutor } from '@writ/sdk';
import { AGENT, PlainClient } from './plain-client.ts';

export const TENANTS = 1_000;
const OUTSTANDING = 512;
const MANY_OUTSTANDING = 4_096;
const STEP = 100;
const RAW_STREAM = 'BENCH_RAW';

export interface Sizes {
  readonly singles: number;
  readonly coalesced: number;
  readonly steps: number;
  readonly tenants: number;
  readonly idle: number;
}

/** One round; rates in calls a second, times in milliseconds. */
export interface Round {
  readonly raw: number;
  readonly plain: number;
  readonly plainMany: number;
  readonly sdk: number;
  readonly steps: number;
  readonly tenants: number;
  readonly idle: readonly number[];
  readonly roundTrips: readonly number[];
}

export type Progress = (what: string) => void;

export async function measureRound(
  connection: NatsConnection,
  url: string,
  sizes: Sizes,
  say: Progress,
): Promise<Round> {
  const client = new PlainClient(connection);
  const subject = (): string => `writ.t0.requests.${AGENT}`;
  const sdk = await GovernedToolExecutor.connect({ server: url, tenant: 't0', agent: AGENT });
  try {
    say('raw JetStream');
    const raw = await measureRaw(connection, client, url, sizes.singles);
    say('single messages');
    const plain = await client.governed({
      count: sizes.singles,
      callsEach: 1,
      outstanding: OUTSTANDING,
      subject,
    });
    say('single messages, 4,096 outstanding');
    const plainMany = await client.governed({
      count: sizes.singles,
      callsEach: 1,
      outstanding: MANY_OUTSTANDING,
      subject,
    });
    say('SDK singles');
    const sdkRate = await measureSdk(sdk, sizes.coalesced);
    say('steps of 100');
    const steps = await client.governed({
      count: sizes.steps,
      callsEach: STEP,
      outstanding: MANY_OUTSTANDING,
      subject,
    });
    say('1,000 tenants');
    const tenants = await client.governed({
      count: sizes.tenants,
      callsEach: 1,
      outstanding: MANY_OUTSTANDING,
      subject: (index) => `writ.t${index % TENANTS}.requests.${AGENT}`,
    });
    say('idle');
    const { idle, roundTrips } = await measureIdle(sdk, client, sizes.idle);
    return { raw, plain, plainMany, sdk: sdkRate, steps, tenants, idle, roundTrips };
  } finally {
    await sdk.close();
  }
}

/** Publishes the same messages to a stream of its own, with a consumer in another process, and nothing in between. */
async function measureRaw(
  connection: NatsConnection,
  client: PlainClient,
  url: string,
  count: number,
): Promise<number> {
  const manager = await jetstreamManager(connection);
  await manager.streams.delete(RAW_STREAM).catch(() => false);
  await manager.streams.add({ name: RAW_STREAM, subjects: ['bench.raw.*'] });
  const consumer = fork(new URL('./raw-consumer.ts', import.meta.url), [url, RAW_STREAM, String(count)], {
    execArgv: ['--conditions=@writ/source'],
  });
  await once(consumer, 'message');
  const consumed = once(consumer, 'message');
  const started = performance.now();
  await client.raw({ count, callsEach: 1, outstanding: OUTSTANDING, subject: () => 'bench.raw.x' });
  await consumed;
  const rate = count / ((performance.now() - started) / 1_000);
  consumer.kill();
  return rate;
}

/** Independent calls through the SDK, which sends what gathers while a publish is in flight together. */
async function measureSdk(sdk: GovernedToolExecutor, count: number): Promise<number> {
  let next = 0;
  const started = performance.now();
  const lane = async (): Promise<void> => {
    while (next < count) await runOne(sdk, next++);
  };
  await Promise.all(Array.from({ length: OUTSTANDING }, lane));
  return count / ((performance.now() - started) / 1_000);
}

/** One call, one publish, one call: both find the processes and the caches as the other leaves them. */
async function measureIdle(
  sdk: GovernedToolExecutor,
  client: PlainClient,
  count: number,
): Promise<Pick<Round, 'idle' | 'roundTrips'>> {
  const idle: number[] = [];
  const roundTrips: number[] = [];
  for (let index = 0; index < count; index++) {
    const started = performance.now();
    await runOne(sdk, index);
    idle.push(performance.now() - started);
    roundTrips.push(await client.roundTrip('bench.raw.x'));
  }
  return { idle, roundTrips };
}

async function runOne(sdk: GovernedToolExecutor, index: number): Promise<void> {
  const inputs = { candidate: `CC(=O)Oc1ccccc1C(=O)O-${index}`, repeat: 0 };
  const outcome = await sdk.run({ tool: 'echo', inputs, budgetTag: 'bench' });
  if (outcome.status !== 'succeeded')
    throw new Error(`a call of the benchmark ended as ${JSON.stringify(outcome)}`);
}
