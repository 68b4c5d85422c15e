import { mkdtemp, readdir, rm, writeFile, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toolSpec } from '@writ/contracts';
import type { RunResult } from '@writ/execution';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandAdapter } from './command-adapter.ts';
import { expandArguments } from './command-argv.ts';
import { nothingRuns } from './fixtures/processes.ts';
import { FIRST_TOOL_USER } from './limits.ts';
import { Sandbox } from './sandbox.ts';
import type { ToolRun } from './tool-run.ts';

let folder: string;
let scratchFolder: string;
let adapter: CommandAdapter;
const sandbox = Sandbox.detect(FIRST_TOOL_USER);

function adapterOf(processes = 4): CommandAdapter {
  const environment = { LAB: 'north', WRIT_NATS_PASSWORD: 'secret' };
  const bounds = { maxOutputBytes: 10_000, processes, graceMs: 150, sandbox: () => sandbox };
  return new CommandAdapter({ toolsFolder: folder, scratchFolder, environment, ...bounds });
}

function runOf(inputs: unknown): ToolRun {
  const named = { tenant: 'lab', agent: 'screener', invocation: 'i-1', attempt: 2 } as unknown as ToolRun;
  return { ...named, idempotencyKey: 'lab/i-1', fencingToken: 7, inputs: JSON.stringify(inputs) };
}

/** Runs a shell script as the tool; the shell is the program that the test chose, not ours. */
async function script(
  text: string,
  inputs: unknown = {},
  more: Record<string, unknown> = {},
): Promise<RunResult> {
  return command(['/bin/sh', '-c', text], inputs, more);
}

async function command(
  argv: string[],
  inputs: unknown = {},
  more: Record<string, unknown> = {},
): Promise<RunResult> {
  const { environment, ...rest } = more;
  const spec = {
    name: 'tool',
    adapter: { kind: 'command', argv, ...(environment ? { environment } : {}) },
    ...rest,
  };
  return (await adapter.prepare(toolSpec.parse(spec)))(runOf(inputs));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'writ-tools-'));
  scratchFolder = await mkdtemp(join(tmpdir(), 'writ-scratch-'));
  // As root, commands run as users of their own.
  await chmod(folder, 0o777);
  await chmod(scratchFolder, 0o711);
  adapter = adapterOf();
});
afterAll(async () => {
  await adapter.close();
  await rm(folder, { recursive: true });
  await rm(scratchFolder, { recursive: true });
});

describe('a command', () => {
  it('that prints JSON: has it as output', async () => {
    expect(await script('echo \'{"energy": -3.5}\'')).toMatchObject({
      outcome: 'succeeded',
      output: { energy: -3.5 },
    });
  });

  it('that prints text: has the text as output, without the last line break', async () => {
    expect(await script('printf "two\\nlines\\n"')).toMatchObject({
      outcome: 'succeeded',
      output: 'two\nlines',
    });
  });

  it('that prints nothing: has no output', async () => {
    expect(await script('true')).toMatchObject({ outcome: 'succeeded', output: undefined });
  });

  it('gets its inputs as JSON on stdin', async () => {
    expect(await command(['cat'], { smiles: 'CCO', n: [1] })).toMatchObject({
      output: { smiles: 'CCO', n: [1] },
    });
  });

  it('that does not read its inputs: is none the worse', async () => {
    expect((await script('exec 0<&-; echo 1', { text: 'x'.repeat(200_000) })).outcome).toBe('succeeded');
  });

  it('gets inputs as arguments, which no shell reads', async () => {
    const result = await command(['echo', 'a{args.x}b', '{args.n}'], { x: '$(id); `id` "', n: -2 });
    expect(result).toMatchObject({ output: 'a$(id); `id` "b -2' });
  });

  it('that exits with a code: fails with the tail of what it said', async () => {
    const result = await script('seq 1 5000 >&2; echo the flask is cracked >&2; exit 4');
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'exit-code' } });
    const { message } = (result as { error: { message: string } }).error;
    expect(message).toContain('exited with code 4');
    expect(message.endsWith('the flask is cracked')).toBe(true);
    expect(message.length).toBeLessThan(2_200);
  });

  it('that does not exist: fails, and says so', async () => {
    expect(await command(['writ-no-such-program'])).toMatchObject({
      outcome: 'failed',
      error: { code: 'spawn-failed' },
    });
  });

  it('that dies of a signal: fails with its name', async () => {
    const result = await script('kill -SEGV $$');
    expect(result).toMatchObject({
      error: { code: 'killed-by-signal', message: expect.stringContaining('SIGSEGV') as string },
    });
  });

  it('sees only what its tool lists of the environment, and which call it is', async () => {
    const { output } = (await script('env | sort', {}, { environment: ['LAB', 'ABSENT'] })) as {
      output: string;
    };
    const names = output.split('\n').map((line) => line.replace(/=.*/, ''));
    const shell = ['PWD', 'OLDPWD', 'SHLVL', '_'];
    expect(names.filter((name) => !shell.includes(name))).toEqual([
      'LAB',
      'WRIT_ATTEMPT',
      'WRIT_DEADLINE_MS',
      'WRIT_FENCING_TOKEN',
      'WRIT_IDEMPOTENCY_KEY',
      'WRIT_INVOCATION',
      'WRIT_USAGE_FILE',
    ]);
    expect(output).toContain('WRIT_IDEMPOTENCY_KEY=lab/i-1');
  });

  it('works in a folder of its own that is gone afterwards', async () => {
    const { output } = (await script('pwd; touch a; mkdir b; touch b/c')) as { output: string };
    expect(output.startsWith(join(scratchFolder, 'writ-'))).toBe(true);
    expect(await readdir(scratchFolder)).toEqual([]);
  });

  it('that writes what it used up: reports it', async () => {
    const result = await script('echo \'{"node-hours": 1.5}\' > "$WRIT_USAGE_FILE"; echo 1');
    expect(result).toMatchObject({ outcome: 'succeeded', output: 1, reported: { 'node-hours': 1.5 } });
  });

  it('that writes nonsense as usage: is not believed', async () => {
    const { reported } = await script('mkdir "$WRIT_USAGE_FILE"; echo 1');
    expect(Object.values(reported ?? {})).toEqual([Number.NaN]);
  });

  it('that writes without end: is stopped at the cap', async () => {
    expect(await script('yes')).toMatchObject({ outcome: 'failed', error: { code: 'output-too-large' } });
  });
});

describe('a command past its timeout', () => {
  it('is killed with everything in its group', async () => {
    const result = await script('sleep 61.171 & sleep 61.171; wait', {}, { timeoutSeconds: 0.3 });
    expect(result).toMatchObject({ outcome: 'timed-out', error: { code: 'timeout' } });
    await nothingRuns('61.171');
  });

  it('that ignores SIGTERM: is killed all the same', async () => {
    const result = await script("trap '' TERM; while :; do sleep 0.05; done", {}, { timeoutSeconds: 0.1 });
    expect(result.outcome).toBe('timed-out');
  });
});

describe('a command that leaves a process behind', () => {
  it('in its group: is done at once and nothing stays', async () => {
    const begun = performance.now();
    expect(await script('sleep 61.172 & echo 1')).toMatchObject({ output: 1 });
    await nothingRuns('61.172');
    expect(performance.now() - begun).toBeLessThan(1_500);
  });
});

describe('a program', () => {
  it('named by a path: is looked for in the tools folder', async () => {
    await writeFile(join(folder, 'tool.sh'), '#!/bin/sh\necho "from $(basename "$0")"\n');
    await chmod(join(folder, 'tool.sh'), 0o755);
    expect(await command(['./tool.sh'])).toMatchObject({ output: 'from tool.sh' });
    expect(await command(['sh', '{tools}/tool.sh'])).toMatchObject({ output: 'from tool.sh' });
  });

  it.each(['../../bin/sh', 'bin/{args.x}'])('named %s: is refused', async (program) => {
    await expect(command([program])).rejects.toMatchObject({ code: 'invalid-tool' });
  });
});

describe('arguments', () => {
  const cases: readonly [string, string[], Record<string, unknown>, string][] = [
    ['an input that is absent', ['{args.x}'], {}, 'missing-argument'],
    ['an input inherited from Object', ['{args.toString}'], {}, 'missing-argument'],
    ['text that would become an option', ['{args.x}'], { x: '-rf' }, 'unsafe-argument'],
    ['a NUL character', ['x{args.x}'], { x: 'a\0b' }, 'unsafe-argument'],
  ];
  it.each(cases)('with %s: are refused', (_, templates, inputs, code) => {
    expect(() => expandArguments(templates, inputs, '/tools')).toThrow(
      expect.objectContaining({ code }) as Error,
    );
  });

  it('after "--", or behind a name: may begin with "-"', () => {
    expect(expandArguments(['--x={args.x}', '--', '{args.x}'], { x: '-rf' }, '/tools')).toEqual([
      '--x=-rf',
      '--',
      '-rf',
    ]);
  });

  it('replaced once: are not read again', () => {
    expect(expandArguments(['{args.x}'], { x: '{args.y}', y: 'no' }, '/tools')).toEqual(['{args.y}']);
  });
});

describe('an adapter', () => {
  it('with one process allowed: lets the second call wait, its time not running', async () => {
    const narrow = adapterOf(1);
    const spec = { name: 't', adapter: { kind: 'command', argv: ['sleep', '0.3'] }, timeoutSeconds: 0.5 };
    const run = await narrow.prepare(toolSpec.parse(spec));
    const results = await Promise.all([run(runOf({})), run(runOf({}))]);
    expect(results.map(({ outcome }) => outcome)).toEqual(['succeeded', 'succeeded']);
  });

  it('that is closed: ends what runs and starts nothing more', async () => {
    const closing = adapterOf(1);
    const spec = { name: 't', adapter: { kind: 'command', argv: ['sleep', '60'] } };
    const run = await closing.prepare(toolSpec.parse(spec));
    const results = [run(runOf({})), run(runOf({}))];
    await closing.close();
    expect((await Promise.all(results)).map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled']);
  });
});
