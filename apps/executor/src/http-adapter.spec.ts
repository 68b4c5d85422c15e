import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { digestOfBytes, toolSpec } from '@writ/contracts';
import type { RunResult } from '@writ/execution';
import { freePort } from '@writ/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { toolRun } from './fixtures/tool-runs.ts';
import { HttpAdapter } from './http-adapter.ts';
import { expandUrl } from './http-url.ts';
import type { ToolRun } from './tool-run.ts';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let server: Server;
let host: string;
let seen: Seen[];
let answer: (response: ServerResponse, nth: number) => void;
const adapter = new HttpAdapter({ maxOutputBytes: 10_000, random: () => 0 });

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      seen.push({ method, url, headers, body });
      answer(response, seen.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  seen = [];
  answer = (response) => json(response, { energy: -3.5 });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

async function call(
  inputs: unknown,
  fields: Record<string, unknown> = {},
  more: Record<string, unknown> = {},
  run: Partial<ToolRun> = {},
): Promise<RunResult> {
  const spec = { name: 'dock', adapter: { kind: 'http', url: `${host}/dock`, ...fields }, ...more };
  return (await adapter.prepare(toolSpec.parse(spec)))(toolRun(inputs, run));
}

describe('an http tool', () => {
  it('called: sends the very bytes that were decided on, and who asks', async () => {
    expect(await call({ smiles: 'CCO' })).toMatchObject({ outcome: 'succeeded', output: { energy: -3.5 } });
    const [request] = seen as [Seen];
    expect(request).toMatchObject({ method: 'POST', url: '/dock', body: '{"smiles":"CCO"}' });
    expect(request.headers).toMatchObject({
      'idempotency-key': 'lab/i-1',
      'writ-fencing-token': '7',
      'writ-args-digest': digestOfBytes(request.body),
    });
  });

  it('with a secret in a header: sends its value', async () => {
    const headers = { Authorization: 'Bearer secret://lab' };
    await call({}, { headers }, {}, { secrets: new Map([['secret://lab', 'the-canary']]) });
    expect(seen[0]?.headers.authorization).toBe('Bearer the-canary');
  });

  it('with inputs in its address: encodes them', async () => {
    await call({ id: 'a/b c', n: 3 }, { method: 'GET', url: `${host}/m/{args.id}?n={args.n}` });
    expect(seen[0]).toMatchObject({ method: 'GET', url: '/m/a%2Fb%20c?n=3', body: '' });
  });

  it('that measures: says requests, bytes and time', async () => {
    const { measured } = await call({ a: 1 });
    expect(measured).toMatchObject({ requests: 1, 'bytes-sent': 7, 'bytes-received': 15 });
  });

  it('answered with text: has the text as output', async () => {
    answer = (response) => void response.end('plain');
    expect(await call({})).toMatchObject({ output: 'plain' });
  });

  it('answered with a mistake of the caller: fails at once, with its status and what it said', async () => {
    answer = (response) => json(response, { detail: 'no such molecule' }, 404);
    const result = await call({}, {}, { class: 'READ_ONLY' });
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'http-404' } });
    expect((result as { error: { message: string } }).error.message).toContain('no such molecule');
    expect(seen).toHaveLength(1);
  });

  it('answered without end: is cut off at the cap', async () => {
    answer = (response) => void response.end(Buffer.alloc(20_000));
    expect(await call({})).toMatchObject({ error: { code: 'output-too-large' } });
  });

  it('redirected: does not follow, because its headers are for this host', async () => {
    answer = (response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
    expect(await call({})).toMatchObject({ error: { code: 'http-302' } });
  });

  it('not answered in time: has timed out', async () => {
    answer = () => undefined;
    expect(await call({}, {}, { timeoutSeconds: 0.1 })).toMatchObject({ outcome: 'timed-out' });
  });

  it('cancelled while it waits: is over at once', async () => {
    const abort = new AbortController();
    answer = () => abort.abort();
    expect(await call({}, {}, {}, { signal: abort.signal })).toMatchObject({ outcome: 'cancelled' });
  });
});

describe('trouble that passes', () => {
  const busyTwice = (response: ServerResponse, nth: number): void =>
    json(response, { nth }, nth < 3 ? 503 : 200);

  it.each(['pure', 'keyed'])('of a %s tool: is tried again, under one key', async (effects) => {
    answer = busyTwice;
    const result = await call({}, {}, { effects });
    expect(result).toMatchObject({ outcome: 'succeeded', output: { nth: 3 }, measured: { requests: 3 } });
    expect(new Set(seen.map(({ headers }) => headers['idempotency-key']))).toEqual(new Set(['lab/i-1']));
  });

  it.each(['once', 'queryable'])('of a %s tool that was reached: is not tried again', async (effects) => {
    answer = busyTwice;
    expect(await call({}, {}, { effects })).toMatchObject({ outcome: 'failed', error: { code: 'http-503' } });
    expect(seen).toHaveLength(1);
  });

  it('of a once tool that was not reached: is tried again, because nothing was sent', async () => {
    const url = `http://127.0.0.1:${await freePort()}/`;
    const result = await call({}, { url, retries: 1 }, { effects: 'once' });
    expect(result).toMatchObject({ error: { code: 'unreachable' }, measured: { requests: 2 } });
  });

  it('that does not pass: ends with the last failure after so many retries', async () => {
    answer = (response) => json(response, {}, 500);
    const result = await call({}, { retries: 1 }, { effects: 'pure' });
    expect(result).toMatchObject({ error: { code: 'http-500' }, measured: { requests: 2 } });
  });
});

describe('the address of a call', () => {
  it.each(['..', '.', ''])('with the input "%s": is refused', (id) => {
    expect(() => expandUrl('http://h/a/{args.id}/b', { id })).toThrow(/which is no name in a path/);
  });

  it('without the input that it needs: is refused', () => {
    expect(() => expandUrl('http://h/{args.id}', {})).toThrow(/needs the input "id"/);
  });

  it.each(['http://{args.host}/x', 'ftp://h/x', 'http://h{args.x}/', 'https://user@h/'])(
    'written as %s: is no http tool',
    (url) => expect(toolSpec.safeParse({ name: 'x', adapter: { kind: 'http', url } }).success).toBe(false),
  );
});
