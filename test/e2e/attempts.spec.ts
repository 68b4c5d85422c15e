/** Calls of several attempts over the whole suite: tried again, lost and asked about, resolved by a person, stopped. */
import { appendFile, chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GovernedToolExecutor } from '@writ/sdk';
import { eventually } from '@writ/testkit';
import { startTestSuite } from './suite.ts';
import type { TestSuite } from './suite.ts';

let suite: TestSuite;
let agent: GovernedToolExecutor;
/** Commands run as users of their own, who may write here. */
let shared: string;
let busy: Server;
/** Requests that the busy server has seen, by idempotency key. */
const seen = new Map<string, number>();

/** Says "busy" twice to each call, then answers. */
async function startBusyServer(): Promise<number> {
  busy = createServer((request, response) => {
    const key = String(request.headers['idempotency-key']);
    seen.set(key, (seen.get(key) ?? 0) + 1);
    response.writeHead((seen.get(key) ?? 0) < 3 ? 503 : 200, { 'content-type': 'application/json' });
    response.end('{"assay":"done"}');
  });
  await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
  return (busy.address() as AddressInfo).port;
}

function governance(port: number): string {
  const script = 'echo "$WRIT_IDEMPOTENCY_KEY" >> "$1"; until [ -e "$1.go" ]; do sleep 0.02; done';
  const hold = `argv: [sh, -c, '${script}', x, '{args.file}']`;
  const find = `query: [sh, -c, 'grep -q "$WRIT_IDEMPOTENCY_KEY" "$1" && echo "{\\"status\\":\\"done\\",\\"output\\":\\"found\\"}"', x, '{args.file}']`;
  return `
tools:
  - name: assay
    class: NETWORK
    effects: keyed
    cost: { usd: 2 usd }
    retry: { attempts: 4, backoffSeconds: 0.05 }
    adapter: { kind: http, url: 'http://127.0.0.1:${port}/', retries: 0 }
  - name: order
    class: NETWORK
    effects: once
    cost: { usd: 5 usd }
    adapter: { kind: command, ${hold} }
  - name: post
    class: NETWORK
    effects: queryable
    cost: { usd: 3 usd }
    adapter: { kind: command, ${hold}, ${find} }
  - name: simulate
    class: LOCAL_WRITE
    resumable: true
    cost: { usd: 1 usd }
    adapter: { kind: command, ${hold} }
policies: [{ name: all, condition: 'true', action: allow }]
budgets: [{ account: /, limits: { usd: 1000 } }]
`;
}

beforeAll(async () => {
  const port = await startBusyServer();
  suite = await startTestSuite({ environment: { WRIT_EXECUTOR_SILENT_MS: '7000' } });
  shared = await mkdtemp(join(tmpdir(), 'writ-attempts-'));
  await chmod(shared, 0o777);
  await suite.govern(governance(port));
  const { natsUrl, users } = suite.connection;
  agent = await GovernedToolExecutor.connect({
    server: natsUrl,
    ...users.agent,
    tenant: 'lab',
    auditLog: 'e2e',
  });
});

afterAll(async () => {
  await agent?.close();
  await suite?.stop();
  await rm(shared, { recursive: true, force: true });
  await new Promise((resolve) => busy.close(resolve));
});

/** Asks for a call that runs until `file.go` exists, and waits until it has begun. */
async function begin(tool: string, name: string, options: object = {}) {
  const file = join(shared, name);
  await writeFile(file, '');
  await chmod(file, 0o666);
  const outcome = agent.run({ tool, inputs: { file }, ...options });
  outcome.catch(() => undefined);
  const begun = async (): Promise<boolean> => (await readFile(file, 'utf8')) !== '';
  await eventually(begun, { withinMs: 30_000, what: `${tool} has begun` });
  return { file, outcome };
}

async function loseExecutor(): Promise<void> {
  await suite.kill('executor');
  await suite.restart('executor');
}

async function spent(): Promise<{ spent: string; held: string }> {
  const { out } = await suite.writ('--json', 'budget');
  const [usd] = (JSON.parse(out) as { unit: string; spent: string; held: string }[]).filter(
    ({ unit }) => unit === 'usd',
  );
  return { spent: usd?.spent ?? '', held: usd?.held ?? '' };
}

it('a service that is busy twice: one call in three attempts, each held and charged for itself', async () => {
  const outcome = await agent.run({ tool: 'assay', inputs: {} });
  expect(outcome).toMatchObject({ status: 'succeeded', attempt: 3, output: { assay: 'done' } });
  expect([...seen.values()]).toEqual([3]);
  expect(await spent()).toEqual({ spent: '6', held: '0' });
  const report = join(suite.dir, 'report.json');
  await eventually(
    async () => {
      await suite.writ('export', '-o', report);
      const { invocations } = JSON.parse(await readFile(report, 'utf8')) as {
        invocations: { invocation: string; where: { attempts: { ended: { cause: string } | null }[] } }[];
      };
      const attempts = invocations.find(({ invocation }) => invocation === outcome.invocation)?.where
        .attempts;
      return attempts?.map(({ ended }) => ended?.cause ?? 'last').join() === 'failed,failed,last';
    },
    { withinMs: 60_000, what: 'the report tells of three attempts' },
  );
});

describe('a call whose executor is killed while it runs', () => {
  it('of a once tool: is listed with its owner until a person says what became of it, and costs its ceiling', async () => {
    const before = await spent();
    const { outcome, file } = await begin('order', 'order');
    await loseExecutor();
    let invocation = '';
    await eventually(
      async () => {
        const { out } = await suite.writ('--json', 'indeterminate');
        const [call] = JSON.parse(out || '[]') as { invocation: string; tool: string; owner: string }[];
        invocation = call?.invocation ?? '';
        return call?.tool === 'order' && call.owner === 'person';
      },
      { withinMs: 60_000, what: 'the call is listed' },
    );
    const said = await suite.writ('resolve', invocation, '--as', 'succeeded', '--reason', 'the parcel came');
    expect(said, said.err).toMatchObject({ code: 0, out: expect.stringContaining('charged at its ceiling') });
    expect(await outcome).toMatchObject({
      status: 'indeterminate-resolved',
      as: 'succeeded',
      by: 'eve',
      reason: 'the parcel came',
    });
    expect(await spent()).toEqual({ spent: String(Number(before.spent) + 5), held: '0' });
    expect((await suite.writ('indeterminate')).out).toContain('no call is indeterminate');
    expect((await readFile(file, 'utf8')).trim().split('\n')).toHaveLength(1);
  });

  it('of a queryable tool: the tool says that it was done, and it does not run again', async () => {
    const { outcome, file } = await begin('post', 'post');
    await loseExecutor();
    expect(await outcome).toMatchObject({ status: 'succeeded', output: 'found', attempt: 2 });
    expect((await readFile(file, 'utf8')).trim().split('\n')).toHaveLength(1);
  });
});

describe('a running call', () => {
  it('that its agent cancels: is ended, and tells why', async () => {
    const abort = new AbortController();
    const { outcome } = await begin('order', 'cancelled', { signal: abort.signal });
    abort.abort();
    expect(await outcome).toMatchObject({ status: 'cancelled' });
  });

  it('of a resumable tool that is preempted: goes on in another attempt', async () => {
    const { outcome, file } = await begin('simulate', 'preempted');
    const key = (await readFile(file, 'utf8')).trim();
    const invocation = key.slice(key.indexOf('/') + 1);
    expect((await suite.writ('preempt', invocation, '--reason', 'a beam slot')).code).toBe(0);
    await eventually(async () => (await readFile(file, 'utf8')).trim().split('\n').length === 2, {
      withinMs: 60_000,
      what: 'it runs again',
    });
    await appendFile(`${file}.go`, '');
    expect(await outcome).toMatchObject({ status: 'succeeded', attempt: 2 });
    // Both attempts have the same key.
    expect(new Set((await readFile(file, 'utf8')).trim().split('\n')).size).toBe(1);
  });
});
