/** A query's answer goes to the caller's inbox or nowhere: services may publish where callers may not. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectNats, jetstreamLedger } from '@writ/ledger';
import { eventually } from '@writ/testkit';
import { GOVERNANCE, startTestSuite } from './suite.ts';
import type { TestSuite } from './suite.ts';

let suite: TestSuite;

beforeAll(async () => {
  suite = await startTestSuite({ services: ['policy'] });
  await suite.writ('apply', '-f', GOVERNANCE);
});
afterAll(() => suite?.stop());

it('an agent that asks for its answer on a decision subject: puts nothing into the ledger', async () => {
  const { natsUrl, users } = suite.connection;
  const agent = await connectNats({ url: natsUrl, ...users.agent, name: 'sly' });
  const operator = await connectNats({ url: natsUrl, ...users.operator, name: 'operator' });
  const ledger = jetstreamLedger(operator, { inboxPrefix: '_INBOX_operator' });
  const before = await ledger.tail('writ.lab.decisions');
  for (let attempt = 0; attempt < 20; attempt++) {
    agent.publish('writ.lab.api.policy.catalog', '{}', { reply: 'writ.lab.decisions' });
  }
  // The same connection's next question is answered after those: then they have all been handled.
  await eventually(async () => (await agent.request('writ.lab.api.policy.catalog', '{}')).data.length > 0, {
    withinMs: 10_000,
    what: 'policy answers',
  });
  expect((await ledger.tail('writ.lab.decisions'))?.seq).toBe(before?.seq);
  await agent.close();
  await operator.close();
});
