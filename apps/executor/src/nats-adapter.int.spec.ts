import type { Msg, NatsConnection } from '@nats-io/nats-core';
import { WORKER_QUEUE, subjects, toolSpec } from '@writ/contracts';
import type { TenantId, WorkerMessage } from '@writ/contracts';
import type { RunResult } from '@writ/execution';
import { connectNats } from '@writ/ledger';
import { startNats } from '@writ/testkit';
import type { NatsServer } from '@writ/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { toolRun } from './fixtures/tool-runs.ts';
import { NatsAdapter } from './nats-adapter.ts';
import type { ToolRun } from './tool-run.ts';

const LAB = 'lab' as TenantId;

let server: NatsServer;
let connection: NatsConnection;
let adapter: NatsAdapter;
const stopWorkers: (() => void)[] = [];

beforeAll(async () => {
  server = await startNats();
  connection = await connectNats({ url: server.url, name: 'test' });
  adapter = new NatsAdapter({ connection, silentMs: 300 });
});
afterEach(() => {
  for (const stop of stopWorkers.splice(0)) stop();
});
afterAll(async () => {
  await connection.close();
  await server.stop();
});

/** A worker as any program with a NATS client could be one. */
function worker(answer: (request: Msg, say: (message: WorkerMessage) => void) => void): void {
  const subscription = connection.subscribe(subjects.worker(LAB, 'dock'), {
    queue: WORKER_QUEUE,
    callback: (_, request) => answer(request, (message) => void request.respond(JSON.stringify(message))),
  });
  stopWorkers.push(() => subscription.unsubscribe());
}

async function call(
  inputs: unknown,
  more: Record<string, unknown> = {},
  run: Partial<ToolRun> = {},
): Promise<RunResult> {
  const spec = { name: 'dock-tool', adapter: { kind: 'nats', worker: 'dock' }, ...more };
  return (await adapter.prepare(toolSpec.parse(spec)))(toolRun(inputs, run));
}

describe('a nats tool', () => {
  it('served by a worker: gets the very text that was decided on, and has its answer as output', async () => {
    let text = '';
    worker((request, say) => {
      text = request.string();
      say({ type: 'result', output: { score: 3 }, usage: { 'node-hours': 0.5 } });
    });
    const result = await call({ smiles: 'CCO', n: 1.5 });
    expect(result).toMatchObject({
      outcome: 'succeeded',
      output: { score: 3 },
      reported: { 'node-hours': 0.5 },
    });
    expect(text.startsWith('{"inputs":{"smiles":"CCO","n":1.5},"invocation":"i-1"')).toBe(true);
  });

  it('with a worker that tells how far it is: passes that on', async () => {
    const notes: unknown[] = [];
    worker((_, say) => {
      say({ type: 'progress', note: { percent: 50 } });
      say({ type: 'result', output: 1 });
    });
    await call({}, {}, { progress: (note) => notes.push(note) });
    expect(notes).toEqual([{ percent: 50 }]);
  });

  it('with a worker that fails: fails with its code and what it used up', async () => {
    worker((_, say) =>
      say({ type: 'error', error: { code: 'flask', message: 'cracked' }, usage: { usd: 1 } }),
    );
    expect(await call({})).toMatchObject({
      outcome: 'failed',
      error: { code: 'flask', message: 'cracked' },
      reported: { usd: 1 },
    });
  });

  it('without any worker: fails at once and says what to do', async () => {
    expect(await call({})).toMatchObject({ outcome: 'failed', error: { code: 'no-worker' } });
  });

  it('with a worker that answers nonsense: fails', async () => {
    worker((request) => void request.respond('nonsense'));
    expect(await call({})).toMatchObject({ outcome: 'failed', error: { code: 'worker-failed' } });
  });

  it('with a worker that falls silent: does not wait for its timeout', async () => {
    worker(() => undefined);
    expect(await call({})).toMatchObject({ outcome: 'failed', error: { code: 'worker-lost' } });
  });

  it('with a worker that lives but is not done in time: times out, and the worker is told', async () => {
    const cancels: unknown[] = [];
    const heard = connection.subscribe(subjects.workerCancel(LAB, 'dock'), {
      callback: (_, message) => void cancels.push(message.json()),
    });
    worker((_, say) => say({ type: 'alive' }));
    expect(await call({}, { timeoutSeconds: 0.1 })).toMatchObject({ outcome: 'timed-out' });
    await connection.flush();
    expect(cancels).toEqual([{ invocation: 'i-1', attempt: 2 }]);
    heard.unsubscribe();
  });

  it('that is cancelled: is over at once', async () => {
    const abort = new AbortController();
    worker(() => abort.abort());
    expect(await call({}, {}, { signal: abort.signal })).toMatchObject({ outcome: 'cancelled' });
  });
});
