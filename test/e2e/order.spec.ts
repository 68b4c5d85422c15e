/** The order on the whole suite: a limit and a key hold calls back, people are told why, and a wish is checked. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GovernedToolExecutor } from '@writ/sdk';
import { eventually } from '@writ/testkit';
import { startTestSuite } from './suite.ts';
import type { TestSuite } from './suite.ts';

const HOLD = `{ kind: command, argv: [sh, -c, 'until [ -e "$1" ]; do sleep 0.02; done', x, '{args.file}'] }`;
const GOVERNANCE = `
tools:
  - { name: hold, class: READ_ONLY, adapter: ${HOLD} }
  - { name: write, class: LOCAL_WRITE, keys: ['{args.key}'], adapter: ${HOLD} }
  - { name: gpu, class: READ_ONLY, requires: { gpus: 2 }, adapter: { kind: command, argv: [sh, -c, 'true'] } }
  - { name: pair, class: READ_ONLY, requires: { slots: 2 }, adapter: { kind: command, argv: [sh, -c, 'true'] } }
policies: [{ name: all, condition: 'true', action: allow }]
shares: [{ account: default, share: 3 }]
concurrency: [{ tool: hold, most: 1 }]
`;

let suite: TestSuite;
let shared: string;
let agent: GovernedToolExecutor;

beforeAll(async () => {
  suite = await startTestSuite();
  // An executor of root runs commands as accounts of their own, which have no rights in the suite's folder.
  shared = await mkdtemp(join(tmpdir(), 'writ-shared-'));
  await chmod(shared, 0o777);
  await suite.govern(GOVERNANCE);
  agent = await GovernedToolExecutor.connect({ ...connection(), scheduler: 'fair-share', auditLog: 'e2e' });
});

afterAll(async () => {
  await agent?.close();
  await suite?.stop();
  await rm(shared, { recursive: true, force: true });
});

function connection() {
  const { natsUrl, users } = suite.connection;
  return { server: natsUrl, ...users.agent, tenant: 'lab' };
}

/** Why a call waits, once it is known to wait for something of this kind. */
async function heldBy(invocation: string, kind: string): Promise<string> {
  return eventually(
    async () => {
      const { out } = await suite.writ('--json', 'why', invocation);
      const call = JSON.parse(out || '{}') as { blockers?: { kind: string; detail: string }[] };
      return call.blockers?.find((blocker) => blocker.kind === kind)?.detail;
    },
    { withinMs: 30_000, what: `${invocation} waits for ${kind}` },
  );
}

describe('a call beyond the limit of its tool', () => {
  it('waits, is told why, and runs when the one before has ended', async () => {
    const file = join(shared, 'limit');
    const calls = ['h1', 'h2'].map((invocation) => agent.run({ invocation, tool: 'hold', inputs: { file } }));
    expect(await heldBy('h2', 'capacity')).toContain('tool:hold may run 1 at once');
    const { out } = await suite.writ('queue');
    expect(out).toContain('h2');
    await writeFile(file, '');
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(['succeeded', 'succeeded']);
  });
});

describe('a call whose key an earlier call holds', () => {
  it('waits for it, while a call with another key runs', async () => {
    const write = (invocation: string, key: string, file: string) =>
      agent.run({ invocation, tool: 'write', inputs: { key, file: join(shared, file) } });
    const first = write('w1', 'vault/a', 'key');
    const second = write('w2', 'vault', 'key');
    expect(await heldBy('w2', 'lease')).toContain('call w1');
    await writeFile(join(shared, 'free'), '');
    expect((await write('w3', 'attic', 'free')).status).toBe('succeeded');
    await writeFile(join(shared, 'key'), '');
    expect([(await first).status, (await second).status]).toEqual(['succeeded', 'succeeded']);
  });
});

describe('a call with requirements', () => {
  it('that an executor meets: runs', async () =>
    expect((await agent.run({ tool: 'pair', inputs: {} })).status).toBe('succeeded'));
  it('that none meets: waits until it is cancelled', async () => {
    const cancel = new AbortController();
    const call = agent.run({ invocation: 'g1', tool: 'gpu', inputs: {}, signal: cancel.signal });
    expect(await heldBy('g1', 'capacity')).toContain('pool "default"');
    cancel.abort();
    expect((await call).status).toBe('cancelled');
  });
});

describe('a call whose deadline has passed', () => {
  it.each([
    [[], 'expired', 1],
    [['--when-late', 'refuse'], 'expired', 1],
    [['--when-late', 'run'], 'succeeded', 0],
  ])('asked for with %j: is %s', async (late, status, exit) => {
    const { code, out } = await suite.writ(
      'run',
      'pair',
      '--deadline',
      '2026-01-01T00:00:00Z',
      ...late,
      '--json',
    );
    expect([JSON.parse(out), code]).toEqual([expect.objectContaining({ status }), exit]);
  });
});

describe('before a call is asked for', () => {
  it('with time enough: is likely to be in time', async () => {
    const deadline = new Date(Date.now() + 3_600_000).toISOString();
    const { code, out } = await suite.writ('admission', 'pair', '--deadline', deadline);
    expect([code, out]).toEqual([0, expect.stringContaining('in time: likely')]);
  });
  it('with an order that the cell does not know: is refused', async () => {
    const wish = { ...connection(), scheduler: 'lottery' as 'priority', auditLog: 'e2e' };
    await expect(GovernedToolExecutor.connect(wish)).rejects.toMatchObject({ code: 'scheduler-unknown' });
  });
});
