/** One suite, many calls: what is allowed runs, what is not says why, and any NATS client can take part. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectNats } from '@writ/ledger';
import { GovernedToolExecutor } from '@writ/sdk';
import { eventually } from '@writ/testkit';
import { GOVERNANCE, startTestSuite } from './suite.ts';
import type { TestSuite } from './suite.ts';

const run = promisify(execFile);

let suite: TestSuite;
let agent: GovernedToolExecutor;

function connect(tenant = 'lab'): Promise<GovernedToolExecutor> {
  const { natsUrl, users } = suite.connection;
  return GovernedToolExecutor.connect({ server: natsUrl, ...users.agent, tenant, auditLog: 'e2e' });
}

beforeAll(async () => {
  suite = await startTestSuite();
  const applied = await suite.writ('apply', '-f', GOVERNANCE);
  expect(applied, applied.err).toMatchObject({ code: 0 });
  agent = await connect();
});

afterAll(async () => {
  await agent?.close();
  await suite?.stop();
});

describe('a call that nothing forbids', () => {
  it('of a module tool: runs and gives its output', async () => {
    const outcome = await agent.run({ tool: 'echo', inputs: { text: 'hello' } });
    expect(outcome).toMatchObject({ status: 'succeeded', output: { text: 'hello' } });
  });

  it('of a command tool: runs without a shell seeing the argument', async () => {
    const outcome = await agent.run({ tool: 'shout', inputs: { text: 'a; rm -rf $HOME' } });
    expect(outcome).toMatchObject({ status: 'succeeded', output: 'A; RM -RF $HOME' });
  });

  it('with an effect: has it once', async () => {
    const file = join(suite.dir, 'notes.txt');
    const outcome = await agent.run({ tool: 'note', inputs: { file, line: 'one' } });
    expect(outcome).toMatchObject({ status: 'succeeded' });
    expect(await readFile(file, 'utf8')).toBe('one\n');
  });

  it('in a step: results come back in model order, each call with its own outcome', async () => {
    const outcomes = await agent.runStep([
      { tool: 'echo', inputs: { text: '1' } },
      { tool: 'wipe', inputs: {} },
      { tool: 'echo', inputs: { text: '3' } },
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['succeeded', 'denied', 'succeeded']);
    expect(outcomes[2]).toMatchObject({ output: { text: '3' } });
  });
});

describe('a call that may not run', () => {
  it('of an unknown tool: is denied and told what was probably meant', async () => {
    const outcome = await agent.run({ tool: 'ecko', inputs: {} });
    expect(outcome).toMatchObject({ status: 'denied', class: 'structural', rule: 'writ:unregistered-tool' });
    expect(JSON.stringify(outcome)).toContain('echo');
  });

  it('that is destructive in production: is denied by the rule that says so', async () => {
    const outcome = await agent.run({ tool: 'wipe', inputs: {} });
    expect(outcome).toMatchObject({ status: 'denied', rule: 'no-destructive-ops-in-production' });
  });

  it('that costs more than the budget has: is refused with account, asked and free', async () => {
    const outcome = await agent.run({ tool: 'simulate', inputs: { hours: 9_000 } });
    expect(outcome).toMatchObject({ status: 'refused', account: '/', unit: 'node-hours' });
  });

  it('whose inputs do not fit the schema: is rejected and names the field', async () => {
    const outcome = await agent.run({ tool: 'echo', inputs: { txt: 'x' } });
    expect(outcome).toMatchObject({ status: 'rejected' });
    expect(JSON.stringify(outcome)).toContain('text');
  });

  it('that needs approval: waits for a person, and runs when one says yes', async () => {
    const pending = agent.run({ tool: 'simulate', inputs: { hours: 1_500 } });
    const open = await eventually(
      async () => {
        const listed = await suite.writ('approvals', '--json');
        return (JSON.parse(listed.out) as { invocation: string }[])[0];
      },
      { withinMs: 10_000, what: 'an approval is open' },
    );
    const approved = await suite.writ('approve', open.invocation, '--reason', 'fine');
    expect(approved, approved.err).toMatchObject({ code: 0 });
    expect(await pending).toMatchObject({ status: 'succeeded' });
  });
});

describe('a message that is no valid request', () => {
  it.each([
    ['is no JSON', 'not json', 'malformed'],
    [
      'misspells a field',
      JSON.stringify(event({ calls: [{ invocation: 'bad-1', tool: 'echo', inptus: {} }] })),
      'malformed',
    ],
    [
      'has a type that does not belong there',
      JSON.stringify({ ...event({}), type: 'policy.decided' }),
      'unsupported-type',
    ],
  ])('because it %s: is answered with what is wrong', async (_what, body, reason) => {
    const { natsUrl, users } = suite.connection;
    const nats = await connectNats({ url: natsUrl, ...users.agent, name: 'broken' });
    const heard: { type: string; data: { reason?: string; detail?: string } }[] = [];
    nats.subscribe('writ.lab.notices.ada', {
      callback: (_error, message) => void heard.push(...message.json<typeof heard>()),
    });
    await nats.flush();
    await nats.request('writ.lab.requests.ada', body);
    const answer = await eventually(() => heard.find(({ type }) => type === 'request.rejected'), {
      withinMs: 5_000,
      what: 'the rejection arrives',
    });
    expect(answer.data).toMatchObject({ reason, detail: expect.stringMatching(/\w+/) as string });
    await nats.close();
  });

  it('because it is too large: is stored, and rejected where the tool takes no reference', async () => {
    const outcome = await agent.run({ tool: 'echo', inputs: { text: 'x'.repeat(70_000) } });
    expect(outcome).toMatchObject({
      status: 'rejected',
      detail: expect.stringContaining('inputs.text') as string,
    });
  });

  it('for another tenant: is not permitted, and the error names the subject and what would be right', async () => {
    const stranger = connect('mill').then(async (executor) =>
      executor.run({ tool: 'echo', inputs: { text: 'x' } }),
    );
    await expect(stranger).rejects.toMatchObject({
      code: 'not-permitted',
      message: expect.stringContaining('writ.mill.') as string,
    });
  });

  it('all services are still ready after that, and a good call still runs', async () => {
    for (const [name, { http }] of Object.entries(suite.connection.services)) {
      expect((await fetch(`${http}/readyz`)).status, name).toBe(200);
      expect(await (await fetch(`${http}/metrics`)).text(), name).toContain('writ_');
    }
    expect(await agent.run({ tool: 'echo', inputs: { text: 'again' } })).toMatchObject({
      status: 'succeeded',
    });
  });
});

describe('a policy file with a mistake', () => {
  it.each([
    ['a misspelt name', 'tool.destuctive AND env.production', /did you mean .*destructive/],
    ['a mismatched unit', 'tool.cost > 20 USD', /node-hours/],
  ])(
    '%s: is not applied, and the message points at file, line and column',
    async (_what, condition, message) => {
      const folder = join(suite.dir, 'bad');
      await mkdir(folder, { recursive: true });
      const file = join(folder, 'policies.yaml');
      await writeFile(file, `policies:\n  - name: p\n    condition: ${condition}\n    action: deny\n`);
      const { code, err } = await suite.writ('apply', '-f', folder);
      expect(code).toBe(2);
      expect(err).toMatch(/policies\.yaml:3:\d+/);
      expect(err).toMatch(message);
    },
  );
});

describe('an author of policies', () => {
  it('sees why a recorded call was denied, and what other policies would have said', async () => {
    const denied = await agent.run({ tool: 'wipe', inputs: { author: true } });
    const explained = await suite.writ('policy', 'explain', denied.invocation);
    expect(explained.err).toBe('');
    expect(explained.out).toMatch(/^wipe for \S+ in \S+: deny\n/);
    expect(explained.out).toMatch(
      /✓ no-destructive-ops-in-production: deny, matched\n.*= true\n.*tool\.destructive = true/,
    );
    const folder = join(suite.dir, 'candidate');
    await mkdir(folder, { recursive: true });
    const rules = '- { name: no-echo, condition: tool.name == "echo", action: deny }';
    await writeFile(join(folder, 'policies.yaml'), `policies:\n  ${rules}\n`);
    const tested = await suite.writ('policy', 'backtest', '--policies', folder, '--since', '1h', '--json');
    expect(tested, tested.err).toMatchObject({ code: 0 });
    const { decisions, shifts } = JSON.parse(tested.out) as { decisions: number; shifts: object[] };
    expect(decisions).toBeGreaterThan(5);
    expect(shifts).toContainEqual(
      expect.objectContaining({
        shift: 'newly denied',
        byRule: expect.arrayContaining([{ rule: 'no-echo', calls: expect.any(Number) as number }]) as unknown,
      }),
    );
  });
});

describe('a plain NATS client', () => {
  it('publishes a request and sees its decision and its outcome', async () => {
    const { natsUrl, tenant, users } = suite.connection;
    const script = new URL('./plain-client.mjs', import.meta.url).pathname;
    const { user = '', password = '', agent: name } = users.agent;
    const { stdout } = await run(process.execPath, [
      script,
      natsUrl,
      user,
      password,
      tenant,
      name,
      'from outside',
    ]);
    expect(stdout).toMatch(/in the ledger at \d+/);
    expect(stdout).toMatch(/policy\.decided "allow"/);
    expect(stdout).toMatch(/execution\.completed "succeeded" \{"text":"from outside"\}/);
  });
});

describe('the report of what happened', () => {
  it('holds every call with its end, and its sums are the budget’s', async () => {
    const file = join(suite.dir, 'report.json');
    await agent.exportProvenance(file);
    const report = JSON.parse(await readFile(file, 'utf8')) as { schema: string };
    expect(report.schema).toMatch(/^writ\.campaign-report\//);
    const balances = await suite.writ('budget', '--json');
    expect(balances.code, balances.err).toBe(0);
  });
});

describe('the record of what happened', () => {
  it('lists a call, shows it in full, and agrees with the stream', async () => {
    await agent.run({ tool: 'echo', inputs: { text: 'recorded' } });
    const listed = await suite.writ('log', '-n', '1', '--json');
    const { invocations } = JSON.parse(listed.out) as { invocations: [{ invocation: string }] };
    const shown = await suite.writ('show', invocations[0].invocation, '--json');
    expect(JSON.parse(shown.out)).toMatchObject({
      outcome: 'succeeded',
      who: { agent: 'ada' },
      what: { tool: 'echo', inputs: { text: 'recorded' }, output: { text: 'recorded' } },
    });
    expect(JSON.parse(shown.out)).toMatchObject({
      what: { version: '1' },
      where: { pool: 'default', node: hostname() },
    });
    const verified = await suite.writ('verify');
    expect(verified, verified.err).toMatchObject({ code: 0 });
    expect(verified.out).toMatch(/stream, hash chain and record of lab agree on \d+ commits/);
  });
});

describe('the lineage of a call', () => {
  it('shows what led to it and what it led to, in every export too', async () => {
    const first = await agent.run({ tool: 'echo', inputs: { text: 'first' }, onBehalfOf: 'heidi' });
    const second = await agent.run({
      tool: 'echo',
      inputs: { text: 'second' },
      causedBy: [first.invocation],
    });
    // On a busy machine the record may be behind for longer than one question waits.
    const drawn = await eventually(
      async () => {
        const told = await suite.writ('lineage', first.invocation, '--json');
        return told.code === 0 ? told : undefined;
      },
      { withinMs: 60_000, what: 'the lineage can be drawn' },
    );
    const { edges } = JSON.parse(drawn.out) as { edges: { from: string; to: string }[] };
    expect(edges.map(({ from, to }) => `${from} ${to}`)).toEqual([
      `call:${first.invocation} output:${first.invocation}`,
      `output:${first.invocation} call:${second.invocation}`,
    ]);
    const shown = await suite.writ('show', first.invocation);
    expect(shown.out).toMatch(new RegExp(`^led to +${second.invocation}$`, 'm'));
    expect(shown.out).toMatch(/^who +ada, for heidi, /m);
    const scope = ['--invocation', second.invocation, '-o', '-'];
    const lineage = await suite.writ('export', '--format', 'openlineage', ...scope);
    expect(lineage.out).toContain(`"name":"output/${first.invocation}"`);
    const events = await suite.writ('export', '--format', 'cloudevents', ...scope);
    const types = events.out
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect([types[0], types.at(-1)]).toEqual(['tool.requested', 'execution.completed']);
  });
});

function event(data: unknown): Record<string, unknown> {
  return { specversion: '1.0', id: 'e1', source: 'test', type: 'tool.requested', data };
}
