/**
 * 64 requesters, each a connection of its own, race for the last calls of one account over the real suite: exactly as
 * many run as there is room for, also when the leader of the budget is killed in the middle. `WRIT_RACES=100` races
 * longer.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { NatsConnection } from '@nats-io/nats-core';
import { budgetSpec, cloudEvent, encodeCommit, subjects } from '@writ/contracts';
import type { BudgetSpec, Fact, TenantId } from '@writ/contracts';
import { connectNats, jetstreamLedger } from '@writ/ledger';
import type { Ledger } from '@writ/ledger';
import { GovernedToolExecutor } from '@writ/sdk';
import type { CallOutcome } from '@writ/sdk';
import { eventually } from '@writ/testkit';
import { GOVERNANCE, startTestSuite } from './suite.ts';
import type { TestSuite } from './suite.ts';

const REQUESTERS = 64;
const RACES = Number(process.env['WRIT_RACES'] ?? 12);
/** Every so manieth race loses the leader of the budget. */
const KILL_EVERY = 6;
/** A race takes a fraction of a second, one with a kill some seconds. */
const TIMEOUT_MS = 60_000 + RACES * 5_000;

let suite: TestSuite;
let tenant: TenantId;
let operator: NatsConnection;
let ledger: Ledger;
let requesters: readonly GovernedToolExecutor[];

beforeAll(async () => {
  suite = await startTestSuite();
  const applied = await suite.writ('apply', '-f', GOVERNANCE);
  expect(applied, applied.err).toMatchObject({ code: 0 });
  const { natsUrl, users } = suite.connection;
  tenant = suite.connection.tenant as TenantId;
  operator = await connectNats({ url: natsUrl, ...users.operator, name: 'race' });
  ledger = jetstreamLedger(operator, { inboxPrefix: '_INBOX_operator' });
  requesters = await Promise.all(
    Array.from({ length: REQUESTERS }, () =>
      GovernedToolExecutor.connect({ server: natsUrl, ...users.agent, tenant }),
    ),
  );
});

afterAll(async () => {
  await Promise.all((requesters ?? []).map(async (requester) => requester.close()));
  await ledger?.close();
  await suite?.stop();
});

/** A campaign with these limits, in force at the budget. */
async function openAccount(account: string, limits: BudgetSpec['limits']): Promise<void> {
  const budget = budgetSpec.parse({ account, limits });
  const fact: Fact = { type: 'budget.defined', tenant, data: { budget } };
  const data = encodeCommit([cloudEvent(fact, account, 'race', Date.now())]);
  const result = await ledger.append({ subject: subjects.catalog(tenant), data, id: `race-${account}` });
  expect(result.status).toBe('committed');
  await eventually(async () => (await balanceOf(account)) !== undefined, {
    withinMs: 10_000,
    what: `account ${account} is in force`,
  });
}

async function balanceOf(account: string): Promise<Record<string, unknown> | undefined> {
  const reply = await operator.request(
    subjects.api(tenant, 'budget', 'balances'),
    JSON.stringify({ account }),
  );
  return reply.json<{ balances: Record<string, unknown>[] }>().balances[0];
}

it(
  `${REQUESTERS} requesters and room for k calls, ${RACES} times: exactly k run, whoever is killed`,
  { timeout: TIMEOUT_MS },
  async () => {
    for (let race = 0; race < RACES; race++) {
      const account = `race-${race}`;
      const room = 1 + ((race * 7) % (REQUESTERS - 1));
      await openAccount(account, { calls: room });
      const kill = race % KILL_EVERY === KILL_EVERY - 1;
      const asked = requesters.map(async (requester) => {
        const call = { tool: 'echo', inputs: { text: account }, budgetTag: account };
        return requester.run(call);
      });
      if (kill) {
        // By turns before anything is answered, and when the first call has come to its end.
        if (race % (2 * KILL_EVERY) > KILL_EVERY) await Promise.race(asked);
        await suite.kill('budget');
        await suite.restart('budget');
      }
      const outcomes: CallOutcome[] = await Promise.all(asked);
      const ran = outcomes.filter(({ status }) => status === 'succeeded');
      const refused = outcomes.filter((one) => one.status === 'refused' && one.account === account);
      expect([account, ran.length, refused.length]).toEqual([account, room, REQUESTERS - room]);
      await eventually(async () => (await balanceOf(account))?.['held'] === '0', {
        withinMs: 30_000,
        what: `every hold of ${account} is settled`,
      });
      expect(await balanceOf(account)).toMatchObject({ spent: `${room}000000`, free: '0' });
    }
  },
);

it('a call over a soft limit: refused without a reason, and with one it runs as recorded overdraft', async () => {
  const daily = { hard: 3, per: 'day', timeZone: 'Europe/Berlin', soft: 0.5, overdraft: 'recorded' } as const;
  await openAccount('loans', { calls: daily });
  const [requester] = requesters;
  const call = { tool: 'echo', inputs: { text: 'loan' }, budgetTag: 'loans' };
  expect(await requester?.run(call)).toMatchObject({ status: 'succeeded' });
  expect(await requester?.run(call)).toMatchObject({
    status: 'refused',
    reason: 'justification-required',
    detail: expect.stringContaining('attach a justification'),
  });
  const justified = { ...call, justification: 'the last candidate of the batch' };
  expect(await requester?.run(justified)).toMatchObject({ status: 'succeeded' });
  const { out } = await suite.writ('budget', 'loans', '--json');
  expect(JSON.parse(out)).toMatchObject([
    { account: 'loans', unit: 'calls', window: 'day Europe/Berlin', spent: '2', free: '1', overdraft: '0.5' },
  ]);
});
