/**
 * Rules that read balances, over the whole suite: published on a tenant that already runs, then each decision follows the true
 * balance, of plain limits, limits for one tool, stored outputs and a window that rolls on, also when the budget was away.
 */
import { connectNats } from '@writ/ledger';
import { GovernedToolExecutor } from '@writ/sdk';
import type { CallOutcome } from '@writ/sdk';
import { eventually } from '@writ/testkit';
import { subjects } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import type { NatsConnection } from '@nats-io/nats-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestSuite } from './suite.ts';
import type { TestSuite } from './suite.ts';
import { metricsText } from './written.ts';

/** The shortest rolling window is a minute; what is spent leaves it up to a second later. */
const WINDOW_TIMEOUT_MS = 90_000;

const CATALOG = `
tools:
  - name: spend
    class: READ_ONLY
    adapter: { kind: module, module: echo.mjs }
    cost: { usd: 1 usd * args.usd, other: 0 }
  - name: fold
    class: READ_ONLY
    adapter: { kind: module, module: echo.mjs }
    cost: { usd: 1 usd * args.usd, other: 0 }
  - name: keep
    class: READ_ONLY
    adapter: { kind: command, argv: [sh, -c, 'yes | head -c 80000'] }
    cost: { other: 0 }
  - name: look
    class: READ_ONLY
    adapter: { kind: module, module: echo.mjs }
    cost: { other: 0 }
budgets:
  - account: /
    limits:
      usd: [{ hard: 100 }, { hard: 20, tool: fold }]
      storage: 100000
  - account: burst
    limits: { calls: { hard: 2, rollingMinutes: 1 } }
`;
const ALLOW = `
policies:
  - { name: all, condition: 'true', action: allow }
`;
const RULES = `${ALLOW}
  - { name: low, condition: tool.name == "spend" AND budget.remaining.usd <= 30 USD, action: deny }
  - { name: folded, condition: tool.name == "fold" AND budget.remaining.usd <= 10 USD, action: deny }
  - { name: full, condition: tool.name == "keep" AND budget.remaining.storage < 80 KB, action: deny }
  - { name: bursting, condition: request.campaign == "burst" AND budget.remaining.calls <= 1 calls, action: deny }
`;

let suite: TestSuite;
let agent: GovernedToolExecutor;
let operator: NatsConnection;

beforeAll(async () => {
  suite = await startTestSuite();
  await suite.govern(CATALOG + ALLOW);
  const { natsUrl, tenant, users } = suite.connection;
  agent = await GovernedToolExecutor.connect({ server: natsUrl, tenant, ...users.agent });
  operator = await connectNats({ url: natsUrl, ...users.operator, name: 'balances' });
});

afterAll(async () => {
  await agent?.close();
  await operator?.close();
  await suite?.stop();
});

const spend = (usd: number, tool = 'spend') => agent.run({ tool, inputs: { usd } });
const denied = (because: string) => ({
  status: 'denied',
  reason: expect.stringContaining(because) as string,
});
const succeeded = { status: 'succeeded' };

it(
  'a rule that reads balances, published on a running tenant: decisions follow the true balance',
  { timeout: 2 * WINDOW_TIMEOUT_MS },
  async () => {
    expect(await spend(60)).toMatchObject(succeeded);
    await suite.govern(CATALOG + RULES);
    // One after the other: each request stands behind the end of the call before.
    expect(await spend(5)).toMatchObject(succeeded);
    expect(await spend(10, 'fold')).toMatchObject(succeeded);
    expect(await spend(1, 'fold')).toMatchObject(denied('budget.remaining.usd = 10 USD'));
    const low = await spend(1);
    expect(low).toMatchObject(denied('budget.remaining.usd = 25 USD'));
    expect((await suite.writ('policy', 'explain', low.invocation)).out).toContain('25 USD');

    const look = () => agent.run({ tool: 'look', budgetTag: 'burst' });
    expect(await look()).toMatchObject(succeeded);
    expect(await look()).toMatchObject(denied('budget.remaining.calls = 1 calls'));

    const keep = () => agent.run({ tool: 'keep' });
    const { outputRef } = (await keep()) as Extract<CallOutcome, { status: 'succeeded' }>;
    expect(await keep()).toMatchObject(denied('budget.remaining.storage = '));
    const { code } = await suite.writ('give-back', '--payload', outputRef?.digest ?? '');
    expect(code).toBe(0);
    expect(await keep()).toMatchObject(succeeded);

    await suite.kill('budget');
    const asked = spend(1, 'fold');
    await suite.restart('budget');
    expect(await asked).toMatchObject(denied('budget.remaining.usd = 10 USD'));
    const nobodyWaits = new RegExp(
      `^writ_decisions_waiting{tenant="${suite.connection.tenant}"[^}]*} 0$`,
      'm',
    );
    expect(await metricsText(suite)).toMatch(nobodyWaits);

    await eventually(async () => (await freeCalls('burst')) === '2000000', {
      withinMs: WINDOW_TIMEOUT_MS,
      what: 'the window gives the call back',
    });
    expect(await look()).toMatchObject(succeeded);
  },
);

async function freeCalls(account: string): Promise<string | undefined> {
  const subject = subjects.api(suite.connection.tenant as TenantId, 'budget', 'balances');
  const reply = await operator.request(subject, JSON.stringify({ account }));
  return reply.json<{ balances: { free: string }[] }>().balances[0]?.free;
}
