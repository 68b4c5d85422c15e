import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toolSpec } from '@writ/contracts';
import type { RunResult } from '@writ/execution';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CommandAdapter } from './command-adapter.ts';
import { nothingRuns, somethingRuns } from './fixtures/processes.ts';
import { FIRST_TOOL_USER } from './limits.ts';
import { Sandbox } from './sandbox.ts';
import type { ToolRun } from './tool-run.ts';

const RUN = { invocation: 'i-1', attempt: 1, idempotencyKey: 'k', fencingToken: 1, inputs: '{}' } as ToolRun;
const DYING = fileURLToPath(new URL('./fixtures/executor-that-dies.ts', import.meta.url));

let scratchFolder: string;
let outside: string;
let adapter: CommandAdapter;
let sandbox: Sandbox;

beforeAll(async () => {
  scratchFolder = await mkdtemp(join(tmpdir(), 'writ-hostile-'));
  outside = await mkdtemp(join(tmpdir(), 'writ-outside-'));
  await chmod(scratchFolder, 0o711);
  await chmod(outside, 0o777);
  sandbox = await Sandbox.detect(FIRST_TOOL_USER);
  adapter = new CommandAdapter({
    toolsFolder: outside,
    scratchFolder,
    environment: { LAB: 'north' },
    maxOutputBytes: 100_000,
    processes: 4,
    graceMs: 150,
    sandbox: () => Promise.resolve(sandbox),
  });
});
afterEach(async () => {
  // The executor is healthy: it runs the next call, and nothing is left of the last one.
  expect(await attack(['echo', '42'])).toMatchObject({ outcome: 'succeeded', output: 42 });
  expect(await readdir(scratchFolder)).toEqual([]);
});
afterAll(async () => {
  await adapter.close();
  await rm(scratchFolder, { recursive: true });
  await rm(outside, { recursive: true });
});

async function attack(argv: string[], more: Record<string, unknown> = {}): Promise<RunResult> {
  const { timeoutSeconds = 20, ...adapterFields } = more;
  const spec = { name: 'tool', timeoutSeconds, adapter: { kind: 'command', argv, ...adapterFields } };
  return (await adapter.prepare(toolSpec.parse(spec)))(RUN);
}

const shell = (text: string, more?: Record<string, unknown>): Promise<RunResult> =>
  attack(['/bin/sh', '-c', text], more);

/** Node as the hostile program: it is there on every machine that runs these tests. */
const node = (text: string, more?: Record<string, unknown>): Promise<RunResult> =>
  attack([process.execPath, '-e', text], more);

describe('a command', () => {
  it('that is a fork bomb: is killed at its limit of processes, by that name', async () => {
    const bomb = 'bomb() { bomb | bomb & sleep 61.18; }; bomb; wait';
    const result = await shell(bomb, { limits: { processes: 40 }, timeoutSeconds: 5 });
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'process-limit' } });
    await nothingRuns('61.18');
  });

  it('that hangs after it was refused a process: is named for the refusal', async () => {
    const result = await shell('echo "sh: 1: Cannot fork" >&2; exec sleep 61.21', { timeoutSeconds: 1 });
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'process-limit' } });
    await nothingRuns('61.21');
  });

  it('that takes 10 GB bit by bit: is killed at its limit, by that name', async () => {
    const take = 'const a = []; for (let n = 0; n < 160; n++) a.push(Buffer.alloc(64 << 20, 1));';
    const result = await node(take, { limits: { memoryMegabytes: 512 } });
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'memory-limit' } });
    expect(result.measured?.['peak-memory-mb']).toBeLessThan(2_048);
  });

  it('that asks for 10 GB at once: is refused them, by that name', async () => {
    const result = await node('new Uint8Array(8e9)', { limits: { memoryMegabytes: 512 } });
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'memory-limit' } });
  });

  it('that takes 10 GB in many processes: is killed at the limit for all of them', async () => {
    const one = `${process.execPath} -e "const a = Buffer.alloc(100 << 20, 1); setTimeout(() => a, 20000)"`;
    const result = await shell(`${one} & ${one} & ${one} & wait`, {
      limits: { memoryMegabytes: 256 },
    });
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'memory-limit' } });
  });

  it('that burns CPU in many processes: is killed at the limit for all of them', async () => {
    const result = await shell('for i in 1 2 3; do (while :; do :; done) & done; wait', {
      limits: { cpuSeconds: 1 },
    });
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'cpu-limit' } });
  });

  it('that writes an endless file: is ended at the limit', async () => {
    const result = await shell('exec cat /dev/zero > big', { limits: { fileMegabytes: 1 } });
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'file-limit' } });
  });

  it.each(['yes', 'yes >&2'])(
    'with endless output by `%s`: is killed at the cap, by that name',
    async (text) => {
      expect(await shell(text)).toMatchObject({ outcome: 'failed', error: { code: 'output-too-large' } });
    },
  );

  it('that leads its usage file out of the scratch folder: is not followed, and that is said', async () => {
    await writeFile(join(outside, 'usage.json'), '{"usd": 1}');
    const result = await shell(`ln -s ${outside}/usage.json "$WRIT_USAGE_FILE"`);
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'scratch-escape' } });
  });

  it('that links folders outside into its scratch folder: they survive its removal', async () => {
    await writeFile(join(outside, 'precious'), 'data');
    expect((await shell(`ln -s ${outside} link; ln -s / root`)).outcome).toBe('succeeded');
    expect(await readFile(join(outside, 'precious'), 'utf8')).toBe('data');
  });

  it("that reads its parent's environment: finds nothing of the executor there", async () => {
    process.env['WRIT_CANARY'] = 'canary-of-the-parent';
    const spy = 'cat /proc/*/environ /proc/$PPID/environ; cat /proc/*/task/*/environ; true';
    const result = await shell(`{ ${spy}; } 2>/dev/null | tr "\\0" "\\n" | grep -c canary; true`);
    delete process.env['WRIT_CANARY'];
    expect(result).toMatchObject({ outcome: 'succeeded', output: 0 });
  });

  it('that ignores SIGTERM: is killed after the grace, by the name of its timeout', async () => {
    const result = await shell("trap '' TERM; while :; do sleep 0.05; done", { timeoutSeconds: 0.2 });
    expect(result).toMatchObject({ outcome: 'timed-out', error: { code: 'timeout' } });
  });

  it('that leaves a daemon behind: is done at once, and the daemon is gone', async () => {
    const result = await shell('setsid sh -c "setsid sleep 61.19 >/dev/null 2>&1 &" ; echo 1');
    expect(result).toMatchObject({ outcome: 'succeeded', output: 1 });
    await nothingRuns('61.19');
  });
});

describe('a command whose executor is killed with SIGKILL', () => {
  it('dies with it, and so does its daemon', async () => {
    const text = 'setsid sleep 61.2 & sleep 61.2; wait';
    const flags = ['--conditions=@writ/source', '--disable-warning=ExperimentalWarning'];
    const executor = spawn(process.execPath, [...flags, DYING, text], { stdio: 'inherit' });
    await somethingRuns('61.2', 2);
    executor.kill('SIGKILL');
    await nothingRuns('61.2');
  });
});

describe('isolation on demand', () => {
  const demands = [{ network: false }, { readOnlyRoot: true }];

  it.each(demands)(
    '%o on a machine without namespaces: the tool is refused, not run without',
    async (demand) => {
      const held = sandbox;
      sandbox = await Sandbox.withoutNamespaces(FIRST_TOOL_USER, 'the test says so');
      await expect(shell('echo 1', demand)).rejects.toMatchObject({ code: 'isolation-unavailable' });
      sandbox = held;
    },
  );

  it('no network: not even the loopback of the machine can be reached', async (test) => {
    if (!sandbox.offers.network) return test.skip('this kernel gives no network namespace');
    const result = await node(
      "require('net').connect(1, '127.0.0.1').on('error', (e) => console.log(e.code))",
      {
        network: false,
      },
    );
    expect(result).toMatchObject({ outcome: 'succeeded', output: 'ENETUNREACH' });
  });

  it('a read-only root: the scratch folder can be written and nothing else', async (test) => {
    if (!sandbox.offers.readOnlyRoot) return test.skip('this kernel gives no mount namespace');
    const text = `echo in > mine; cat mine; ln -s ${outside}/a out; echo 1 > out || echo 2 > ${outside}/b || echo 3 > /tmp/c || mount -o remount,rw / || echo contained`;
    const result = await shell(`{ ${text}; } 2>/dev/null`, { readOnlyRoot: true });
    expect(result).toMatchObject({ outcome: 'succeeded', output: 'in\ncontained' });
  });
});

describe('a machine without namespaces', () => {
  it('still ends what stayed in the group and finds what left it', async () => {
    const held = sandbox;
    sandbox = await Sandbox.withoutNamespaces(FIRST_TOOL_USER, 'the test says so');
    const result = await shell('sleep 61.21 & setsid sleep 61.22 >/dev/null 2>&1 & sleep 0.1; echo 1');
    expect(result).toMatchObject({ outcome: 'succeeded', output: 1 });
    await nothingRuns('61.21');
    await nothingRuns('61.22');
    sandbox = held;
  });
});
