import { WritError, subjects } from '@writ/contracts';
import type { AgentId, TenantId } from '@writ/contracts';
import { connectNats, ensureLedger } from '@writ/ledger';
import { startNats } from '@writ/testkit';
import type { NatsServer } from '@writ/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GovernedToolExecutor } from './governed-tool-executor.ts';
import { natsTransport } from './nats-transport.ts';
import { completed } from '../test/scripted-wire.ts';
import type { SentCall } from '../test/scripted-wire.ts';

const LAB = 'lab' as TenantId;
const SCREENER = 'screener' as AgentId;
const SUITE = { user: 'suite', password: 'suite' };
const AGENT = { user: 'agent-lab-screener', password: 'agent' };

let nats: NatsServer;

beforeAll(async () => {
  nats = await startNats({
    users: [
      { ...SUITE, permissions: { publish: ['>'], subscribe: ['>'] } },
      {
        ...AGENT,
        permissions: {
          publish: [subjects.requests(LAB, SCREENER), subjects.api(LAB, '*', '*')],
          subscribe: [subjects.notices(LAB, SCREENER)],
        },
      },
    ],
  });
  const suite = await connectNats({ url: nats.url, ...SUITE, name: 'suite' });
  await ensureLedger(suite);
  await suite.close();
});

afterAll(async () => nats?.stop());

/** A suite that lets everything succeed: answers each stored request with a notice. */
async function succeedAll(): Promise<() => Promise<void>> {
  const suite = await natsTransport({ server: nats.url, ...SUITE, tenant: LAB }, 'suite');
  const connection = await connectNats({ url: nats.url, ...SUITE, name: 'notices' });
  const fold = await suite.ledger.fold(1, (commits) => {
    for (const { data } of commits) {
      const events = JSON.parse(Buffer.from(data).toString()) as { data: { calls: SentCall[] } }[];
      const ends = events.flatMap((event) =>
        event.data.calls.map(({ invocation, inputs }) => completed(invocation, inputs)),
      );
      connection.publish(subjects.notices(LAB, SCREENER), JSON.stringify(ends));
    }
  });
  return async () => {
    await fold.stop();
    await connection.close();
    await suite.close();
  };
}

const connection = (): { server: string; user: string; password: string } => ({ server: nats.url, ...AGENT });

describe('an agent with its own credential', () => {
  it('runs calls through the ledger and gets their outcomes by notice', async () => {
    const stop = await succeedAll();
    const executor = await GovernedToolExecutor.connect({
      ...connection(),
      tenant: 'lab',
      agent: 'screener',
    });
    const inputs = Array.from({ length: 2_000 }, (_, n) => ({ n }));
    const outcomes = await executor.map(inputs, { tool: 'echo', concurrency: 512 });
    expect(outcomes.map((outcome) => (outcome.status === 'succeeded' ? outcome.output : outcome))).toEqual(
      inputs,
    );
    await executor.close();
    await stop();
  });

  it('that asks what nobody answers: is told so at once', async () => {
    const transport = await natsTransport({ ...connection(), tenant: LAB }, 'agent');
    await expect(transport.query(subjects.api(LAB, 'policy', 'catalog'), {})).rejects.toMatchObject({
      code: 'unavailable',
    });
    await transport.close();
  });
});

describe('an agent with the credential of another tenant', () => {
  it('cannot connect: is told which subject and what would be right', async () => {
    const connected = GovernedToolExecutor.connect({ ...connection(), tenant: 'clinic', agent: 'screener' });
    await expect(connected).rejects.toMatchObject({
      code: 'not-permitted',
      message: expect.stringMatching(
        /"agent-lab-screener" may not subscribe to writ\.clinic\.notices\.screener: .*own/,
      ),
    });
  });

  it('cannot append or ask: each is refused with its subject', async () => {
    const transport = await natsTransport({ ...connection(), tenant: LAB }, 'agent');
    const subject = 'writ.clinic.requests.screener';
    const refused = new Promise((resolve) => {
      transport.watch({
        refused: (where, error) => resolve([where, error.code]),
        reconnected: () => undefined,
      });
    });
    const append = transport.append({ subject, data: Buffer.from('[]'), id: 'x' });
    expect(await refused).toEqual([subject, 'not-permitted']);
    await expect(transport.query('writ.clinic.api.policy.catalog', {})).rejects.toMatchObject({
      code: 'not-permitted',
      message: expect.stringContaining('writ.clinic.api.policy.catalog'),
    });
    await transport.close();
    expect((await append).status).toBe('unknown');
  });
});

describe('a connection that cannot be made', () => {
  it.each([
    ['a wrong password', () => ({ ...connection(), password: 'guess' })],
    ['nobody there', () => ({ ...connection(), server: 'nats://127.0.0.1:1' })],
  ])('%s: is a typed error that names server and user', async (_, options) => {
    const failed = GovernedToolExecutor.connect({ ...options(), tenant: 'lab', agent: 'screener' });
    const error = (await failed.catch((thrown: unknown) => thrown)) as WritError;
    expect(error.code).toBe('connection-failed');
    expect(error.message).toMatch(/cannot connect to nats:\/\/127\.0\.0\.1:\d+ as "agent-lab-screener"/);
  });
});
