/** Operators and alerts on the whole suite: a pause that says what still runs, a circuit of the cell, a tool that writes. */
import { access, chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GovernedToolExecutor } from '@writ/sdk';
import { eventually } from '@writ/testkit';
import { Webhook } from 'standardwebhooks';
import { startTestSuite } from './suite.ts';
import type { TestSuite } from './suite.ts';

const SECRET = `whsec_${Buffer.from('a secret of the cell').toString('base64')}`;

let suite: TestSuite;
/** Where tools find and leave files. */
let shared: string;
let agent: GovernedToolExecutor;
let webhook: Server;
const alerts: unknown[] = [];

/** Tools that wait for a file, answer, and write though they are registered READ_ONLY. */
function governance(vault: string): string {
  const command = (script: string): string =>
    `{ kind: command, argv: [sh, -c, '${script}', x, '{args.file}'] }`;
  return `
tools:
  - { name: hold, class: READ_ONLY, adapter: ${command('> "$1.begun"; until [ -e "$1" ]; do sleep 0.02; done')} }
  - { name: echo, class: READ_ONLY, keys: ['{args.file}'], adapter: ${command('printf "%s" "$1"')} }
  - { name: status, class: READ_ONLY, watch: ['${vault}'], adapter: ${command('echo now > "$1"')} }
policies: [{ name: all, condition: 'true', action: allow }]
breakers: [{ pool: default }]
scheduling: { plan: dag }
`;
}

beforeAll(async () => {
  webhook = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      alerts.push(new Webhook(SECRET).verify(body, request.headers as Record<string, string>));
      response.end();
    });
  });
  await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/`;
  suite = await startTestSuite({ environment: { WRIT_ALERT_WEBHOOKS: url, WRIT_ALERT_SECRET: SECRET } });
  // An executor of root runs commands as accounts of their own, which have no rights in the suite's folder.
  shared = await mkdtemp(join(tmpdir(), 'writ-shared-'));
  await mkdir(join(shared, 'vault'));
  for (const folder of [shared, join(shared, 'vault')]) await chmod(folder, 0o777);
  await suite.govern(governance(join(shared, 'vault')));
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
  await new Promise((resolve) => webhook.close(resolve));
});

describe('a pause of everything', () => {
  it('names the calls that still run, ends when they have stopped, and lets the others wait', async () => {
    const file = join(shared, 'go');
    const held = agent.run({ tool: 'hold', inputs: { file } });
    await eventually(() => access(`${file}.begun`).then(() => true), {
      withinMs: 60_000,
      what: 'the call has begun',
    });
    const still = await suite.writ('pause', '--all', '--no-wait', '--reason', 'x');
    expect(still).toMatchObject({ code: 1, out: expect.stringMatching(/still running +lab +\S+ +hold/) });
    const waiting = agent.run({ tool: 'echo', inputs: { file: 'later' } });
    const paused = suite.writ('pause', '--all', '--reason', 'a leak in room 3');
    expect((await suite.writ('breaker', 'list')).out).toMatch(/all +paused \(forced\)/);
    await writeFile(file, '');
    expect(await held).toMatchObject({ status: 'succeeded' });
    expect(await paused).toMatchObject({
      code: 0,
      out: expect.stringMatching(/paused until it is released/),
    });
    expect((await suite.writ('resume', '--reason', 'mended')).code).toBe(0);
    expect(await waiting).toMatchObject({ status: 'succeeded', output: 'later' });
  });
});

describe('a circuit that the cell`s operator opens', () => {
  it('refuses the calls of the tool until it is released', async () => {
    const open = await suite.writ(
      'breaker',
      'open',
      'tool:echo',
      '--cell',
      '--ttl',
      '10m',
      '--reason',
      'bad build',
    );
    expect(open, open.err).toMatchObject({ code: 0 });
    expect(await agent.run({ tool: 'echo', inputs: { file: 'x' } })).toMatchObject({
      status: 'refused',
      by: 'breaker',
      detail: expect.stringContaining('bad build'),
    });
    expect(
      (await suite.writ('breaker', 'release', 'tool:echo', '--cell', '--reason', 'good build')).code,
    ).toBe(0);
    expect(await agent.run({ tool: 'echo', inputs: { file: 'x' } })).toMatchObject({ status: 'succeeded' });
  });
});

describe('a READ_ONLY tool that writes', () => {
  it('runs, and its webhook hears of it, signed', async () => {
    const file = join(shared, 'vault', 'index');
    expect(await agent.run({ tool: 'status', inputs: { file } })).toMatchObject({ status: 'succeeded' });
    const told = await eventually(() => alerts[0], { withinMs: 60_000, what: 'the webhook got the alert' });
    expect(told).toMatchObject({
      type: 'alert.raised',
      data: {
        tenant: 'lab',
        kind: 'undeclared-write',
        tool: 'status',
        detail: expect.stringContaining(file),
      },
    });
  });
});
