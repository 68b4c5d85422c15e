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
import type { TenantId } from '@writ/contracts';
import { connectNats, jetstreamLedger } from '@writ/ledger';
import { eventually, familyOf, giveWay, startNats } from '@writ/testkit';
import { startSuite } from '../../infra/dev/suite.ts';
import { SERVICES } from '../../infra/nats/principals.ts';
import { CallCosts, costTable } from './call-costs.ts';
import type { Meters } from './call-costs.ts';
import { publishCatalog } from './catalog.ts';
import { liveSpanCost } from './live-span-cost.ts';
import { AGENT, PlainClient } from './plain-client.ts';
import { cpuSeconds } from './process-cost.ts';
import { mean, median, medianWithin } from './statistics.ts';

const RATIO = 0.01;
const MOST_LOST = 0.05;
const OUTSTANDING = 512;
/** Pairs of turns that compile what the later ones run. */
const WARM_UPS = 2;
const WITHIN_MS = 300_000;

const json = process.argv.includes('--json');
const quick = process.argv.includes('--quick');
const [suites, rounds, calls] = quick ? [2, 4, 4_000] : [12, 4, 16_000];

type Side = 'off' | 'on';
const SIDES: readonly Side[] = ['off', 'on'];

interface Measured {
  /** Microseconds of processor time, nats-server included. */
  readonly meters: Meters;
  /** Calls a second; ends when everything is recorded. */
  turn(): Promise<number>;
  stop(): Promise<void>;
}

interface Compared {
  /** Calls a second, round by round. */
  readonly rates: readonly Readonly<Record<Side, number>>[];
  readonly costs: Readonly<Record<Side, CallCosts['each']>>;
}

let requests = 0;
let bytes = 0;
const receiver = createServer((request, response) => {
  requests += request.url === '/v1/traces' ? 1 : 0;
  request.on('data', (chunk: Buffer) => (bytes += chunk.length));
  // An empty protobuf message, as OTLP wants: what else comes, the services complain about, and that costs.
  request.on('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end());
});
await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
const endpoint = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;

try {
  const all: Compared[] = [];
  for (let nth = 1; nth <= suites; nth++) all.push(await compare(`suites ${nth} of ${suites}`));
  report(all);
} finally {
  receiver.close();
  receiver.closeAllConnections();
}

function say(line: string): void {
  if (!json) console.error(line);
}

async function compare(which: string): Promise<Compared> {
  const pair: Record<Side, Measured> = {
    off: await measuredSuite({}),
    on: await measuredSuite({
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_TRACES_SAMPLER_ARG: String(RATIO),
      // More often than by default, so that a turn of seconds has its share of the exports.
      OTEL_BSP_SCHEDULE_DELAY: '1000',
    }),
  };
  try {
    say(`${which}: warming up`);
    for (let turn = 0; turn < WARM_UPS; turn++) for (const side of SIDES) await pair[side].turn();
    const costs = { off: new CallCosts(pair.off.meters), on: new CallCosts(pair.on.meters) };
    const rates: Record<Side, number>[] = [];
    for (let round = 1; round <= rounds; round++) {
      say(`${which}: round ${round} of ${rounds}`);
      const rate = { off: 0, on: 0 };
      for (const side of round % 2 === 0 ? SIDES : SIDES.toReversed())
        rate[side] = await costs[side].of(calls, () => pair[side].turn());
      rates.push(rate);
    }
    return { rates, costs: { off: costs.off.each, on: costs.on.each } };
  } finally {
    for (const side of SIDES) await pair[side].stop();
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
  const micros = (pid: number | undefined): number => 1e6 * cpuSeconds(pid as number);
  const subject = (): string => `writ.t0.requests.${AGENT}`;
  return {
    meters: {
      ...Object.fromEntries(SERVICES.map((name) => [name, () => micros(suite.pid(name))] as const)),
      nats: () => micros(nats.pid()),
    },
    turn: async () => {
      const rate = await client.governed({ count: calls, callsEach: 1, outstanding: OUTSTANDING, subject });
      await eventually(isLevel, { withinMs: WITHIN_MS, what: 'the audit has recorded everything' });
      return rate;
    },
    stop: async () => {
      await connection.close();
      await suite.stop();
      await nats.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function report(all: readonly Compared[]): void {
  const losses = all.map(({ rates }) => median(rates.map(({ on, off }) => 1 - on / off)));
  const lost = median(losses);
  const lostWithin = medianWithin(losses);
  const rateOf = (side: Side): number => median(all.flatMap(({ rates }) => rates.map((rate) => rate[side])));
  const rates = { off: rateOf('off'), on: rateOf('on') };
  const costs = { off: meanCosts(all, 'off'), on: meanCosts(all, 'on') };
  const addedCpu = mean(Object.values(costs.on)) / mean(Object.values(costs.off)) - 1;
  const live = liveSpanCost(RATIO);
  const met = lost <= MOST_LOST;
  if (json)
    console.log(
      JSON.stringify({ lost, lostWithin, addedCpu, rates, costs, live, requests, bytes, met }, undefined, 2),
    );
  else {
    const sides = { 'without traces': costs.off, [`traces of ${RATIO * 100} %`]: costs.on };
    console.log(costTable('us of CPU a call', sides).toString());
    console.log(`calls a second: ${rates.off.toFixed(0)} without traces, ${rates.on.toFixed(0)} with`);
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

/** Of all suites of a side, which had as many calls each. */
function meanCosts(all: readonly Compared[], side: Side): CallCosts['each'] {
  const each = all.map(({ costs }) => costs[side]);
  const names = Object.keys(each[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, mean(each.map((costs) => costs[name] as number))]));
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
