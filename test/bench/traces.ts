/**
 * `npm run bench traces`: what traces cost. Two whole suites stand side by side, one that exports traces of 1 % of the calls
 * to a receiver here and one that exports nothing, and are measured in turn, so that both find the same machine. Turns of
 * one suite differ by a tenth, and suites of the same code by some per cent: so there are many short turns, of many suites,
 * and the loss comes with the interval within which it is known. Beside it, what live spans in every service would cost.
 * `--quick`, `--json`.
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
import { median, medianWithin } from './statistics.ts';

const RATIO = 0.01;
const MOST_LOST = 0.05;
const OUTSTANDING = 512;
/** Pairs of turns that compile what the later ones run. */
const WARM_UPS = 2;
const WITHIN_MS = 300_000;

const json = process.argv.includes('--json');
const quick = process.argv.includes('--quick');
const [suites, rounds, calls] = quick ? [2, 4, 4_000] : [12, 6, 8_000];

interface Turn {
  /** Calls a second. */
  readonly rate: number;
  /** Seconds of processor time until everything is recorded, by process. */
  readonly cpu: Readonly<Record<string, number>>;
}

interface Pair {
  readonly off: Turn;
  readonly on: Turn;
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

try {
  const bySuites: (readonly Pair[])[] = [];
  for (let nth = 1; nth <= suites; nth++) bySuites.push(await pairsOfSuites(`suites ${nth} of ${suites}`));
  report(bySuites);
} finally {
  receiver.close();
  receiver.closeAllConnections();
}

function say(line: string): void {
  if (!json) console.error(line);
}

async function pairsOfSuites(which: string): Promise<readonly Pair[]> {
  const off = await measuredSuite({});
  const on = await measuredSuite({
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_TRACES_SAMPLER_ARG: String(RATIO),
  });
  try {
    const pairs: Pair[] = [];
    for (let round = 0; round < WARM_UPS + rounds; round++) {
      say(`${which}: ${round < WARM_UPS ? 'warming up' : `round ${round - WARM_UPS + 1} of ${rounds}`}`);
      const first = round % 2 === 0 ? await off.turn() : await on.turn();
      const second = round % 2 === 0 ? await on.turn() : await off.turn();
      pairs.push(round % 2 === 0 ? { off: first, on: second } : { off: second, on: first });
    }
    return pairs.slice(WARM_UPS);
  } finally {
    await on.stop();
    await off.stop();
  }
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
      const cpu = Object.fromEntries(
        Object.entries(after).map(([name, seconds]) => [name, seconds - (before[name] ?? 0)]),
      );
      return { rate, cpu };
    },
    stop: async () => {
      await connection.close();
      await suite.stop();
      await nats.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function report(bySuites: readonly (readonly Pair[])[]): void {
  const losses = bySuites.map((pairs) => median(pairs.map(({ on, off }) => 1 - on.rate / off.rate)));
  const lost = median(losses);
  const lostWithin = medianWithin(losses);
  const pairs = bySuites.flat();
  const off = pairs.map((pair) => pair.off);
  const on = pairs.map((pair) => pair.on);
  const rates = { off: median(off.map(({ rate }) => rate)), on: median(on.map(({ rate }) => rate)) };
  const perService = [...SERVICES, 'nats'].map((name) => ({
    name,
    off: cpuUs(off, name),
    on: cpuUs(on, name),
  }));
  const addedCpu = sumOf(perService.map((each) => each.on)) / sumOf(perService.map((each) => each.off)) - 1;
  const live = liveSpanCost(RATIO);
  const met = lost <= MOST_LOST;
  if (json)
    console.log(
      JSON.stringify(
        { lost, lostWithin, addedCpu, rates, perService, live, requests, bytes, met },
        undefined,
        2,
      ),
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
      `throughput lost, median of ${losses.length} pairs of suites: ${percent(lost)}, 19 times of 20 between` +
        ` ${lostWithin.map(percent).join(' and ')} (<= ${percent(MOST_LOST)}): ${met ? 'met' : 'NOT MET'}`,
    );
  }
  if (!met) process.exitCode = 1;
}

/** Microseconds of a process for each call. */
function cpuUs(turns: readonly Turn[], name: string): number {
  return (sumOf(turns.map(({ cpu }) => cpu[name] ?? 0)) * 1e6) / (turns.length * calls);
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
