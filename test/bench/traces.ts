/**
 * `npm run bench traces`: what traces cost. Two whole suites stand side by side, one that exports traces of 1 % of the calls
 * to a receiver here and one that exports nothing, and are measured in turn, so that both find the same machine. Beside it,
 * what live spans in every service would cost. `--quick`, `--json`.
 */
import { createServer } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import type { TenantId } from '@writ/contracts';
import { connectNats, jetstreamLedger } from '@writ/ledger';
import { eventually, familyOf, giveWay, startNats } from '@writ/testkit';
import { startSuite } from '../../infra/dev/suite.ts';
import { SERVICES } from '../../infra/nats/principals.ts';
import { publishCatalog } from './catalog.ts';
import { liveSpanCost } from './live-span-cost.ts';
import { AGENT, PlainClient } from './plain-client.ts';
import { cpuSeconds } from './process-cost.ts';
import { median } from './statistics.ts';

const RATIO = 0.01;
const MOST_LOST = 0.05;
const OUTSTANDING = 512;
const WITHIN_MS = 300_000;

const json = process.argv.includes('--json');
const quick = process.argv.includes('--quick');
const [rounds, calls] = quick ? [5, 4_000] : [9, 15_000];

interface Turn {
  /** Calls a second. */
  readonly rate: number;
  /** Microseconds of processor time a call, until everything is recorded; nats-server included. */
  readonly cpuUs: Readonly<Record<string, number>>;
}

interface Measured {
  turn(): Promise<Turn>;
  stop(): Promise<void>;
}

let requests = 0;
let bytes = 0;
const receiver = createServer((request, response) => {
  requests += request.url === '/v1/traces' ? 1 : 0;
  request.on('data', (chunk: Buffer) => (bytes += chunk.length));
  request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
});
await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
const endpoint = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;

const off = await measuredSuite({});
const on = await measuredSuite({
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_TRACES_SAMPLER_ARG: String(RATIO),
});
try {
  // Compiles what every later turn runs.
  await off.turn();
  await on.turn();
  const pairs: { readonly off: Turn; readonly on: Turn }[] = [];
  for (let round = 0; round < rounds; round++) {
    say(`round ${round + 1} of ${rounds}`);
    const first = round % 2 === 0 ? await off.turn() : await on.turn();
    const second = round % 2 === 0 ? await on.turn() : await off.turn();
    pairs.push(round % 2 === 0 ? { off: first, on: second } : { off: second, on: first });
  }
  report(pairs);
} finally {
  await on.stop();
  await off.stop();
  receiver.close();
  receiver.closeAllConnections();
}

function say(line: string): void {
  if (!json) console.error(line);
}

async function measuredSuite(environment: Readonly<Record<string, string>>): Promise<Measured> {
  const nats = await startNats();
  const dir = await mkdtemp(join(tmpdir(), 'writ-bench-traces-'));
  const suite = await startSuite({
    dir,
    natsUrl: nats.url,
    environment: {
      WRIT_TOOLS: new URL('./tools', import.meta.url).pathname,
      WRIT_SLOTS: '1024',
      WRIT_WORKERS: '1',
      ...environment,
    },
  });
  // Recording is an equal of the others here (as root), so that what it spends on traces shows in the throughput.
  const recording = [suite.pid('audit'), ...familyOf(suite.postgres?.pid() ?? 0)];
  for (const pid of recording) if (pid) giveWay(pid, 0);
  const connection = await connectNats({ url: nats.url, name: 'bench' });
  await publishCatalog(jetstreamLedger(connection), 't0' as TenantId);
  const client = new PlainClient(connection);
  const metrics = `${suite.connection.services['audit']?.http}/metrics`;
  const isLevel = async (): Promise<boolean> =>
    /^writ_projection_lag(?:\{[^}]*\})? 0(?:\s|$)/m.test(await (await fetch(metrics)).text());
  const used = (): Record<string, number> => ({
    ...Object.fromEntries(SERVICES.map((name) => [name, cpuSeconds(suite.pid(name) as number)])),
    nats: cpuSeconds(nats.pid()),
  });
  const subject = (): string => `writ.t0.requests.${AGENT}`;
  return {
    turn: async () => {
      const before = used();
      const rate = await client.governed({ count: calls, callsEach: 1, outstanding: OUTSTANDING, subject });
      await eventually(isLevel, { withinMs: WITHIN_MS, what: 'the audit has recorded everything' });
      const after = used();
      const cpuUs = Object.fromEntries(
        Object.entries(after).map(([name, seconds]) => [
          name,
          ((seconds - (before[name] ?? 0)) * 1e6) / calls,
        ]),
      );
      return { rate, cpuUs };
    },
    stop: async () => {
      await connection.close();
      await suite.stop();
      await nats.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function report(pairs: readonly { readonly off: Turn; readonly on: Turn }[]): void {
  const total = ({ cpuUs }: Turn): number => Object.values(cpuUs).reduce((sum, one) => sum + one, 0);
  const lost = median(pairs.map((pair) => 1 - pair.on.rate / pair.off.rate));
  const addedCpu = median(pairs.map((pair) => total(pair.on) / total(pair.off) - 1));
  const rates = {
    off: median(pairs.map(({ off: turn }) => turn.rate)),
    on: median(pairs.map(({ on: turn }) => turn.rate)),
  };
  const perService = [...SERVICES, 'nats'].map((name) => ({
    name,
    off: median(pairs.map(({ off: turn }) => turn.cpuUs[name] ?? 0)),
    on: median(pairs.map(({ on: turn }) => turn.cpuUs[name] ?? 0)),
  }));
  const live = liveSpanCost(RATIO);
  const met = lost <= MOST_LOST;
  if (json)
    console.log(
      JSON.stringify({ lost, addedCpu, rates, perService, live, requests, bytes, met }, undefined, 2),
    );
  else {
    const table = new Table({ head: ['us of CPU a call', 'without traces', `traces of ${RATIO * 100} %`] });
    for (const { name, off: without, on: traced } of perService)
      table.push([name, without.toFixed(1), traced.toFixed(1)]);
    table.push(['calls a second', rates.off.toFixed(0), rates.on.toFixed(0)]);
    console.log(table.toString());
    console.log(
      `the receiver got ${requests} requests of spans, ${(bytes / 1e6).toFixed(1)} MB with metrics`,
    );
    console.log(`CPU added: ${percent(addedCpu)}`);
    console.log(
      `live spans in every service instead, us of CPU a call: ${live.sampledUs.toFixed(1)} at ${RATIO * 100} %,` +
        ` ${live.recordedUs.toFixed(1)} recorded for all so that what becomes of a call can still decide`,
    );
    console.log(
      `throughput lost, median of ${pairs.length} pairs: ${percent(lost)} (<= ${percent(MOST_LOST)}): ${met ? 'met' : 'NOT MET'}`,
    );
  }
  if (!met) process.exitCode = 1;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
