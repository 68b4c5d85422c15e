/** The sender against a real HTTP server that is ill for a while. */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { TenantId } from '@writ/contracts';
import type { OpenAlert } from '@writ/scheduler';
import { Webhook } from 'standardwebhooks';
import { AlertSender } from './alert-sender.ts';

const SECRET = `whsec_${Buffer.from('a secret of the cell').toString('base64')}`;
const NOW = 1_800_000_000_000;
const DAY_MS = 24 * 60 * 60_000;

interface Got {
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

interface Sending {
  readonly sender: AlertSender;
  readonly sent: Promise<void>;
}

const servers: Server[] = [];
const senders: AlertSender[] = [];

afterEach(async () => {
  for (const one of senders.splice(0)) one.stop();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

/** A webhook that answers with each status in turn, the last one for ever. */
async function receiver(...statuses: readonly number[]): Promise<{ url: string; got: Got[] }> {
  const got: Got[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      got.push({ body, headers: request.headers });
      response.writeHead(statuses[Math.min(got.length, statuses.length) - 1] ?? 200).end();
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, got };
}

function alert(at = Date.now()): OpenAlert {
  const data = {
    alert: 'alert-7',
    kind: 'breaker-opened',
    detail: 'the circuit opened',
    scope: 'tool:dock',
  } as const;
  return { tenant: 'lab' as TenantId, at, data };
}

function senderTo(urls: readonly string[], now?: () => number): Sending {
  const sent = Promise.withResolvers<void>();
  const sender = new AlertSender({
    urls,
    secret: SECRET,
    firstRetryMs: 1,
    onSent: sent.resolve,
    log: () => undefined,
    ...(now ? { now } : {}),
  });
  senders.push(sender);
  return { sender, sent: sent.promise };
}

/** What can be closed once everything open was sent or given up. */
async function outcome({ sender, sent }: Sending, open: readonly OpenAlert[]): Promise<unknown> {
  sender.look(open);
  await sent;
  return sender.look(open)[0];
}

describe('an open alert', () => {
  it('for two webhooks of which one is ill: reaches both, signed, and is closed then', async () => {
    const [well, ill] = [await receiver(204), await receiver(500, 503, 200)];
    expect(await outcome(senderTo([well.url, ill.url]), [alert()])).toEqual({
      alert: 'alert-7',
      outcome: 'delivered',
    });
    expect([well.got.length, ill.got.length]).toEqual([1, 3]);
    const last = ill.got.at(-1) as Got;
    expect(new Webhook(SECRET).verify(last.body, last.headers as Record<string, string>)).toMatchObject({
      type: 'alert.raised',
      data: { alert: 'alert-7', tenant: 'lab', kind: 'breaker-opened', scope: 'tool:dock' },
    });
    expect(last.headers['webhook-id']).toBe('alert-7');
  });

  it('that another process leads for: is sent again by that one under the same id', async () => {
    const { url, got } = await receiver(200);
    const first = senderTo([url]);
    await outcome(first, [alert()]);
    first.sender.stop();
    await outcome(senderTo([url]), [alert()]);
    expect(got.map(({ headers }) => headers['webhook-id'])).toEqual(['alert-7', 'alert-7']);
  });

  it('that nobody takes for a day: is given up', async () => {
    let now = NOW;
    const { url, got } = await receiver(500);
    // A day goes by while it is tried for the third time.
    const clock = (): number => (got.length > 2 ? NOW + DAY_MS : now++);
    expect(await outcome(senderTo([url], clock), [alert(NOW)])).toEqual({
      alert: 'alert-7',
      outcome: 'abandoned',
    });
    expect(got).toHaveLength(3);
  });

  it('that is closed in the ledger: is forgotten', async () => {
    const { url } = await receiver(200);
    const one = senderTo([url]);
    await outcome(one, [alert()]);
    expect(one.sender.look([])).toEqual([]);
  });

  it('without webhooks: is left alone', () => expect(senderTo([]).sender.look([alert()])).toEqual([]));
});
