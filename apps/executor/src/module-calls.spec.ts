import { fileURLToPath } from 'node:url';
import { toolSpec } from '@writ/contracts';
import type { RunResult } from '@writ/execution';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toolRun } from './fixtures/tool-runs.ts';
import { ModuleAdapter } from './module-adapter.ts';
import type { ToolRun } from './tool-run.ts';
import { WorkerPool } from './worker-pool.ts';

const FOLDER = fileURLToPath(new URL('./fixtures', import.meta.url));

let pool: WorkerPool;
let adapter: ModuleAdapter;

beforeAll(async () => {
  pool = new WorkerPool({ workers: 1, environment: {}, maxOutputBytes: 10_000 });
  await pool.start();
  adapter = new ModuleAdapter(FOLDER, pool);
});
afterAll(() => adapter.close());

async function call(
  name: string,
  inputs: unknown = {},
  more: Record<string, unknown> = {},
  run: Partial<ToolRun> = {},
): Promise<RunResult> {
  const { secrets, ...rest } = more;
  const module = { kind: 'module', module: 'tools.mjs', export: name, ...(secrets ? { secrets } : {}) };
  return (await adapter.prepare(toolSpec.parse({ name, adapter: module, ...rest })))(toolRun(inputs, run));
}

describe('a module tool', () => {
  it('with secrets: finds their values in its context, and what it tells is passed on', async () => {
    const notes: unknown[] = [];
    const secrets = new Map([['secret://lab', 'the-canary']]);
    const told = { secrets, progress: (note: unknown): void => void notes.push(note) };
    const result = await call('keeper', {}, { secrets: { TOKEN: 'secret://lab' } }, told);
    expect(result).toMatchObject({ outcome: 'succeeded', output: { TOKEN: 'the-canary' } });
    expect(notes).toEqual([{ secrets: ['TOKEN'] }]);
  });

  it('without secrets: has none', async () => {
    expect(await call('keeper')).toMatchObject({ output: {} });
  });

  it('whose cost names what is measured: has it measured; any other states nothing more', async () => {
    const cost = { 'cpu-seconds': '60 cpu-seconds' };
    const { measured } = await call('spin', { ms: 20 }, { cost });
    expect(measured?.['cpu-seconds']).toBeGreaterThan(0);
    expect(measured?.['wall-seconds']).toBeGreaterThan(0);
    expect((await call('spin', { ms: 1 })).measured).toBeUndefined();
  });

  it.each(['trap', 'stubborn'])(
    'that is cancelled and does not obey (%s): its thread is ended',
    async (name) => {
      const abort = new AbortController();
      const cancelled = call(name, { forever: true }, {}, { signal: abort.signal });
      const after = call('echo', { n: 1 });
      abort.abort();
      expect(await cancelled).toMatchObject({ outcome: 'cancelled', error: { code: 'cancelled' } });
      expect(await after).toMatchObject({ outcome: 'succeeded' });
    },
  );

  it('that is cancelled before it began: never begins', async () => {
    const abort = new AbortController();
    abort.abort();
    expect(await call('echo', {}, {}, { signal: abort.signal })).toMatchObject({ outcome: 'cancelled' });
  });
});
