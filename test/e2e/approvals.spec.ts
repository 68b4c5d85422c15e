/** Approvals over the real suite: several people with credentials of their own, an agent, and a policy that changes. */
import { readFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeCommit } from '@writ/contracts';
import type { RecordedFact, TenantId } from '@writ/contracts';
import { connectNats, jetstreamLedger } from '@writ/ledger';
import type { Ledger } from '@writ/ledger';
import { GovernedToolExecutor } from '@writ/sdk';
import type { CallOutcome } from '@writ/sdk';
import { eventually } from '@writ/testkit';
import type { Principal } from '../../infra/nats/principals.ts';
import { startTestSuite } from './suite.ts';
import type { TestSuite } from './suite.ts';

const GOVERNANCE = new URL('./approvals/governance', import.meta.url).pathname;
const LAB = 'lab' as TenantId;
const approver = (name: string): Principal => ({ kind: 'approver', tenant: LAB, approver: name });
const PEOPLE = ['grace', 'lise', 'ada', 'emmy', 'bob'];

let suite: TestSuite;
let agent: GovernedToolExecutor;
let ledger: Ledger;

/** The command line as one of the people. */
async function as(person: string, ...args: string[]): ReturnType<TestSuite['writ']> {
  const { user = '', password = '' } = suite.login(approver(person));
  return suite.writ(...args, '--user', user, '--password', password);
}

async function succeeds(person: string, ...args: string[]): Promise<string> {
  const { code, out, err } = await as(person, ...args);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
}

interface Open {
  readonly invocation: string;
  readonly inputs: { readonly hours: number };
  readonly votes: readonly object[];
}

async function recorded(): Promise<RecordedFact[]> {
  const facts: RecordedFact[] = [];
  for await (const commit of ledger.read({ subject: 'writ.lab.>' })) facts.push(...decodeCommit(commit));
  return facts;
}

/** The open approval of the call that asks for so many hours. */
async function open(hours: number, votes = 0): Promise<string> {
  const found = await eventually(
    async () => {
      const listed = JSON.parse((await suite.writ('approvals', '--json')).out) as Open[];
      return listed.find((one) => one.inputs.hours === hours && one.votes.length === votes);
    },
    { withinMs: 10_000, what: `an approval of ${hours} hours with ${votes} votes is open` },
  );
  return found.invocation;
}

function simulate(hours: number): Promise<CallOutcome> {
  return agent.run({ tool: 'simulate', inputs: { hours, key: 'hunter2' } });
}

beforeAll(async () => {
  suite = await startTestSuite({ approver: 'eve', principals: PEOPLE.map(approver) });
  const applied = await suite.writ('apply', '-f', GOVERNANCE);
  expect(applied, applied.err).toMatchObject({ code: 0 });
  const { natsUrl, users } = suite.connection;
  agent = await GovernedToolExecutor.connect({ server: natsUrl, ...users.agent, tenant: LAB });
  const operator = await connectNats({ url: natsUrl, ...users.operator, name: 'reader' });
  ledger = jetstreamLedger(operator, { inboxPrefix: '_INBOX_operator' });
});

afterAll(async () => {
  await agent?.close();
  await ledger?.close();
  await suite?.stop();
});

describe('a call that two people must approve', () => {
  it('runs after two votes; the agent itself and its owner do not count, secrets are not shown', async () => {
    const pending = simulate(1_500);
    const id = await open(1_500);
    const shown = await suite.writ('approvals', id);
    expect(shown.out).toContain('huge-runs: tool.cost = 1500 node-hours');
    expect(shown.out).not.toContain('hunter2');
    for (const [person, why] of [
      ['ada', /ada asked for it/],
      ['eve', /eve answers for the agent ada/],
    ] as const) {
      const refused = await as(person === 'eve' ? 'eve' : person, 'approve', id);
      expect(refused).toMatchObject({ code: 2, err: expect.stringMatching(why) as string });
    }
    await succeeds('grace', 'approve', id);
    await open(1_500, 1);
    expect(JSON.parse(await succeeds('grace', 'approvals', '--mine', '--json'))).toEqual([]);
    expect(JSON.parse(await succeeds('lise', 'approvals', '--mine', '--json'))).toHaveLength(1);
    await succeeds('lise', 'approve', id);
    expect(await pending).toMatchObject({ status: 'succeeded' });
  });

  it('counts a vote that was lent', async () => {
    const pending = simulate(1_600);
    const id = await open(1_600);
    await succeeds('grace', 'delegate', 'bob', '--for', '1h');
    await succeeds('bob', 'approve', id);
    await open(1_600, 1);
    await succeeds('lise', 'approve', id);
    expect(await pending).toMatchObject({ status: 'succeeded' });
    await succeeds('grace', 'delegate', 'bob', '--end');
  });

  it('runs after one vote when somebody breaks the glass, and everyone who was skipped hears of it', async () => {
    const { user, password } = suite.login(approver('lise'));
    const nats = await connectNats({ url: suite.connection.natsUrl, user, password, name: 'lise' });
    const heard: { type: string; data: object }[] = [];
    nats.subscribe('writ.lab.notices.lise', {
      callback: (_error, message) => void heard.push(...message.json<typeof heard>()),
    });
    await nats.flush();
    const pending = simulate(1_700);
    const id = await open(1_700);
    await succeeds('emmy', 'approve', id, '--break-glass', '--reason', 'the cooling fails');
    expect(await pending).toMatchObject({ status: 'succeeded' });
    const notice = await eventually(() => heard.find(({ type }) => type === 'approval.granted'), {
      withinMs: 5_000,
      what: 'lise hears of it',
    });
    expect(notice.data).toMatchObject({
      invocation: id,
      breakGlass: { by: 'emmy', reason: 'the cooling fails', skipped: ['grace', 'lise'] },
    });
    await nats.close();
  });
});

describe('a standing grant', () => {
  it('lets further calls of its pattern run without asking, as often as it says', async () => {
    const pending = simulate(200);
    const like = [
      '--like',
      'args.hours <= 300',
      '--uses',
      '2',
      '--max-cost',
      '500 node-hours',
      '--for',
      '1h',
    ];
    const said = await succeeds('grace', 'approve', await open(200), ...like);
    expect(said).toContain('yes to 2 more calls of simulate');
    expect(await pending).toMatchObject({ status: 'succeeded' });
    expect(await simulate(250)).toMatchObject({ status: 'succeeded' });
    expect(JSON.parse((await suite.writ('approvals', '--given', '--json')).out)).toMatchObject({
      standing: [{ by: 'grace', tool: 'simulate', usesLeft: 1, costLeft: { 'node-hours': '250000000' } }],
    });
    const tooDear = simulate(260);
    await succeeds('lise', 'deny', await open(260), '--reason', 'enough');
    expect(await tooDear).toMatchObject({ status: 'denied', reason: 'lise denied the approval: enough' });
  });
});

describe('a call over a soft limit of its budget', () => {
  const urgent = { budgetTag: 'tight', justification: 'the deadline is tomorrow' };
  const overSoftLimit = (hours: number): Promise<CallOutcome> =>
    agent.run({ tool: 'simulate', inputs: { hours }, ...urgent });
  const balance = async (): Promise<unknown> =>
    JSON.parse((await suite.writ('budget', 'tight', '--json')).out);

  it('that gets a no: does not run, and its money is free again', async () => {
    const pending = overSoftLimit(61);
    const id = await open(61);
    expect(await balance()).toMatchObject([{ held: '61', free: '39' }]);
    await succeeds('emmy', 'deny', id, '--reason', 'not for this');
    expect(await pending).toMatchObject({
      status: 'denied',
      reason: 'emmy denied the approval: not for this',
    });
    await eventually(async () => JSON.stringify(await balance()).includes('"held":"0"'), {
      withinMs: 5_000,
      what: 'the hold is released',
    });
  });

  it('that gets a yes of one of those who are named: runs, as a recorded overdraft', async () => {
    const pending = overSoftLimit(60);
    const id = await open(60);
    expect((await suite.writ('approvals', id)).out).toMatch(
      /tight has used or held 0 node-hours; 60 more pass/,
    );
    await succeeds('emmy', 'approve', id);
    expect(await pending).toMatchObject({ status: 'succeeded' });
    const facts = (await recorded()).filter(
      ({ type, data }) =>
        (data as { invocation?: string }).invocation === id && !type.startsWith('execution.'),
    );
    expect(facts.map(({ type }) => type)).toEqual([
      'policy.decided',
      'budget.escalated',
      'approval.opened',
      'approval.voted',
      'approval.granted',
      'policy.decided',
      'budget.reserved',
      'schedule.dispatched',
      'approval.consumed',
    ]);
    expect(facts[2]?.data).toMatchObject({ causes: ['budget'], hold: facts[1]?.seq });
    expect(facts[6]?.data).toMatchObject({ overdraft: true });
    expect(facts[8]?.seq).toBe(facts[7]?.seq);
  });
});

describe('a call over a soft limit whose people are slow', () => {
  const overSoftLimit = (budgetTag: string, hours: number): Promise<CallOutcome> =>
    agent.run({ tool: 'simulate', inputs: { hours }, budgetTag, justification: 'the deadline is tomorrow' });

  it('asks the next group when the time of the first is over: its yes counts', async () => {
    const pending = overSoftLimit('staged', 62);
    const id = await open(62);
    const asked = async (): Promise<boolean> =>
      (await succeeds('lise', 'approvals', '--mine', '--json')).includes(id);
    await eventually(asked, { withinMs: 10_000, what: 'the deans are asked' });
    await succeeds('lise', 'approve', id);
    expect(await pending).toMatchObject({ status: 'succeeded' });
  });

  it('that nobody answers: is denied as transient, and its money is free again', async () => {
    expect(await overSoftLimit('hurried', 63)).toMatchObject({ status: 'denied', class: 'transient' });
    await eventually(
      async () => (await suite.writ('budget', 'hurried', '--json')).out.includes('"held":"0"'),
      { withinMs: 5_000, what: 'the hold is released' },
    );
  });
});

describe('a step of which one call needs approval', () => {
  it('the other one runs meanwhile; the results come in the order of the model', async () => {
    const calls = [400, 10].map((hours) => ({ tool: 'simulate', inputs: { hours } }));
    const pending = agent.runStep(calls);
    const id = await open(400);
    const hasRun = ({ type, data }: RecordedFact): boolean =>
      type === 'execution.completed' && JSON.stringify(data).includes('"hours":10');
    await eventually(async () => (await recorded()).some(hasRun), {
      withinMs: 10_000,
      what: 'its sibling has run',
    });
    await succeeds('grace', 'approve', id);
    expect(await pending).toMatchObject([
      { status: 'succeeded', output: { hours: 400 } },
      { status: 'succeeded', output: { hours: 10 } },
    ]);
  });
});

describe('a policy that changes after the last vote', () => {
  it('stops a call that was granted and that no executor has taken yet', async () => {
    const pending = agent.run({ tool: 'simulate-elsewhere', inputs: { hours: 350 } });
    await succeeds('lise', 'approve', await open(350));
    const folder = join(suite.dir, 'stricter');
    const stop = '  - { name: stop, condition: tool.cost > 100 node-hours, action: deny }\n';
    const yaml = await readFile(join(GOVERNANCE, 'governance.yaml'), 'utf8');
    await mkdir(folder);
    await writeFile(join(folder, 'governance.yaml'), yaml.replace('policies:\n', `policies:\n${stop}`));
    expect(await suite.writ('apply', '-f', folder)).toMatchObject({ code: 0 });
    expect(await pending).toMatchObject({ status: 'refused', by: 'policy', reason: 'approval-revoked' });
  });
});
