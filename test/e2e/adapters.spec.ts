/** Every kind of tool through the whole suite: what it is told and returns, and where its secret must not be found. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { stringify } from 'yaml';
import type { TenantId } from '@writ/contracts';
import { GovernedToolExecutor, serveTool } from '@writ/sdk';
import type { ToolWorker } from '@writ/sdk';
import { eventually, freePort } from '@writ/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SERVICES } from '../../infra/nats/principals.ts';
import type { Principal } from '../../infra/nats/principals.ts';
import { startTestSuite } from './suite.ts';
import type { TestSuite } from './suite.ts';
import { databaseText, filesBelow, metricsText } from './written.ts';

const CANARY = 'canary-7f3a/of+the=lab';
const WORKER: Principal = { kind: 'worker', tenant: 'lab' as TenantId, worker: 'leaky' };
const PLAIN_WORKER: Principal = { kind: 'worker', tenant: 'lab' as TenantId, worker: 'plain' };
const LEAK_SERVER = new URL('./tools/leak-server.mjs', import.meta.url).pathname;
const LARGE = 'large text '.repeat(60_000);

let suite: TestSuite;
let agent: GovernedToolExecutor;
let worker: ToolWorker;
let echo: Server;
/** An MCP server over HTTP. */
let remote: ChildProcess;
let collector: Server;
/** What the services sent as traces; whatever comes is searched. */
const traces: Buffer[] = [];

beforeAll(async () => {
  echo = await serving((headers, body) => JSON.stringify({ headers, body }));
  const port = await freePort();
  remote = spawn(process.execPath, [LEAK_SERVER, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(remote.stdout as Readable, 'data');
  collector = await serving((_, body) => {
    traces.push(body);
    return '{}';
  });
  suite = await startTestSuite({
    principals: [WORKER, PLAIN_WORKER],
    environment: {
      WRIT_SECRET_LAB: CANARY,
      OTEL_EXPORTER_OTLP_ENDPOINT: urlOf(collector),
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    },
  });
  const governance = join(suite.dir, 'governance');
  await mkdir(governance);
  const urls = { echo: urlOf(echo), mcp: `http://127.0.0.1:${port}/mcp` };
  await writeFile(join(governance, 'adapters.yaml'), stringify(catalog(urls)));
  const applied = await suite.writ('apply', '-f', governance);
  expect(applied, applied.err).toMatchObject({ code: 0 });
  const { natsUrl, users } = suite.connection;
  agent = await GovernedToolExecutor.connect({
    server: natsUrl,
    ...users.agent,
    tenant: 'lab',
    auditLog: 'e2e',
  });
  const login = { server: natsUrl, tenant: 'lab', ...suite.login(WORKER) };
  worker = await serveTool(
    'leaky',
    ({ fail }, call) => {
      call.progress({ percent: 50 });
      if (fail) throw new Error('it failed');
      return { token: CANARY, score: 3 };
    },
    login,
  );
});

afterAll(async () => {
  await worker?.stop();
  await agent?.close();
  await suite?.stop();
  remote?.kill();
  for (const server of [echo, collector]) server?.close();
});

async function serving(answer: (headers: unknown, body: Buffer) => string): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const status = request.url === '/broken' ? 500 : 200;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(answer(request.headers, Buffer.concat(chunks)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function catalog(urls: { readonly echo: string; readonly mcp: string }): unknown {
  const secrets = { TOKEN: 'secret://lab' };
  const script = 'echo "\\"$TOKEN\\"" >&4; echo "it failed with $TOKEN" >&2; echo "$TOKEN"; exit $1';
  const shell = { kind: 'command', argv: ['sh', '-c', script, 'leak', '{args.code}'], secrets };
  const server = { transport: 'stdio', argv: [process.execPath, LEAK_SERVER], secrets };
  const headers = { Authorization: 'Bearer secret://lab' };
  const http = { kind: 'http', url: `${urls.echo}/x`, headers };
  const remoteServer = { transport: 'http', url: urls.mcp, headers };
  const redacting = { properties: { token: { type: 'string', writeOnly: true } } };
  const text = { type: 'string', 'x-writ-payload': true };
  const reading = { class: 'READ_ONLY' };
  return {
    tools: [
      { name: 'command', ...reading, adapter: shell },
      { name: 'module', ...reading, adapter: { kind: 'module', module: 'leak.mjs', secrets } },
      { name: 'http', ...reading, adapter: http },
      { name: 'http-broken', ...reading, adapter: { ...http, url: `${urls.echo}/broken`, retries: 0 } },
      { name: 'mcp', ...reading, adapter: { kind: 'mcp', server, tool: 'leak' } },
      { name: 'mcp-http', ...reading, adapter: { kind: 'mcp', server: remoteServer, tool: 'leak' } },
      { name: 'nats', ...reading, adapter: { kind: 'nats', worker: 'leaky' }, outputs: redacting },
      { name: 'plain', ...reading, adapter: { kind: 'nats', worker: 'plain' } },
      {
        name: 'size',
        ...reading,
        adapter: { kind: 'module', module: 'size.mjs' },
        inputs: { type: 'object', properties: { text } },
      },
    ],
    policies: [{ name: 'no-destruction', condition: 'tool.destructive', action: 'deny' }],
    budgets: [{ account: '/', limits: { calls: 1_000 } }],
  };
}

describe('a tool that gives away its secret', () => {
  it.each([
    ['command', { code: 0 }],
    ['module', {}],
    ['http', {}],
    ['mcp', {}],
    ['mcp-http', {}],
  ])('run by the %s adapter: had it, and its output says only its name', async (tool, inputs) => {
    const notes: unknown[] = [];
    const outcome = await agent.run({ tool, inputs, onNote: (note) => notes.push(note) });
    expect(outcome.status, JSON.stringify(outcome)).toBe('succeeded');
    expect(JSON.stringify(outcome)).toContain('[secret://lab]');
    expect(JSON.stringify([outcome, notes])).not.toContain(CANARY);
  });

  it.each([
    ['command', { code: 3 }],
    ['module', { fail: true }],
    ['http-broken', {}],
    ['mcp', { fail: true }],
    ['mcp-http', { fail: true }],
  ])('in an error, run by the %s adapter: the error says only its name', async (tool, inputs) => {
    const outcome = await agent.run({ tool, inputs });
    expect(outcome.status).toBe('failed');
    expect(JSON.stringify(outcome)).toContain('[secret://lab]');
    expect(JSON.stringify(outcome)).not.toContain(CANARY);
  });

  it('in an output for the object store: what is kept says only its name', async () => {
    const outcome = await agent.run({ tool: 'module', inputs: { times: 10_000 } });
    expect(outcome).toMatchObject({
      status: 'succeeded',
      outputRef: { bytes: expect.any(Number) as number },
    });
    const { outputRef } = outcome as { outputRef: Parameters<typeof agent.readOutput>[0] };
    expect(JSON.stringify(await agent.readOutput(outputRef))).toContain('the token is [secret://lab]');
  });

  it('as a worker of the nats adapter: the field that the schema marks is redacted, its progress told', async () => {
    const notes: unknown[] = [];
    const outcome = await agent.run({ tool: 'nats', onNote: (note) => notes.push(note) });
    expect(outcome).toMatchObject({ status: 'succeeded', output: { token: '[redacted]', score: 3 } });
    expect(notes).toEqual([{ percent: 50 }]);
  });
});

describe('a worker by nothing but a NATS client', () => {
  it('serves a tool: its output, its failure and its usage are recorded', async () => {
    const { user = '', password = '' } = suite.login(PLAIN_WORKER);
    const program = new URL('./plain-worker.mjs', import.meta.url).pathname;
    const plain = spawn(process.execPath, [
      program,
      suite.connection.natsUrl,
      user,
      password,
      'lab',
      'plain',
    ]);
    await once(plain.stdout, 'data');
    expect(await agent.run({ tool: 'plain', inputs: { text: 'hello' } })).toMatchObject({
      status: 'succeeded',
      output: 'HELLO',
      usage: { characters: '5' },
    });
    expect(await agent.run({ tool: 'plain' })).toMatchObject({
      status: 'failed',
      error: { code: 'no-text' },
    });
    plain.kill();
    await once(plain, 'exit');
    expect(await agent.run({ tool: 'plain' })).toMatchObject({
      status: 'failed',
      error: { code: 'no-worker' },
    });
  });
});

describe('inputs and outputs over 64 KiB', () => {
  it('go through the payload store, checked by digest on the way', async () => {
    const outcome = await agent.run({ tool: 'size', inputs: { text: LARGE } });
    expect(outcome).toMatchObject({
      status: 'succeeded',
      outputRef: { bytes: expect.any(Number) as number },
    });
    const { outputRef } = outcome as { outputRef: Parameters<typeof agent.readOutput>[0] };
    expect(await agent.readOutput(outputRef)).toEqual({ length: LARGE.length, twice: LARGE + LARGE });
  });
});

describe('the canary', () => {
  it('is found nowhere: not in the ledger, the object store, Postgres, logs, metrics or traces', async () => {
    // One more call, found in all of these, proves that what is searched is what was written.
    const marker = 'marker-of-the-search';
    await agent.run({ tool: 'command', inputs: { code: 0, marker } });
    const database = await eventually(
      async () => {
        const text = await databaseText(suite.postgres?.url ?? '');
        return text.includes(marker) ? text : undefined;
      },
      { withinMs: 30_000, what: 'the audit has recorded the marked call' },
    );
    const metrics = await metricsText(suite);
    // A service that ends sends the traces and prints the lines that it still has.
    await Promise.all(SERVICES.map(async (service) => suite.restart(service)));
    const stored = await filesBelow(join(suite.dir, '.writ', 'nats'));
    const logs = await filesBelow(join(suite.dir, '.writ', 'logs'));
    expect(stored.includes(marker)).toBe(true);
    expect(stored.includes(LARGE.slice(0, 1_000)), 'an object of the object store').toBe(true);
    expect(metrics).toContain('writ_');
    expect(logs.length).toBeGreaterThan(1_000);
    const sent = Buffer.concat(traces);
    expect(sent.includes('execute_tool'), 'a span of a call').toBe(true);
    for (const form of [CANARY, Buffer.from(CANARY).toString('base64'), encodeURIComponent(CANARY)]) {
      expect(stored.includes(form), 'in the files of the nats-server').toBe(false);
      expect(database.includes(form), 'in Postgres').toBe(false);
      expect(logs.includes(form), 'in the logs').toBe(false);
      expect(metrics.includes(form), 'in metrics').toBe(false);
      expect(sent.includes(form), 'in traces').toBe(false);
    }
  });
});
