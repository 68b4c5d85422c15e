import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toolSpec } from '@writ/contracts';
import { failedRun } from '@writ/execution';
import type { RunResult } from '@writ/execution';
import { describe, expect, it } from 'vitest';
import { toolRun } from './fixtures/tool-runs.ts';
import { withSecrets } from './secret-scope.ts';
import { secretStore } from './secret-store.ts';
import type { PreparedTool } from './tool-run.ts';

const CANARY = 'can"ary/+ of=the lab';
const store = secretStore({ WRIT_SECRET_LAB_TOKEN: CANARY, WRIT_SECRET_SHORT: 'abc' }, undefined);

function toolWith(ref: string, run: PreparedTool): PreparedTool {
  const headers = { Authorization: `Bearer ${ref}` };
  return withSecrets(
    toolSpec.parse({ name: 't', adapter: { kind: 'http', url: 'http://h/', headers } }),
    run,
    store,
  );
}

const leaking = (output: unknown): PreparedTool =>
  toolWith('secret://lab-token', () => Promise.resolve({ outcome: 'succeeded', output } as RunResult));

describe('a tool with a secret', () => {
  it('run: has its value at hand', async () => {
    let seen: unknown;
    await toolWith('secret://lab-token', (run) => {
      seen = run.secrets;
      return Promise.resolve(failedRun('x', 'y'));
    })(toolRun({}));
    expect(seen).toEqual(new Map([['secret://lab-token', CANARY]]));
  });

  const forms = [
    CANARY,
    Buffer.from(CANARY).toString('base64'),
    encodeURIComponent(CANARY),
    JSON.stringify(CANARY),
  ];
  it.each(forms)('that returns it as %s: does not get it out, wherever it stands', async (form) => {
    const result = await leaking({ [form]: [1, { text: `it is ${form}!` }] })(toolRun({}));
    const text = JSON.stringify(result);
    expect(text).toContain('[secret://lab-token]');
    for (const known of forms) expect(text).not.toContain(known);
  });

  it('that fails with it: does not get it out either', async () => {
    const run = toolWith('secret://lab-token', () => Promise.resolve(failedRun(CANARY, `no: ${CANARY}`)));
    expect(await run(toolRun({}))).toMatchObject({
      error: { code: '[secret://lab-token]', message: 'no: [secret://lab-token]' },
    });
  });

  it('whose adapter throws it: does not get it out either', async () => {
    const run = toolWith('secret://lab-token', () => Promise.reject(new Error(CANARY)));
    expect(JSON.stringify(await run(toolRun({})))).not.toContain('can');
  });

  it('that tells it as progress: does not get it out either', async () => {
    const notes: unknown[] = [];
    const run = toolWith('secret://lab-token', (call) => {
      call.progress?.({ with: CANARY });
      return Promise.resolve(failedRun('x', 'y'));
    });
    await run(toolRun({}, { progress: (note) => notes.push(note) }));
    expect(notes).toEqual([{ with: '[secret://lab-token]' }]);
  });

  it.each([
    ['secret://absent', 'unknown-secret'],
    ['secret://short', 'weak-secret'],
  ])('named %s: fails with %s and is not run', async (ref, code) => {
    let ran = false;
    const result = await toolWith(ref, () => {
      ran = true;
      return Promise.resolve(failedRun('x', 'y'));
    })(toolRun({}));
    expect(result).toMatchObject({ outcome: 'failed', error: { code } });
    expect(ran).toBe(false);
  });
});

describe('a folder of secrets', () => {
  it('with a file of the name: goes before the environment, without its last line break', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'writ-secrets-'));
    await writeFile(join(folder, 'lab-token'), 'from-the-file\n');
    const both = secretStore({ WRIT_SECRET_LAB_TOKEN: CANARY }, folder);
    expect(await both.value('secret://lab-token')).toBe('from-the-file');
    await writeFile(join(folder, 'lab-token'), 'rotated-value');
    expect(await both.value('secret://lab-token')).toBe('rotated-value');
    await rm(folder, { recursive: true });
  });
});
