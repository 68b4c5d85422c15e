/**
 * `npm run bench executors`: 1,000 executors against one with as many slots, by turns against the same suite, and what
 * 1,000 idle ones cost the scheduler. The executors are real agents, many in a process, and share connections: one each
 * (`--connections 1000`) puts the cost of 1,000 nodes' sockets onto this machine, where the nodes are not.
 * `--executors N`, `--slots N` (of each; 8, as an agent has for one core), `--connections N`, `--quick`, `--json`.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Table from 'cli-table3';
import type { TenantId } from '@writ/contracts';
import { connectNats, jetstreamLedger } from '@writ/ledger';
import type { Ledger } from '@writ/ledger';
import { GovernedToolExecutor } from '@writ/sdk';
import { startNats } from '@writ/testkit';
import { startSuite } from '../../infra/dev/suite.ts';
import { publishFleetCatalog, toolOf } from '../fleet/catalog.ts';
import type { FleetProcessOptions } from '../fleet/fleet-process.ts';
import { CallCosts, costTable } from './call-costs.ts';
import type { Meters } from './call-costs.ts';
import { cpuSeconds } from './process-cost.ts';
import { median } from './statistics.ts';

type Side = 'one' | 'many';
const SIDES: readonly Side[] = ['one', 'many'];

interface Work {
  readonly name: string;
  readonly outstanding: number;
  readonly ms: number;
  readonly calls: number;
}

interface Row {
  readonly name: string;
  readonly one: number;
  readonly many: number;
  /** Of each round; their median is judged. */
  readonly ratios: readonly number[];
  readonly costs: Readonly<Record<Side, CallCosts['each']>>;
}

const LEAST_RATIO = 0.8;
const MOST_IDLE_PERCENT = 5;
const TENANT = 'fleet' as TenantId;

const [json, quick] = [process.argv.includes('--json'), process.argv.includes('--quick')];
const executors = numberAfter('--executors') ?? 1_000;
const slots = numberAfter('--slots') ?? 8;
const connections = numberAfter('--connections') ?? 10;
const rounds = quick ? 2 : 5;
const idleSeconds = quick ? 5 : 20;
const shrink = quick ? 4 : 1;
const WORKS: readonly Work[] = [
  { name: 'calls that take no time, 512 outstanding', outstanding: 512, ms: 0, calls: 12_000 / shrink },
  {
    name: `calls of 250 ms, ${executors} outstanding`,
    outstanding: executors,
    ms: 250,
    calls: 16_000 / shrink,
  },
  {
    name: `calls of 1 s, ${executors} outstanding`,
    outstanding: executors,
    ms: 1_000,
    calls: 8_000 / shrink,
  },
];

const nats = await startNats();
const dir = await mkdtemp(join(tmpdir(), 'writ-bench-executors-'));
const suite = await startSuite({ dir, natsUrl: nats.url });
const fleets: ChildProcess[] = [];
let meters: Meters = {};
try {
  const connection = await connectNats({ url: nats.url, name: 'bench' });
  const ledger = jetstreamLedger(connection);
  meters = metersOf(ledger);
  await publishFleetCatalog(ledger, TENANT, SIDES);
  const sdk = await GovernedToolExecutor.connect({ server: nats.url, tenant: TENANT, agent: 'bench' });
  await fleet('one', { executors: 1, slots: executors * slots, connections: 1 });
  const idleOfOne = await idlePercent('one');
  await fleet('many', { executors, slots, connections });
  const idleOfMany = await idlePercent('many');
  for (const side of SIDES) await callsPerSecond(sdk, side, { ...(WORKS[0] as Work), calls: 4 * executors });
  const rows: Row[] = [];
  for (const work of WORKS) rows.push(await compare(sdk, work));
  report(rows, idleOfOne, idleOfMany);
  await sdk.close();
  await connection.close();
} finally {
  for (const one of fleets) one.disconnect();
  await suite.stop();
  await nats.stop();
  await rm(dir, { recursive: true, force: true });
}

/** Both by turns, so that what else the machine does hits both. */
async function compare(sdk: GovernedToolExecutor, work: Work): Promise<Row> {
  const rates: Record<Side, number[]> = { one: [], many: [] };
  const costs: Record<Side, CallCosts> = { one: new CallCosts(meters), many: new CallCosts(meters) };
  for (let round = 1; round <= rounds; round++) {
    say(`${work.name}: round ${round}`);
    for (const side of SIDES)
      rates[side].push(await costs[side].of(work.calls, async () => callsPerSecond(sdk, side, work)));
  }
  const ratios = rates.many.map((rate, round) => rate / (rates.one[round] as number));
  const each = { one: costs.one.each, many: costs.many.each };
  return { name: work.name, one: median(rates.one), many: median(rates.many), ratios, costs: each };
}

/** Everything that has to do with a call. The fleet whose turn it is not uses nothing to speak of. */
function metersOf(ledger: Ledger): Meters {
  const micros = (pid: number | undefined): number => 1e6 * cpuSeconds(pid as number);
  const serviceMeters = (['policy', 'budget', 'scheduler', 'audit'] as const).map(
    (name) => [`${name}, us of CPU`, () => micros(suite.pid(name))] as const,
  );
  return {
    'ledger commits': async () => ledger.lastSequence(),
    'agent, us of CPU': () => process.cpuUsage().user + process.cpuUsage().system,
    ...Object.fromEntries(serviceMeters),
    'Postgres, us of CPU': () => micros(suite.postgres?.pid()),
    'nats-server, us of CPU': () => micros(nats.pid()),
    'executors, us of CPU': () => fleets.reduce((sum, { pid }) => sum + micros(pid), 0),
  };
}

async function callsPerSecond(sdk: GovernedToolExecutor, side: Side, work: Work): Promise<number> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < work.calls) {
      const inputs = { name: `call-${next++}`, ms: work.ms };
      const outcome = await sdk.run({ tool: toolOf(side), inputs, budgetTag: 'bench' });
      if (outcome.status !== 'succeeded') throw new Error(`a call ended as ${JSON.stringify(outcome)}`);
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: work.outstanding }, lane));
  return work.calls / ((performance.now() - started) / 1_000);
}

async function fleet(
  pool: Side,
  size: Pick<FleetProcessOptions, 'executors' | 'slots' | 'connections'>,
): Promise<void> {
  const options: FleetProcessOptions = { url: nats.url, name: pool, pool, ...size };
  const entry = new URL('../fleet/fleet-process.ts', import.meta.url);
  const child = fork(entry, [JSON.stringify(options)], { execArgv: ['--conditions=@writ/source'] });
  fleets.push(child);
  const died = once(child, 'exit').then(() => {
    throw new Error(`the fleet "${pool}" ended before it pulled`);
  });
  await Promise.race([once(child, 'message'), died]);
}

/** CPU time of the scheduler while nothing is asked for, in percent of a core; beside it that of a suite with one executor. */
async function idlePercent(side: Side): Promise<number> {
  say(`idle for ${idleSeconds} s, fleet "${side}"`);
  await delay(2_000);
  const scheduler = suite.pid('scheduler') as number;
  const [before, begun] = [cpuSeconds(scheduler), performance.now()];
  await delay(idleSeconds * 1_000);
  return (cpuSeconds(scheduler) - before) / ((performance.now() - begun) / 100_000);
}

function report(rows: readonly Row[], idleOfOne: number, idleOfMany: number): void {
  const bars = [
    ...rows.map(({ name, one, many, ratios }) => {
      const ratio = median(ratios);
      return {
        name: `${name}, a second`,
        one,
        many,
        ratio,
        wanted: `ratio >= ${LEAST_RATIO}`,
        met: ratio >= LEAST_RATIO,
      };
    }),
    {
      name: 'the idle scheduler, percent of a core',
      one: idleOfOne,
      many: idleOfMany,
      wanted: `<= ${MOST_IDLE_PERCENT}`,
      met: idleOfMany <= MOST_IDLE_PERCENT,
    },
  ];
  if (json) return console.log(JSON.stringify({ executors, slots, connections, rows, bars }, undefined, 2));
  const head = ['', '1 executor', `${executors.toLocaleString('en')} executors`, 'ratio', 'wanted', ''];
  const table = new Table({ head, colAligns: ['left', 'right', 'right', 'right', 'left', 'left'] });
  for (const { name, one, many, wanted, met, ...more } of bars) {
    const ratio = 'ratio' in more ? more.ratio.toFixed(2) : '';
    const figures = [one, many].map((figure) =>
      figure >= 100 ? Math.round(figure).toLocaleString('en') : figure.toFixed(2),
    );
    table.push([name, ...figures, ratio, wanted, met ? 'met' : 'NOT MET']);
  }
  console.log(table.toString());
  for (const { name, costs } of rows)
    console.log(
      costTable(`for each of the ${name}`, {
        '1 executor': costs.one,
        [`${executors.toLocaleString('en')} executors`]: costs.many,
      }).toString(),
    );
}

function numberAfter(flag: string): number | undefined {
  const index = process.argv.indexOf(flag);
  return index < 0 ? undefined : Number(process.argv[index + 1]);
}

function say(line: string): void {
  if (!json) console.error(line);
}
