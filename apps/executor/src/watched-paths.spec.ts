/** Real files, changed while a tool runs. */
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toolSpec } from '@writ/contracts';
import { failedRun } from '@writ/execution';
import type { RunResult } from '@writ/execution';
import type { ToolRun } from './tool-run.ts';
import { watchingWrites } from './watched-paths.ts';

let vault: string;

beforeEach(async () => {
  vault = await mkdtemp(join(tmpdir(), 'writ-vault-'));
  await mkdir(join(vault, 'notes'));
  await writeFile(join(vault, 'index'), 'old');
  await writeFile(join(vault, 'notes', 'a'), 'a');
});

afterEach(() => rm(vault, { recursive: true }));

const CALL = {} as ToolRun;
const done: RunResult = { outcome: 'succeeded', output: 'ok' };

async function writesOf(act: () => Promise<unknown>, terms: object = {}): Promise<unknown> {
  const adapter = { kind: 'command', argv: ['git', 'status'] };
  const spec = toolSpec.parse({ name: 'status', class: 'READ_ONLY', watch: [vault], adapter, ...terms });
  const run = watchingWrites(spec, async () => {
    await act();
    return done;
  });
  return (await run(CALL)).writes;
}

describe('a READ_ONLY tool that says what to watch', () => {
  it('and only reads: nothing is told', async () =>
    expect(await writesOf(() => readFile(join(vault, 'index')))).toBeUndefined());
  it('and refreshes an index with the same bytes: is found out', async () =>
    expect(
      await writesOf(async () => {
        await writeFile(join(vault, 'index.lock'), 'old');
        await rename(join(vault, 'index.lock'), join(vault, 'index'));
      }),
    ).toEqual([join(vault, 'index')]));
  it('and adds, changes and removes files: each is named', async () =>
    expect(
      await writesOf(async () => {
        await writeFile(join(vault, 'notes', 'b'), 'b');
        await writeFile(join(vault, 'index'), 'longer');
        await rm(join(vault, 'notes', 'a'));
      }),
    ).toEqual(['index', 'notes/a', 'notes/b'].map((name) => join(vault, name))));
  it('and leaves nothing of a file that it made: the folder is named', async () =>
    expect(
      await writesOf(async () => {
        await writeFile(join(vault, 'notes', 'lock'), '');
        await rm(join(vault, 'notes', 'lock'));
      }),
    ).toEqual([join(vault, 'notes')]));
  it('and writes elsewhere: nothing is told', async () => {
    const watch = [join(vault, 'notes'), join(vault, 'nowhere')];
    expect(await writesOf(() => writeFile(join(vault, 'index'), 'longer'), { watch })).toBeUndefined();
  });
  it('and fails after it wrote: both are told', async () => {
    const adapter = { kind: 'command', argv: ['x'] };
    const spec = toolSpec.parse({ name: 'status', class: 'READ_ONLY', watch: [vault], adapter });
    const run = watchingWrites(spec, async () => {
      await writeFile(join(vault, 'index'), 'longer');
      return failedRun('exit-code', 'it failed');
    });
    expect(await run(CALL)).toMatchObject({ outcome: 'failed', writes: [join(vault, 'index')] });
  });
});

describe('a tool that may write, or says nothing to watch', () => {
  it.each([{ class: 'LOCAL_WRITE' }, { class: undefined }, { watch: undefined }])(
    '%j: is not looked at',
    async (terms) =>
      expect(await writesOf(() => writeFile(join(vault, 'index'), 'longer'), terms)).toBeUndefined(),
  );
});
