/**
 * A scheduler killed while executors wait at it: it ends none of their pulls. The one that leads next says so, and every
 * executor asks that one at once instead of waiting for a pull's timeout.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { WritError } from '@writ/contracts';
import type { ExecutorId, SessionId } from '@writ/contracts';
import { connectNats } from '@writ/ledger';
import { eventually } from '@writ/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { natsPorts } from '../../apps/executor/src/nats-ports.ts';
import type { SchedulerPort } from '../../apps/executor/src/ports.ts';
import { startTestSuite } from '../e2e/suite.ts';
import type { TestSuite } from '../e2e/suite.ts';

const EXECUTORS = 5;
const WITHIN_MS = 60_000;
/** A pull may run out before a slow machine has another scheduler: such a change of leaders does not count. */
const MOST_ROUNDS = 5;
const AGAIN_MS = 50;

let suite: TestSuite;

beforeAll(async () => {
  const environment = { WRIT_PULL_HOLD_MS: '500' };
  suite = await startTestSuite({ services: ['scheduler'], postgresUrl: 'postgres://nobody', environment });
});

afterAll(async () => suite?.stop());

it('executors that wait at a scheduler that was killed: are told when another one leads, and wait at that one', async () => {
  const { natsUrl: url } = suite.connection;
  const login = suite.login({ kind: 'executor' });
  const connection = await connectNats({ url, ...login, name: 'executors' });
  const { scheduler } = natsPorts(connection, `_INBOX_${login.user}`);
  const enough = new AbortController();
  const ends = Array.from({ length: EXECUTORS }, () => [] as string[]);
  const pulling = ends.map(async (mine, index) => pull(scheduler, `node-${index}`, mine, enough.signal));
  const held = async (): Promise<unknown> => {
    const before = ends.map(({ length }) => length);
    const all = (): boolean => ends.every((mine, index) => mine.includes(HELD, before[index]));
    return eventually(all, { withinMs: WITHIN_MS, what: 'a scheduler has held a pull of every executor' });
  };
  const told = (): boolean => ends.every((mine) => mine.includes('new-leader'));
  for (let round = 0; round < MOST_ROUNDS && !told(); round++) {
    await held();
    await suite.kill('scheduler');
    await suite.restart('scheduler');
    await held();
  }
  expect(ends.map((mine) => mine.includes('new-leader'))).toEqual(ends.map(() => true));
  enough.abort();
  await Promise.all(pulling);
  await connection.close();
});

const HELD = 'held';

/** Pulls again and again, and notes how each pull ended. */
async function pull(port: SchedulerPort, name: string, ends: string[], enough: AbortSignal): Promise<void> {
  const runner = { executor: name as ExecutorId, session: `${name}-session` as SessionId };
  const request = { ...runner, slots: 1, pool: 'default', labels: {}, holding: 0, asOf: 0 };
  while (!enough.aborted) {
    try {
      await port.pull(request, () => undefined);
      ends.push(HELD);
    } catch (error) {
      ends.push(error instanceof WritError ? error.code : String(error));
      await delay(AGAIN_MS);
    }
  }
}
