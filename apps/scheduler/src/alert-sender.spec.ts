/** The sender against a real HTTP server that is ill for a while. */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { TenantId } from '@writ/contracts';
import type { OpenAlert } from '@writ/scheduler';
import { eventually } from '@writ/testkit';
import { Webhook } from 'standardwebhooks';
import { AlertSender } from './alert-sender.ts';

const SECRET = `whsec_${Buffer.from('a secret of the cell').toString('base64')}`;
const NOW = 1_800_000_000_000;

interface Got {
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

const servers: Server[] = [];
const senders: AlertSender[] = [];

afterEach(async () => {
  for (const sender of senders.splice(0)) sender.stop();
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

function sender(urls: readonly string[], now?: () => number): AlertSender {
  const log = (): void => undefined;
  const made = new AlertSender({
    urls,
    secret: SECRET,
    firstRetryMs: 1,
    onSent: log,
    log,
    ...(now ? { now } : {}),
  });
  senders.push(made);
  return made;
}

async function outcome(one: AlertSender, open: readonly OpenAlert[]): Promise<unknown> {
  return eventually(() => one.look(open)[0], { withinMs: 30_000, what: 'the alert is done with' });
}

describe('an open alert', () => {
  it('for two webhooks of which one is ill: reaches both, signed, and is closed then', async () => {
    const [well, ill] = [await receiver(204), await receiver(500, 503, 200)];
    expect(await outcome(sender([well.url, ill.url]), [alert()])).toEqual({
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
    const first = sender([url]);
    await outcome(first, [alert()]);
    first.stop();
    await outcome(sender([url]), [alert()]);
    expect(got.map(({ headers }) => headers['webhook-id'])).toEqual(['alert-7', 'alert-7']);
  });

  it('that nobody takes for a day: is given up', async () => {
    const { url, got } = await receiver(500);
    let now = NOW;
    const one = sender([url], () => now);
    one.look([alert(NOW)]);
    await eventually(() => got.length > 2, { withinMs: 30_000, what: 'it is tried again' });
    now += 25 * 60 * 60_000;
    expect(await outcome(one, [alert(NOW)])).toEqual({ alert: 'alert-7', outcome: 'abandoned' });
  });

  it('that is closed in the ledger: is forgotten', async () => {
    const { url } = await receiver(200);
    const one = sender([url]);
    await outcome(one, [alert()]);
    expect(one.look([])).toEqual([]);
  });

  it('without webhooks: is left alone', () => expect(sender([]).look([alert()])).toEqual([]));
});
