/** What `http`, `mcp` and `nats` tools say became of a call, through the whole executor: the same as modules and commands. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { NatsConnection } from '@nats-io/nats-core';
import { WORKER_QUEUE, subjects, toolSpec } from '@writ/contracts';
import type { TenantId, ToolSpec } from '@writ/contracts';
import { connectNats } from '@writ/ledger';
import { startNats } from '@writ/testkit';
import type { NatsServer } from '@writ/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestExecutor } from './fixtures/test-executor.ts';
import { HttpAdapter } from './http-adapter.ts';
import { FIRST_TOOL_USER } from './limits.ts';
import { McpAdapter } from './mcp-adapter.ts';
import { NatsAdapter } from './nats-adapter.ts';
import { Sandbox } from './sandbox.ts';

const LAB = 'lab' as TenantId;
const SERVER = fileURLToPath(new URL('./fixtures/mcp-server.ts', import.meta.url));
const NODE = [process.execPath, '--conditions=@writ/source', '--disable-warning=ExperimentalWarning', SERVER];
const MAX_OUTPUT_BYTES = 10_000;

let server: NatsServer;
let connection: NatsConnection;
let service: Server;
let host: string;
let mcp: McpAdapter;
let node: TestExecutor;

beforeAll(async () => {
  server = await startNats();
  connection = await connectNats({ url: server.url, name: 'test' });
  connection.subscribe(subjects.worker(LAB, 'find'), {
    queue: WORKER_QUEUE,
    callback: (_, request) => {
      const { inputs, idempotencyKey } = request.json<{
        inputs: { answer: unknown };
        idempotencyKey: string;
      }>();
      request.respond(JSON.stringify({ type: 'result', output: said(inputs.answer, idempotencyKey) }));
    },
  });
  // Asked by the address alone, as one looks an order up.
  service = createServer(({ url = '', headers }, response) => {
    const answer = new URL(url, host).searchParams.get('answer') ?? '';
    const parsed: unknown = answer.startsWith('{') ? JSON.parse(answer) : answer;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(said(parsed, String(headers['idempotency-key']))));
  });
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  host = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  const sandbox = Sandbox.detect(FIRST_TOOL_USER);
  const environment = process.env;
  mcp = new McpAdapter({
    toolsFolder: '.',
    environment,
    sandbox: () => sandbox,
    maxOutputBytes: MAX_OUTPUT_BYTES,
  });
});
afterAll(async () => {
  await connection?.close();
  await server?.stop();
  service?.closeAllConnections();
  service?.close();
});

beforeEach(async () => {
  node = new TestExecutor();
  const http = new HttpAdapter({ maxOutputBytes: MAX_OUTPUT_BYTES, random: () => 0 });
  await node.start({}, { http, mcp, nats: new NatsAdapter({ connection }) });
});
afterEach(() => node.stop());

/** What the service behind a tool answers: what the inputs tell it to, or under which key it was asked. */
function said(answer: unknown, key: string): unknown {
  return answer === 'who asks' ? { status: 'done', output: key } : answer;
}

describe.each([
  [
    'http',
    () => ({ kind: 'http', url: `${host}/order`, query: { url: `${host}/find?answer={args.answer}` } }),
  ],
  ['mcp', () => ({ kind: 'mcp', server: stdio(NODE), tool: 'exit', query: 'find' })],
  ['nats', () => ({ kind: 'nats', worker: 'order', query: 'find' })],
])('a question to a tool of kind %s', (_, adapter) => {
  it('that answers "done": completes the call without starting anything, under its own key', async () => {
    node.scheduler.grant(queryable(adapter()), { invocation: 'a', inputs: { answer: 'who asks' } }, true);
    await node.quiet();
    expect(node.types('a')).toEqual(['execution.completed']);
    expect(node.ending('a')).toMatchObject({ outcome: 'succeeded', output: 'lab/a' });
  });

  it.each([
    [{ status: 'not-done' }, 'not-done'],
    [{ status: 'unknown', detail: 'the log is gone' }, 'unknown'],
    ['perhaps', 'unknown'],
  ])('that answers %j: is told as %s', async (answer, told) => {
    node.scheduler.grant(queryable(adapter()), { invocation: 'b', inputs: { answer } }, true);
    await node.quiet();
    expect(answerAbout('b')).toMatchObject({ answer: told });
  });
});

it.each([
  ['http', () => ({ kind: 'http', url: `${host}/order`, retries: 0, query: { url: 'http://127.0.0.1:1/' } })],
  ['mcp', () => ({ kind: 'mcp', server: stdio(['/nowhere']), tool: 'order', query: 'find' })],
  ['nats', () => ({ kind: 'nats', worker: 'order', query: 'nobody' })],
])('a question to a tool of kind %s that nobody answers: nobody knows', async (_, adapter) => {
  node.scheduler.grant(queryable(adapter()), { invocation: 'c' }, true);
  await node.quiet();
  const detail = expect.stringContaining('did not answer') as string;
  expect(answerAbout('c')).toMatchObject({ answer: 'unknown', detail });
});

function queryable(adapter: object): ToolSpec {
  return toolSpec.parse({ name: 'order', class: 'NETWORK', effects: 'queryable', adapter });
}

function stdio(argv: readonly string[]): object {
  return { transport: 'stdio', argv, environment: ['PATH'] };
}

function answerAbout(invocation: string): unknown {
  expect(node.types(invocation)).toEqual(['execution.queried']);
  return node.facts().find(({ type }) => type === 'execution.queried')?.data;
}
