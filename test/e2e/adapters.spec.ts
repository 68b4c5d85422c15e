/** Every kind of tool through the whole suite: what it is told and returns, and where its secret must not be found. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import pg from 'pg';
import { stringify } from 'yaml';
import type { TenantId } from '@writ/contracts';
import { GovernedToolExecutor, serveTool } from '@writ/sdk';
import type { ToolWorker } from '@writ/sdk';
import { eventually } from '@writ/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../infra/nats/principals.ts';
import { startTestSuite } from './suite.ts';
import type { TestSuite } from './suite.ts';

const CANARY = 'canary-7f3a/of+the=lab';
const WORKER: Principal = { kind: 'worker', tenant: 'lab' as TenantId, worker: 'leaky' };
const PLAIN_WORKER: Principal = { kind: 'worker', tenant: 'lab' as TenantId, worker: 'plain' };
const LEAK_SERVER = new URL('./tools/leak-server.mjs', import.meta.url).pathname;
/** How every zstd frame begins. */
const ZSTD_MAGIC = 0xfd2fb528;
const LARGE = 'large text '.repeat(60_000);

let suite: TestSuite;
let agent: GovernedToolExecutor;
let worker: ToolWorker;
let echo: Server;
let collector: Server;
/** What the services sent as traces; whatever comes is searched. */
const traces: Buffer[] = [];

beforeAll(async () => {
  echo = await serving((headers, body) => JSON.stringify({ headers, body }));
  collector = await serving((_, body) => {
    traces.push(body);
    return '{}';
  });
  suite = await startTestSuite({
    principals: [WORKER, PLAIN_WORKER],
    environment: { WRIT_SECRET_LAB: CANARY, OTEL_EXPORTER_OTLP_ENDPOINT: urlOf(collector) },
  });
  const governance = join(suite.dir, 'governance');
  await mkdir(governance);
  await writeFile(join(governance, 'adapters.yaml'), stringify(catalog(urlOf(echo))));
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
  for (const server of [echo, collector]) server?.close();
});

async function serving(answer: (headers: unknown, body: Buffer) => string): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end(answer(request.headers, Buffer.concat(chunks)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function catalog(url: string): unknown {
  const secrets = { TOKEN: 'secret://lab' };
  const script = 'echo "\\"$TOKEN\\"" >&4; echo "it failed with $TOKEN" >&2; echo "$TOKEN"; exit $1';
  const shell = { kind: 'command', argv: ['sh', '-c', script, 'leak', '{args.code}'], secrets };
  const server = { transport: 'stdio', argv: [process.execPath, LEAK_SERVER], secrets };
  const headers = { Authorization: 'Bearer secret://lab' };
  const redacting = { properties: { token: { type: 'string', writeOnly: true } } };
  const text = { type: 'string', 'x-writ-payload': true };
  const reading = { class: 'READ_ONLY' };
  return {
    tools: [
      { name: 'command', ...reading, adapter: shell },
      { name: 'module', ...reading, adapter: { kind: 'module', module: 'leak.mjs', secrets } },
      { name: 'http', ...reading, adapter: { kind: 'http', url: `${url}/x`, headers } },
      { name: 'mcp', ...reading, adapter: { kind: 'mcp', server, tool: 'leak' } },
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
    ['mcp', { fail: true }],
  ])('in an error, run by the %s adapter: the error says only its name', async (tool, inputs) => {
    const outcome = await agent.run({ tool, inputs });
    expect(outcome.status).toBe('failed');
    expect(JSON.stringify(outcome)).toContain('[secret://lab]');
    expect(JSON.stringify(outcome)).not.toContain(CANARY);
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
        const text = await dump(suite.postgres?.url ?? '');
        return text.includes(marker) ? text : undefined;
      },
      { withinMs: 30_000, what: 'the audit has recorded the marked call' },
    );
    const ledger = await filesBelow(join(suite.dir, '.writ', 'nats'));
    const metrics = await metricsText();
    const logs = await filesBelow(join(suite.dir, '.writ', 'logs'));
    expect(ledger.includes(marker)).toBe(true);
    expect(metrics).toContain('writ_');
    expect(logs.length).toBeGreaterThan(1_000);
    for (const form of [CANARY, Buffer.from(CANARY).toString('base64'), encodeURIComponent(CANARY)]) {
      expect(ledger.includes(form), 'in the files of the nats-server').toBe(false);
      expect(database.includes(form), 'in Postgres').toBe(false);
      expect(logs.includes(form), 'in the logs').toBe(false);
      expect(metrics.includes(form), 'in metrics').toBe(false);
      expect(Buffer.concat(traces).includes(form), 'in traces').toBe(false);
    }
  });
});

async function metricsText(): Promise<string> {
  const services = Object.values(suite.connection.services);
  const texts = services.map(async ({ http }) => (await fetch(`${http}/metrics`)).text());
  return (await Promise.all(texts)).join('\n');
}

/** Every value of every table, as text. */
async function dump(url: string): Promise<string> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`,
    );
    const values: unknown[] = [];
    for (const { name } of tables.rows) {
      const { rows } = await client.query<Record<string, unknown>>(`select * from ${name}`);
      values.push(...rows.flatMap((row) => Object.values(row)));
    }
    return values.map(textOf).join('\n');
  } finally {
    await client.end();
  }
}

/** Bytes as they are, or as they were before they were compressed. */
function textOf(value: unknown): string {
  if (!Buffer.isBuffer(value)) return typeof value === 'string' ? value : JSON.stringify(value);
  const packed = value.length > 4 && value.readUInt32LE() === ZSTD_MAGIC;
  return (packed ? zstdDecompressSync(value) : value).toString('latin1');
}

async function filesBelow(folder: string): Promise<Buffer> {
  const names = await readdir(folder, { recursive: true });
  const parts: Buffer[] = [];
  for (const name of names) {
    const path = join(folder, name);
    if ((await stat(path)).isFile()) parts.push(await readFile(path));
  }
  return Buffer.concat(parts);
}
