import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toolSpec } from '@writ/contracts';
import type { RunResult } from '@writ/execution';
import { eventually, temporaryFolder } from '@writ/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { effectsFile } from '../test/effects-file.ts';
import { ModuleAdapter } from './module-adapter.ts';
import type { ToolRun } from './tool-run.ts';
import { WorkerPool } from './worker-pool.ts';

const FOLDER = fileURLToPath(new URL('./fixtures', import.meta.url));
let calls = 0;

function poolOf(workers: number): WorkerPool {
  return new WorkerPool({ workers, environment: { LAB: 'north' }, maxOutputBytes: 10_000 });
}

function runOf(inputs: unknown): ToolRun {
  const invocation = `i-${++calls}`;
  const named = { tenant: 'lab', agent: 'screener', invocation, attempt: 2 } as unknown as ToolRun;
  return { ...named, idempotencyKey: `lab/${invocation}`, fencingToken: 7, inputs: JSON.stringify(inputs) };
}

async function call(
  adapter: ModuleAdapter,
  name: string,
  inputs: unknown,
  more: Record<string, unknown> = {},
): Promise<RunResult> {
  const spec = {
    name,
    class: 'READ_ONLY',
    adapter: { kind: 'module', module: 'tools.mjs', export: name },
    ...more,
  };
  const prepared = await adapter.prepare(toolSpec.parse(spec));
  return prepared(runOf(inputs));
}

describe('a worker', () => {
  const pool = poolOf(1);
  const adapter = new ModuleAdapter(FOLDER, pool);
  beforeAll(() => pool.start());
  afterAll(() => adapter.close());

  it('given a tool: returns what it returns', async () => {
    expect(await call(adapter, 'echo', { a: [1, null] })).toEqual({
      outcome: 'succeeded',
      output: { a: [1, null] },
    });
  });

  it('given a tool that returns nothing: succeeds without output', async () => {
    expect(await call(adapter, 'nothing', {})).toEqual({ outcome: 'succeeded', output: undefined });
  });

  it('running a tool: tells it which call this is', async () => {
    const { output } = (await call(adapter, 'context', {})) as { output: unknown };
    const invocation = `i-${calls}`;
    expect(output).toEqual({
      invocation,
      attempt: 2,
      idempotencyKey: `lab/${invocation}`,
      fencingToken: 7,
      inFuture: true,
    });
  });

  it('running a tool that throws: fails with its code and message', async () => {
    expect(await call(adapter, 'fail', {})).toEqual({
      outcome: 'failed',
      error: { code: 'contaminated', message: 'the assay is contaminated' },
    });
  });

  it('running a tool that reports usage: adds it up', async () => {
    expect(await call(adapter, 'metered', {})).toEqual({
      outcome: 'succeeded',
      output: null,
      reported: { 'node-hours': 0.75, tokens: 7 },
    });
  });

  it('running a tool that reports nonsense: lets it fail there', async () => {
    expect(await call(adapter, 'misreport', {})).toMatchObject({
      outcome: 'failed',
      error: { message: expect.stringContaining('must be a finite number of at least 0, not -1') as string },
    });
  });

  it.each([
    ['big', { bytes: 20_000 }, 'output-too-large'],
    ['circular', {}, 'invalid-output'],
    ['constant', {}, 'invalid-tool'],
    ['missing', {}, 'invalid-tool'],
  ])('running %s: fails with a code', async (name, inputs, code) => {
    expect(await call(adapter, name, inputs)).toMatchObject({ outcome: 'failed', error: { code } });
  });

  it('running a tool: shows it only the environment that it was given', async () => {
    expect(await call(adapter, 'environment', {})).toEqual({
      outcome: 'succeeded',
      output: { LAB: 'north' },
    });
  });
});

describe('the tools folder', () => {
  const adapter = new ModuleAdapter(FOLDER, poolOf(0));
  const prepare = (module: string, folder = adapter): Promise<unknown> =>
    folder.prepare(toolSpec.parse({ name: 't', adapter: { kind: 'module', module } }));

  it.each([
    '../worker-pool.ts',
    '/etc/passwd',
    '.',
    'absent.mjs',
    fileURLToPath(new URL('./fixtures/tools.mjs', import.meta.url)),
  ])('named %s: refuses it', async (module) => {
    await expect(prepare(module)).rejects.toMatchObject({ code: 'invalid-tool' });
  });

  it('holding a link that leads out of it: refuses that too', async () => {
    const scratch = temporaryFolder();
    onTestFinished(() => scratch.remove());
    const tools = join(scratch.path, 'tools');
    const outside = join(scratch.path, 'outside.mjs');
    await mkdir(tools);
    await writeFile(outside, '');
    await symlink(outside, join(tools, 'inside.mjs'));
    await expect(prepare('inside.mjs', new ModuleAdapter(tools, poolOf(0)))).rejects.toThrow(/leads out of/);
  });
});

describe('a pool of one thread', () => {
  const pool = poolOf(1);
  const adapter = new ModuleAdapter(FOLDER, pool);
  beforeAll(() => pool.start());
  afterAll(() => adapter.close());

  it('with a call that times out beside one with an effect: lets that one finish, once', async () => {
    const { file, lines } = effectsFile();
    const write = { class: 'LOCAL_WRITE' };
    const results = await Promise.all([
      call(adapter, 'stubborn', {}, { ...write, timeoutSeconds: 0.15 }),
      call(adapter, 'traced', { file, ms: 300 }, write),
      call(adapter, 'traced', { file, ms: 300 }, write),
    ]);
    expect(results.map(({ outcome }) => outcome)).toEqual(['timed-out', 'succeeded', 'succeeded']);
    // On a busy machine the second one may begin when the first has ended.
    const counted = Object.groupBy(lines(), (line) => line.split(' ')[0] ?? '');
    expect([counted['start']?.length, counted['end']?.length, lines().length]).toEqual([2, 2, 4]);
  });

  it('with a call that times out beside one without: runs that one again at once', async () => {
    const { file, lines } = effectsFile();
    const beside = call(adapter, 'endsWhenRepeated', { file });
    await eventually(() => lines().length > 0, { withinMs: 10_000, what: 'it has begun' });
    const { outcome } = await call(adapter, 'stubborn', {}, { timeoutSeconds: 0.15 });
    expect([outcome, (await beside).outcome]).toEqual(['timed-out', 'succeeded']);
    expect(lines()).toEqual(['start', 'start', 'end']);
  });
});

describe('a pool', () => {
  const pool = poolOf(2);
  const adapter = new ModuleAdapter(FOLDER, pool);
  const outputs = (results: readonly RunResult[]): unknown[] =>
    results.map((result) => (result.outcome === 'succeeded' ? result.output : result.error.code));
  const many = (
    count: number,
    name: string,
    inputs: unknown,
    more?: Record<string, unknown>,
  ): Promise<RunResult[]> =>
    Promise.all(Array.from({ length: count }, () => call(adapter, name, inputs, more)));
  beforeAll(() => pool.start());
  afterAll(() => adapter.close());

  it('with a thousand trivial calls: answers every one', async () => {
    const results = await Promise.all(Array.from({ length: 1_000 }, (_, n) => call(adapter, 'echo', { n })));
    expect(outputs(results)).toEqual(Array.from({ length: 1_000 }, (_, n) => ({ n })));
  });

  it('with two heavy calls: gives each a thread of its own', async () => {
    const threads = outputs(await many(2, 'spin', { ms: 30 }));
    expect(new Set(threads).size).toBe(2);
  });

  it('with more waiting calls than threads: runs them at the same time', async () => {
    const begun = performance.now();
    await many(20, 'wait', { ms: 150 });
    expect(performance.now() - begun).toBeLessThan(20 * 150 * 0.5);
  });

  it('with a busy thread: answers light calls on the other', async () => {
    await many(50, 'echo', {});
    const heavy = call(adapter, 'spin', { ms: 300 });
    const begun = performance.now();
    await many(50, 'echo', {});
    expect(performance.now() - begun).toBeLessThan(250);
    await heavy;
  });

  it('with a call that never yields: times it out, and what it held up runs elsewhere', async () => {
    await many(50, 'trap', {});
    const results = await Promise.all([
      call(adapter, 'trap', { forever: true }, { timeoutSeconds: 0.1 }),
      ...Array.from({ length: 20 }, () => call(adapter, 'echo', { light: true })),
      ...Array.from({ length: 20 }, () => call(adapter, 'trap', {})),
    ]);
    expect(results[0]).toMatchObject({ outcome: 'timed-out', error: { code: 'timeout' } });
    expect(results.slice(1).every(({ outcome }) => outcome === 'succeeded')).toBe(true);
    expect(outputs(await many(5, 'echo', { after: 1 }))).toEqual(
      Array.from({ length: 5 }, () => ({ after: 1 })),
    );
  });

  it('with a call that never settles: times it out and keeps what it reported', async () => {
    const result = await call(adapter, 'metered', { ms: 60_000 }, { timeoutSeconds: 0.1 });
    expect(result).toMatchObject({ outcome: 'timed-out', reported: { 'node-hours': 0.75, tokens: 7 } });
  });

  it('with a light call that turns out heavy: moves what waits behind it to the other thread', async () => {
    await many(50, 'trap', {});
    await many(50, 'echo', {});
    const begun = performance.now();
    const heavy = call(adapter, 'trap', { forever: true }, { timeoutSeconds: 1 });
    await many(20, 'echo', {}, { class: 'DESTRUCTIVE' });
    expect(performance.now() - begun).toBeLessThan(800);
    expect((await heavy).outcome).toBe('timed-out');
  });

  it('with a call that timed out: ends its thread, whatever still happens there', async () => {
    const { file, lines } = effectsFile();
    const result = await call(adapter, 'haunt', { file }, { class: 'NETWORK', timeoutSeconds: 0.1 });
    expect(result.outcome).toBe('timed-out');
    let seen: number;
    do {
      seen = lines().length;
      await new Promise((resolve) => setTimeout(resolve, 20));
    } while (lines().length > seen);
    expect(seen).toBeGreaterThan(0);
  });

  it('with a tool that kills its thread: fails it after a second try, and goes on', async () => {
    expect(await call(adapter, 'die', {})).toMatchObject({
      outcome: 'failed',
      error: { code: 'worker-crashed' },
    });
    expect(outputs(await many(5, 'echo', 1))).toEqual([1, 1, 1, 1, 1]);
  });

  it('with a tool whose stray error kills its thread: says what it was', async () => {
    const result = await call(adapter, 'stray', {}, { class: 'NETWORK' });
    expect(result).toMatchObject({
      outcome: 'failed',
      error: { message: expect.stringContaining('thrown where nobody catches') as string },
    });
  });

  it('that is closed: answers what still runs and everything after', async () => {
    const closing = poolOf(1);
    await closing.start();
    const local = new ModuleAdapter(FOLDER, closing);
    const running = call(local, 'stubborn', {});
    await call(local, 'echo', {});
    await local.close();
    expect((await running).outcome).toBe('cancelled');
    expect((await call(local, 'echo', {})).outcome).toBe('cancelled');
  });
});
