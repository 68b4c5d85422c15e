import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { NatsConnection } from '@nats-io/nats-core';
import { Objm } from '@nats-io/obj';
import { CELL, PAYLOAD_BUCKET, decodeCommit, digestOf, subjects, toolSpec } from '@writ/contracts';
import type { ExecutorId, PullRequest, RecordedFact, TenantId, WritError } from '@writ/contracts';
import { connectNats, ensureLedger, jetstreamLedger } from '@writ/ledger';
import type { Ledger } from '@writ/ledger';
import { eventually, startNats } from '@writ/testkit';
import type { NatsServer } from '@writ/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ExecutorAgent } from './executor-agent.ts';
import { noMetrics } from './metrics.ts';
import { handedOn } from './run-traces.ts';
import { ModuleAdapter } from './module-adapter.ts';
import { natsPorts } from './nats-ports.ts';
import { secretStore } from './secret-store.ts';
import { WorkerPool } from './worker-pool.ts';

const FOLDER = fileURLToPath(new URL('./fixtures', import.meta.url));
const LAB = 'lab' as TenantId;
const big = toolSpec.parse({
  name: 'big',
  class: 'DESTRUCTIVE',
  adapter: { kind: 'module', module: 'tools.mjs', export: 'big' },
});

let nats: NatsServer;
let suite: NatsConnection;
let ledger: Ledger;
let agent: ExecutorAgent;
let executor: ExecutorId;
let notices: { readonly type: string; readonly data: { readonly invocation: string } }[];
/** What the agent survived. */
let troubles: string[];
let pulls: { readonly request: PullRequest; readonly answer: (reply: unknown) => void }[];

beforeAll(async () => {
  nats = await startNats();
  suite = await connectNats({ url: nats.url, name: 'suite' });
  await ensureLedger(suite);
  ledger = jetstreamLedger(suite);
  suite.subscribe(subjects.notices(LAB, 'screener' as never), {
    callback: (_, message) => void notices.push(...message.json<typeof notices>()),
  });
  suite.subscribe(subjects.api(CELL, 'scheduler', 'pull'), {
    callback: (_, message) => {
      pulls.push({ request: message.json(), answer: (reply) => void message.respond(JSON.stringify(reply)) });
    },
  });
  suite.subscribe(subjects.api(CELL, 'scheduler', 'tool'), {
    callback: (_, message) => {
      const { digest } = message.json<{ digest: string }>();
      message.respond(JSON.stringify(digest === digestOf(big) ? { tool: big } : {}));
    },
  });
});
afterAll(async () => {
  await suite.close();
  await nats.stop();
});

beforeEach(async () => {
  notices = [];
  pulls = [];
  troubles = [];
  executor = `node-${randomUUID()}` as ExecutorId;
  const connection = await connectNats({ url: nats.url, name: 'executor' });
  const pool = new WorkerPool({ workers: 1, environment: {}, maxOutputBytes: 1_000_000 });
  await pool.start();
  agent = new ExecutorAgent(
    { executor, slots: 4, pool: 'default', labels: {}, drainMs: 1_000 },
    {
      ...natsPorts(connection),
      ledger: jetstreamLedger(connection),
      adapters: { module: new ModuleAdapter(FOLDER, pool) },
      largeInputs: { read: () => Promise.resolve(undefined) },
      secrets: secretStore({}, undefined),
      trouble: (error) => void troubles.push((error as WritError).code),
      metrics: noMetrics,
      traces: handedOn,
      now: Date.now,
      random: Math.random,
      newSession: randomUUID,
    },
  );
  agent.start();
  return () => connection.close();
});
afterEach(() => agent.stop());

function grantOf(invocation: string, bytes: number, fencingToken: number): Record<string, unknown> {
  const inputs = { bytes };
  const call = { tenant: 'lab', invocation, attempt: 1, agent: 'screener', tool: 'big' };
  return { ...call, toolDigest: digestOf(big), inputs, argsDigest: digestOf(inputs), fencingToken };
}

async function facts(): Promise<RecordedFact[]> {
  const found: RecordedFact[] = [];
  for await (const commit of ledger.read({ subject: subjects.executions(LAB, executor) }))
    found.push(...decodeCommit(commit));
  return found;
}

/** The executor's pull number `count`, held open by this test. */
async function pulled(count: number): Promise<(typeof pulls)[number]> {
  const nth = (): (typeof pulls)[number] | undefined => pulls[count - 1];
  return eventually(nth, { withinMs: 20_000, what: `the executor pulls ${count} times` });
}

async function told(invocation: string): Promise<void> {
  const named = (): boolean => notices.some(({ data }) => data.invocation === invocation);
  await eventually(named, { withinMs: 20_000, what: `the agent is told of ${invocation}` });
}

describe('an executor over NATS', () => {
  it('given a grant: runs it, stores its large output, commits, and tells its agent', async () => {
    (await pulled(1)).answer({ grants: [grantOf('a', 100_000, await ledger.lastSequence())] });
    await told('a');
    const [started, completed] = await facts();
    expect(started?.type).toBe('execution.started');
    const data = completed?.data as RecordedFact<'execution.completed'>['data'];
    expect(data).toMatchObject({
      outcome: 'succeeded',
      outputRef: { bytes: 100_002, digest: data.outputDigest },
    });
    const store = await new Objm(suite).open(PAYLOAD_BUCKET);
    expect((await store.getBlob(String(data.outputDigest)))?.length).toBe(100_002);
    expect(notices.map(({ type }) => type)).toEqual(['execution.completed']);
  });

  it('whose pull stays open: runs what comes in one answer after the other', async () => {
    const { answer } = await pulled(1);
    answer({ grants: [grantOf('d', 1, await ledger.lastSequence())], more: true });
    await told('d');
    answer({ grants: [grantOf('e', 1, await ledger.lastSequence())], more: true });
    await told('e');
    expect(pulls.length).toBe(1);
    answer({ grants: [] });
    await pulled(2);
  });

  it('answered with an error, and then with nonsense: asks again', async () => {
    (await pulled(1)).answer({ error: { code: 'not-leading', message: 'somebody else leads' } });
    (await pulled(2)).answer('what?');
    (await pulled(3)).answer({ grants: [grantOf('b', 1, await ledger.lastSequence())] });
    await told('b');
  });

  it('told that another scheduler leads: pulls from that one', async () => {
    (await pulled(1)).answer({ grants: [grantOf('f', 1, await ledger.lastSequence())], more: true });
    await told('f');
    suite.publish(subjects.leaders('scheduler'));
    expect((await pulled(2)).request).toMatchObject({ holding: 0 });
    expect(troubles).toEqual(['new-leader']);
  });

  it('whose nats-server dies and comes back: commits what ran meanwhile, once', async () => {
    (await pulled(1)).answer({ grants: [grantOf('c', 1, await ledger.lastSequence())] });
    await pulled(2);
    await nats.kill();
    await nats.start();
    const committed = async (): Promise<boolean> => (await facts()).length === 2;
    await eventually(committed, { withinMs: 20_000, what: 'both facts stand in the ledger' });
    pulls.at(-1)?.answer({ grants: [] });
    expect((await pulled(pulls.length + 1)).request).toMatchObject({ holding: 0 });
    expect((await facts()).map(({ type }) => type)).toEqual(['execution.started', 'execution.completed']);
  });
});
