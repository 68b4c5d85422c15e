import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { toolSpec } from '@writ/contracts';
import type { RunResult } from '@writ/execution';
import { freePort } from '@writ/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nothingRuns, running } from './fixtures/processes.ts';
import { toolRun } from './fixtures/tool-runs.ts';
import { FIRST_TOOL_USER } from './limits.ts';
import { McpAdapter } from './mcp-adapter.ts';
import { Sandbox } from './sandbox.ts';
import type { ToolRun } from './tool-run.ts';

const SERVER = fileURLToPath(new URL('./fixtures/mcp-server.ts', import.meta.url));
const NODE = [process.execPath, '--conditions=@writ/source', '--disable-warning=ExperimentalWarning', SERVER];
const SECRETS = new Map([['secret://lab', 'the-canary']]);

let adapter: McpAdapter;
let remote: ChildProcess;
let url: string;

beforeAll(async () => {
  const sandbox = Sandbox.detect(FIRST_TOOL_USER);
  adapter = new McpAdapter({
    toolsFolder: '.',
    environment: process.env,
    sandbox: () => sandbox,
    maxOutputBytes: 10_000,
  });
  const port = await freePort();
  const [program = '', ...args] = NODE;
  remote = spawn(program, [...args, `${port}`], { stdio: ['ignore', 'ignore', 'pipe'] });
  await once(remote.stderr as NonNullable<typeof remote.stderr>, 'data');
  url = `http://127.0.0.1:${port}/mcp`;
});
afterAll(async () => {
  await adapter.close();
  remote.kill();
});

const stdio = (): unknown => ({
  transport: 'stdio',
  argv: NODE,
  environment: ['PATH'],
  secrets: { LAB_TOKEN: 'secret://lab' },
});
const http = (): unknown => ({ transport: 'http', url, headers: { Authorization: 'Bearer secret://lab' } });

async function call(
  server: unknown,
  tool: string,
  inputs: unknown = {},
  more: Record<string, unknown> = {},
  run: Partial<ToolRun> = {},
): Promise<RunResult> {
  const spec = { name: 'lab', adapter: { kind: 'mcp', server, tool }, ...more };
  return (await adapter.prepare(toolSpec.parse(spec)))(toolRun(inputs, { secrets: SECRETS, ...run }));
}

describe.each([
  ['stdio', stdio],
  ['streamable HTTP', http],
])('an mcp tool over %s', (_, server) => {
  it('called: has the structured content as output', async () => {
    expect(await call(server(), 'weigh', { grams: 2 })).toMatchObject({
      outcome: 'succeeded',
      output: { grams: 2 },
    });
  });

  it('with a secret: hands it to the server', async () => {
    expect(await call(server(), 'leak')).toMatchObject({
      output: expect.stringContaining('the-canary') as string,
    });
  });

  it('that fails: fails with what it said', async () => {
    expect(await call(server(), 'break')).toMatchObject({
      outcome: 'failed',
      error: { code: 'tool-error', message: expect.stringContaining('the scale is broken') as string },
    });
  });

  it('that does not answer: times out, its progress told', async () => {
    const notes: unknown[] = [];
    const result = await call(
      server(),
      'wait',
      {},
      { timeoutSeconds: 0.5 },
      { progress: (note) => notes.push(note) },
    );
    expect(result).toMatchObject({ outcome: 'timed-out', error: { code: 'timeout' } });
    expect(notes).toMatchObject([{ progress: 1, total: 2 }]);
  });

  it('that is cancelled: is over', async () => {
    const abort = new AbortController();
    const result = call(server(), 'wait', {}, {}, { signal: abort.signal, progress: () => abort.abort() });
    expect(await result).toMatchObject({ outcome: 'cancelled' });
  });
});

describe('an mcp server', () => {
  it('used by many calls: is started once', async () => {
    await Promise.all(Array.from({ length: 5 }, () => call(stdio(), 'weigh', { grams: 1 })));
    expect(running(SERVER).length - 1).toBe(1);
  });

  it('that dies: fails the call, and the next one gets a new server', async () => {
    expect(await call(stdio(), 'exit')).toMatchObject({
      outcome: 'failed',
      error: { code: 'connection-lost' },
    });
    expect((await call(stdio(), 'weigh', { grams: 1 })).outcome).toBe('succeeded');
  });

  it('that cannot be started: fails the call with a sentence', async () => {
    const server = { transport: 'stdio', argv: ['/no/such/server'] };
    expect(await call(server, 'weigh')).toMatchObject({ outcome: 'failed', error: { code: 'unreachable' } });
  });

  it('of an adapter that is closed: is gone', async () => {
    await adapter.close();
    remote.kill();
    await nothingRuns(SERVER);
  });
});
