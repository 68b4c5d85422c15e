/**
 * Tools that keep a ledger of their own of what they really did: one line an effect, appended and synced by whoever
 * has it, outside of Writ and of every process that is killed. The service behind the HTTP tools lives in the test.
 */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** One line of the ledger. */
export interface Effect {
  readonly call: string;
  readonly key: string;
  readonly attempt: number;
  readonly token: number;
}

export interface FakeTools {
  /** Where effects are noted. */
  readonly file: string;
  /** A governance file with the tools. */
  readonly governance: string;
  effects(): readonly Effect[];
  close(): Promise<void>;
}

interface Inputs {
  readonly call: string;
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** What the service knows of one key. */
interface Order {
  done: boolean;
  /** Whoever comes with a lower token was replaced. */
  token: number;
}

export async function startFakeTools(): Promise<FakeTools> {
  // Commands run as users of their own, who may write here.
  const dir = await mkdtemp(join(tmpdir(), 'writ-effects-'));
  await chmod(dir, 0o755);
  const file = join(dir, 'effects');
  await writeFile(file, '');
  await chmod(file, 0o666);
  const descriptor = openSync(file, 'a');
  const service = await serve((effect) => {
    writeSync(descriptor, `${JSON.stringify(effect)}\n`);
    fsyncSync(descriptor);
  });
  return {
    file,
    governance: catalog(`http://127.0.0.1:${(service.address() as AddressInfo).port}`),
    effects: () =>
      readFileSync(file, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Effect),
    close: async () => {
      service.closeAllConnections();
      service.close();
      closeSync(descriptor);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Long enough for a machine that stands still for minutes: a call that times out here would tell of the machine. */
const TIMEOUT = 'timeoutSeconds: 900';

function catalog(url: string): string {
  const line = '{"call":"%s","key":"%s","attempt":%s,"token":%s}\\n';
  const values = '"$2" "$WRIT_IDEMPOTENCY_KEY" "$WRIT_ATTEMPT" "$WRIT_FENCING_TOKEN"';
  const script = `sleep 0.02; printf '${line}' ${values} >> "$1"; sync "$1"; sleep 0.02`;
  const command = JSON.stringify(['sh', '-c', script, 'effect', '{args.file}', '{args.call}']);
  const module = 'adapter: { kind: module, module: effect.mjs }';
  return `
tools:
  - { name: pure, class: READ_ONLY, ${TIMEOUT}, ${module} }
  - { name: once, class: NETWORK, effects: once, ${TIMEOUT}, keys: [], ${module} }
  - { name: keyed, class: NETWORK, effects: keyed, ${TIMEOUT}, keys: [], ${module} }
  - { name: once-command, class: NETWORK, effects: once, ${TIMEOUT}, keys: [], adapter: { kind: command, argv: ${command} } }
  - { name: once-http, class: NETWORK, effects: once, ${TIMEOUT}, keys: [], adapter: { kind: http, url: '${url}/act' } }
  - { name: keyed-http, class: NETWORK, effects: keyed, ${TIMEOUT}, keys: [], adapter: { kind: http, url: '${url}/act' } }
  - name: queryable
    class: NETWORK
    effects: queryable
    ${TIMEOUT}
    keys: []
    adapter: { kind: http, url: '${url}/act-unless-replaced', query: { method: POST, url: '${url}/find' } }
policies: [{ name: all, condition: 'true', action: allow }]
budgets: [{ account: /, limits: { calls: 100000000 } }]
`;
}

/** `/act` does what it is told whoever asks; the others keep what a `queryable` tool has to promise. */
async function serve(note: (effect: Effect) => void): Promise<Server> {
  const orders = new Map<string, Order>();
  const server = createServer((request, response) => {
    void answer(request).then(
      ({ status, value }) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
      },
      () => response.destroy(),
    );
  });
  const answer = async (request: IncomingMessage): Promise<{ status: number; value: unknown }> => {
    const { call, beforeMs, afterMs } = await inputsOf(request);
    const key = String(request.headers['idempotency-key']);
    const token = Number(request.headers['writ-fencing-token']);
    const attempt = Number(request.headers['writ-attempt']);
    const order = orders.get(key) ?? { done: false, token };
    orders.set(key, order);
    if (request.url === '/find') {
      order.token = Math.max(order.token, token);
      return {
        status: 200,
        value: order.done ? { status: 'done', output: { call } } : { status: 'not-done' },
      };
    }
    await delay(beforeMs);
    if (request.url === '/act-unless-replaced') {
      if (token < order.token) return { status: 409, value: 'somebody else was asked since' };
      order.done = true;
    }
    note({ call, key, attempt, token });
    await delay(afterMs);
    return { status: 200, value: { call } };
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function inputsOf(request: IncomingMessage): Promise<Inputs> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString()) as Inputs;
}
