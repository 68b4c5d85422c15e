import { createInbox } from '@nats-io/nats-core';
import type { NatsConnection } from '@nats-io/nats-core';
import { digestOf, subjects } from '@writ/contracts';
import type { TenantId, WorkerMessage } from '@writ/contracts';
import { connectNats } from '@writ/ledger';
import { eventually, startNats } from '@writ/testkit';
import type { NatsServer } from '@writ/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { serveTool } from './serve-tool.ts';
import type { ServeOptions, ToolWorker } from './serve-tool.ts';
import type { WorkerFunction } from './worker-call.ts';

const LAB = 'lab' as TenantId;

let server: NatsServer;
let connection: NatsConnection;
const workers: ToolWorker[] = [];

beforeAll(async () => {
  server = await startNats();
  connection = await connectNats({ url: server.url, name: 'executor' });
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
});
afterAll(async () => {
  await connection.close();
  await server.stop();
});

async function serving(work: WorkerFunction, options: ServeOptions = {}): Promise<ToolWorker> {
  const worker = await serveTool('dock', work, { server: server.url, tenant: LAB, ...options });
  workers.push(worker);
  return worker;
}

interface Asked {
  readonly told: readonly WorkerMessage[];
  readonly done: Promise<WorkerMessage>;
}

/** Asks as an executor does, on the bare wire. */
function ask(inputs: unknown, more: Record<string, unknown> = {}): Asked {
  const told: WorkerMessage[] = [];
  const reply = createInbox();
  const done = new Promise<WorkerMessage>((resolve) => {
    connection.subscribe(reply, {
      callback: (_, message) => {
        const said = message.json<WorkerMessage>();
        told.push(said);
        if (said.type === 'result' || said.type === 'error') resolve(said);
      },
    });
  });
  const request = {
    invocation: 'i-1',
    attempt: 1,
    tool: 'dock-tool',
    agent: 'ada',
    inputs,
    argsDigest: digestOf(inputs),
    idempotencyKey: 'lab/i-1',
    fencingToken: 3,
    deadlineMs: 0,
    ...more,
  };
  connection.publish(subjects.worker(LAB, 'dock'), JSON.stringify(request), { reply });
  return { told, done };
}

describe('a worker', () => {
  it('asked: runs its function with the inputs and who asks, and answers', async () => {
    await serving(({ smiles }, { invocation, idempotencyKey }) => ({ smiles, invocation, idempotencyKey }));
    expect(await ask({ smiles: 'CCO' }).done).toMatchObject({
      type: 'result',
      output: { smiles: 'CCO', invocation: 'i-1', idempotencyKey: 'lab/i-1' },
    });
  });

  it('that tells and reports: is heard, its amounts added up', async () => {
    await serving((_, call) => {
      call.progress({ percent: 50 });
      call.report({ usd: 1 });
      call.report({ usd: 2 });
      return 'done';
    });
    const { told, done } = ask({});
    await done;
    expect(told).toEqual([
      { type: 'progress', note: { percent: 50 } },
      { type: 'result', output: 'done', usage: { usd: 3 } },
    ]);
  });

  it('whose function throws: answers with its code and message', async () => {
    await serving(() => {
      throw Object.assign(new Error('cracked'), { code: 'flask' });
    });
    expect(await ask({}).done).toMatchObject({ type: 'error', error: { code: 'flask', message: 'cracked' } });
  });

  it('given other inputs than were decided on: runs nothing', async () => {
    let ran = false;
    await serving(() => (ran = true));
    const { done } = ask({ a: 1 }, { argsDigest: digestOf({ a: 2 }) });
    expect(await done).toMatchObject({ type: 'error', error: { code: 'digest-mismatch' } });
    expect(ran).toBe(false);
  });

  it('given what is no request: says so', async () => {
    await serving(() => 1);
    expect(await ask({}, { attempt: 0 }).done).toMatchObject({ error: { code: 'invalid-request' } });
  });

  it('told that nobody waits: sees its signal abort', async () => {
    await serving(
      (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve('stopped'))),
    );
    const { done } = ask({});
    await eventually(() => workers[0]?.held === 1, { withinMs: 5_000, what: 'the worker has the call' });
    connection.publish(subjects.workerCancel(LAB, 'dock'), JSON.stringify({ invocation: 'i-1', attempt: 1 }));
    expect(await done).toMatchObject({ output: 'stopped' });
  });

  it('with one place: runs one call after the other', async () => {
    let running = 0;
    let most = 0;
    await serving(
      async () => {
        most = Math.max(most, ++running);
        await connection.flush();
        running--;
      },
      { concurrency: 1 },
    );
    await Promise.all(['a', 'b', 'c'].map((invocation) => ask({}, { invocation }).done));
    expect(most).toBe(1);
  });

  it('beside another of its name: shares the calls', async () => {
    const served = new Set<string>();
    await serving(() => served.add('one') && null);
    await serving(() => served.add('other') && null);
    await Promise.all(Array.from({ length: 40 }, (_, n) => ask({}, { invocation: `i-${n}` }).done));
    expect(served).toEqual(new Set(['one', 'other']));
  });

  it('that stops: ends what it has and takes no more', async () => {
    let release: () => void = () => undefined;
    const worker = await serving(() => new Promise<void>((resolve) => (release = resolve)));
    const { done } = ask({});
    await eventually(() => worker.held === 1, { withinMs: 5_000, what: 'the worker has the call' });
    const stopped = worker.stop();
    release();
    expect((await done).type).toBe('result');
    await stopped;
  });
});
