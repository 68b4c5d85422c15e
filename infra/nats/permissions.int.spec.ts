/** The permission table against a real nats-server: what each principal's work needs passes, the rest is refused. */
import type { AgentId, ExecutorId, TenantId } from '@writ/contracts';
import { connectNats, ensureLedger, jetstreamLedger, kvLease, objectSnapshots } from '@writ/ledger';
import { inboxPrefix, startNats } from '@writ/testkit';
import type { NatsServer, NatsUser } from '@writ/testkit';
import type { NatsConnection } from '@nats-io/nats-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { usersOf } from './config.ts';
import { CELL_PRINCIPALS, userOf } from './principals.ts';
import type { Principal } from './principals.ts';

const acme = 'acme' as TenantId;
const rival = 'rival' as TenantId;
const agent = (tenant: TenantId, name: string): Principal => ({
  kind: 'agent',
  tenant,
  agent: name as AgentId,
});
const node7: Principal = { kind: 'executor', executor: 'node7' as ExecutorId };
const ann: Principal = { kind: 'approver', tenant: acme, approver: 'ann' };
const dock: Principal = { kind: 'worker', tenant: acme, worker: 'dock' };
const principals = [
  dock,
  ...CELL_PRINCIPALS,
  node7,
  ann,
  agent(acme, 'bot'),
  agent(acme, 'other'),
  agent(rival, 'bot'),
];

let server: NatsServer;
let users: readonly NatsUser[];
const connections: NatsConnection[] = [];

beforeAll(async () => {
  users = usersOf(principals);
  server = await startNats({ users });
  await ensureLedger(await as('operator'));
});
afterAll(async () => {
  await Promise.all(connections.map(async (connection) => connection.close()));
  await server.stop();
});

describe('an agent of acme', () => {
  const bot = 'agent-acme-bot';

  it('own request: is stored', async () => {
    expect(await publishing(bot, 'writ.acme.requests.bot')).toBe('stored');
  });

  it.each([
    ['a request of another tenant', 'writ.rival.requests.bot'],
    ['a request of another agent', 'writ.acme.requests.other'],
    ['a decision', 'writ.acme.decisions'],
    ['a vote', 'writ.acme.approvals.ann'],
    ['a policy', 'writ.acme.catalog'],
    ['a notice', 'writ.acme.notices.other'],
    ["an output of a workflow's node", 'writ.acme.flows.run-1'],
    ['a call of another tenant', 'writ.rival.api.audit.status'],
    ["an executor's pull", 'writ._cell.api.scheduler.pull'],
    ['a leader lease', '$KV.WRIT_LEASES.policy'],
    ['a look at the stream', '$JS.API.STREAM.INFO.WRIT'],
    ['a message of the stream', '$JS.API.STREAM.MSG.GET.WRIT'],
    ['a consumer', '$JS.API.CONSUMER.CREATE.WRIT.spy'],
    ['the deletion of the stream', '$JS.API.STREAM.DELETE.WRIT'],
  ])('%s: is refused', async (_what, subject) => expect(await publishing(bot, subject)).toBe('refused'));

  it('own notices and inbox: may be heard', async () => {
    expect(await subscribing(bot, 'writ.acme.notices.bot')).toBe('allowed');
    expect(await subscribing(bot, 'writ.acme.flows.*')).toBe('allowed');
    expect(await subscribing(bot, '_INBOX_agent-acme-bot.x')).toBe('allowed');
  });

  it.each([
    'writ.acme.notices.other',
    'writ.acme.notices.*',
    'writ.rival.flows.run-1',
    'writ.acme.requests.bot',
    'writ.>',
    '>',
    'writ.acme.api.audit.status',
    '_INBOX_agent-acme-other.>',
    '_INBOX_policy.>',
  ])('%s: cannot be heard', async (subject) => expect(await subscribing(bot, subject)).toBe('refused'));
});

describe('an approver of acme', () => {
  it('own votes, delegations and standing grants: are stored', async () => {
    expect(await publishing('approver-acme-ann', 'writ.acme.approvals.ann')).toBe('stored');
  });

  it('own notices: may be heard, those of others not', async () => {
    expect(await subscribing('approver-acme-ann', 'writ.acme.notices.ann')).toBe('allowed');
    expect(await subscribing('approver-acme-ann', 'writ.acme.notices.bot')).toBe('refused');
  });

  it.each([
    'writ.acme.approvals.ben',
    'writ.rival.approvals.ann',
    'writ.acme.requests.bot',
    '$JS.API.STREAM.INFO.WRIT',
  ])('%s: is refused', async (subject) =>
    expect(await publishing('approver-acme-ann', subject)).toBe('refused'),
  );
});

describe.each([
  [
    'policy',
    'writ.acme.decisions',
    ['writ.acme.budget', 'writ.acme.schedule', 'writ.acme.catalog', '$KV.WRIT_LEASES.budget'],
  ],
  [
    'budget',
    'writ.acme.budget',
    ['writ.acme.decisions', 'writ.acme.flows.run-1', 'writ.acme.executions.node7', '$KV.WRIT_LEASES.policy'],
  ],
  [
    'scheduler',
    'writ.acme.schedule',
    ['writ.acme.decisions', 'writ.acme.approvals.ann', 'writ.acme.requests.bot', 'writ.acme.flows.run-1'],
  ],
])('the service %s', (name, own, foreign) => {
  it(`${own}: is stored`, async () => expect(await publishing(name, own)).toBe('stored'));

  it.each([
    ...foreign,
    '$JS.API.STREAM.DELETE.WRIT',
    '$JS.API.STREAM.PURGE.WRIT',
    '$JS.API.STREAM.UPDATE.WRIT',
  ])('%s: is refused', async (subject) => expect(await publishing(name, subject)).toBe('refused'));

  it('its whole work: append, read, fold, lease and snapshots pass', async () => {
    const connection = await as(name);
    const ledger = jetstreamLedger(connection, { inboxPrefix: inboxPrefix(name) });
    const appended = await ledger.append({
      subject: own.replace('acme', 'lab'),
      data: new Uint8Array([91, 93]),
      id: name,
    });
    expect(appended).toMatchObject({ status: 'committed' });
    expect((await ledger.tail(own.replace('acme', 'lab')))?.id).toBe(name);
    const folded = await new Promise<number>((resolve, reject) => {
      ledger.fold(1, (commits) => resolve(commits.length)).catch(reject);
    });
    expect(folded).toBeGreaterThan(0);
    expect(await kvLease(connection, name, 'me').hold()).toBe(true);
    const snapshots = objectSnapshots(connection);
    const snapshot = { decider: name, version: 1, seq: 1, hash: hashOfEmpty, state: '{}' };
    await snapshots.save(snapshot as never);
    await snapshots.save(snapshot as never);
    expect(await snapshots.load(name, 1)).toBeDefined();
    await ledger.close();
  });

  it('its answer to a call: reaches the caller', async () => {
    const connection = await as(name);
    const subscription = connection.subscribe(`writ.*.api.${name}.ask`, {
      callback: (_error, message) => void message.respond('answer'),
    });
    await connection.flush();
    const caller = await as('agent-acme-bot');
    expect((await caller.request(`writ.acme.api.${name}.ask`)).string()).toBe('answer');
    subscription.unsubscribe();
  });
});

describe('the policy service', () => {
  it('an output that it lets through: is stored', async () =>
    expect(await publishing('policy', 'writ.acme.flows.run-1')).toBe('stored'));
});

describe('the executor node7', () => {
  it('own executions: are stored', async () => {
    expect(await publishing('executor-node7', 'writ.acme.executions.node7')).toBe('stored');
  });

  it.each([
    'writ.acme.executions.node8',
    'writ.acme.flows.run-1',
    'writ.acme.schedule',
    'writ.acme.decisions',
    'writ.acme.requests.bot',
    'writ._cell.leaders.scheduler',
  ])('%s: is refused', async (subject) =>
    expect(await publishing('executor-node7', subject)).toBe('refused'),
  );

  it('that another scheduler leads: is heard, and only a scheduler can say it', async () => {
    const heard = Promise.withResolvers<string>();
    const executor = await as('executor-node7');
    executor.subscribe('writ._cell.leaders.scheduler', {
      callback: (error, { subject }) => (error ? heard.reject(error) : heard.resolve(subject)),
    });
    await executor.flush();
    (await as('scheduler')).publish('writ._cell.leaders.scheduler');
    expect(await heard.promise).toBe('writ._cell.leaders.scheduler');
  });
});

describe('a worker of acme', () => {
  const worker = 'worker-acme-dock';

  it('its calls: can be heard, and only its executors can be answered', async () => {
    expect(await subscribing(worker, 'writ.acme.workers.dock')).toBe('allowed');
    expect(await subscribing(worker, 'writ.acme.workers.dock.cancel')).toBe('allowed');
    const executor = await as('executor-node7');
    const served = (await as(worker)).subscribe('writ.acme.workers.dock', {
      callback: (_error, message) => void message.respond('answer'),
    });
    await (await as(worker)).flush();
    expect((await executor.request('writ.acme.workers.dock')).string()).toBe('answer');
    served.unsubscribe();
  });

  it.each(['writ.acme.workers.other', 'writ.rival.workers.dock', 'writ.acme.notices.bot', '>'])(
    '%s: cannot be heard',
    async (subject) => expect(await subscribing(worker, subject)).toBe('refused'),
  );

  it.each([
    'writ.acme.workers.dock',
    'writ.acme.executions.node7',
    'writ.acme.requests.bot',
    '_INBOX_policy.x',
  ])('%s: cannot be written', async (subject) => expect(await publishing(worker, subject)).toBe('refused'));

  it('asked by an agent: is not reached', async () => {
    expect(await publishing('agent-acme-bot', 'writ.acme.workers.dock')).toBe('refused');
  });
});

describe('audit', () => {
  it.each(['decisions', 'budget', 'schedule', 'flows.run-1', 'executions.node7', 'catalog', 'requests.bot'])(
    'a fact in %s: is refused, it only reads',
    async (kind) => expect(await publishing('audit', `writ.acme.${kind}`)).toBe('refused'),
  );
});

describe('two principals with one user name', () => {
  it('are refused with a sentence', () => {
    const clash = [agent('a-b' as TenantId, 'c'), agent('a' as TenantId, 'b-c')];
    expect(clash.map(userOf)).toEqual(['agent-a-b-c', 'agent-a-b-c']);
    expect(() => usersOf(clash)).toThrow(/two principals have the user name agent-a-b-c/);
  });
});

/** `digestOfBytes('{}')`. */
const hashOfEmpty = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';

async function as(user: string): Promise<NatsConnection> {
  const password = users.find((one) => one.user === user)?.password;
  const connection = await connectNats({ url: server.url, user, password, name: user });
  connections.push(connection);
  return connection;
}

/** Every refusal comes as an asynchronous error of the connection; a request turns it into its own failure. */
async function publishing(user: string, subject: string): Promise<'stored' | 'refused'> {
  const connection = await as(user);
  try {
    await connection.request(subject, '[]', { timeout: 2_000 });
    return 'stored';
  } catch (error) {
    if (/permissions violation/i.test(String((error as Error).cause ?? error))) return 'refused';
    throw error;
  }
}

async function subscribing(user: string, subject: string): Promise<'allowed' | 'refused'> {
  const connection = await as(user);
  const refused = new Promise<'refused'>((resolve) => {
    connection.subscribe(subject, {
      callback: (error) => {
        if (error) resolve('refused');
      },
    });
  });
  // The server answers in order: what it had against the subscription comes before the pong.
  return Promise.race([refused, connection.flush().then(async () => Promise.resolve('allowed' as const))]);
}
