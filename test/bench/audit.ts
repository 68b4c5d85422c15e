/**
 * `npm run bench audit`: what recording costs, for single calls (512 outstanding) and for calls in steps of 100. A ledger
 * recorded from the real cores is put into JetStream while the audit is held still; then it runs, and the time until it is
 * level again and the CPU time of each process are measured over the last three quarters.
 * `--calls N`, `--step N` (only steps of N), `--quick`, `--json`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { Client } from 'pg';
import { connectNats, jetstreamLedger } from '@writ/ledger';
import { eventually, startNats, startPostgres } from '@writ/testkit';
import type { NatsServer, PostgresServer } from '@writ/testkit';
import { startSuite } from '../../infra/dev/suite.ts';
import type { Suite } from '../../infra/dev/suite.ts';
import { cpuSeconds, residentBytes } from './process-cost.ts';
import { recordLedger, replayInto } from './recorded-ledger.ts';

const CALLS = 100_000;
const QUICK_CALLS = 20_000;
const OUTSTANDING = 512;
const WITHIN_MS = 120_000;

const json = process.argv.includes('--json');
const calls = numberAfter('--calls') ?? (process.argv.includes('--quick') ? QUICK_CALLS : CALLS);
const onlyStep = numberAfter('--step');

function numberAfter(flag: string): number | undefined {
  const index = process.argv.indexOf(flag);
  return index < 0 ? undefined : Number(process.argv[index + 1]);
}

function say(line: string): void {
  if (!json) console.error(line);
}

const figures: Figures[] = [];
for (const each of onlyStep === undefined ? [1, 100] : [onlyStep]) figures.push(await measure(each));
report(figures);

interface Servers {
  readonly suite: Suite;
  readonly nats: NatsServer;
  readonly postgres: PostgresServer;
}

async function measure(step: number): Promise<Figures> {
  const nats = await startNats();
  const postgres = await startPostgres();
  const dir = await mkdtemp(join(tmpdir(), 'writ-bench-audit-'));
  const suite = await startSuite({
    dir,
    natsUrl: nats.url,
    postgresUrl: postgres.url,
    services: ['audit'],
    environment: { WRIT_AUDIT_NICE: '0' },
  });
  try {
    return await observe({ suite, nats, postgres }, step);
  } finally {
    await suite.stop();
    await postgres.stop();
    await nats.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

/** The audit stands still while the ledger is filled, then it has all of it to record. */
async function observe({ suite, nats, postgres }: Servers, step: number): Promise<Figures> {
  say(`recording ${calls.toLocaleString('en')} calls`);
  const commits = await recordLedger({ calls, outstanding: OUTSTANDING, step });
  const bytes = commits.reduce((sum, { data }) => sum + data.length, 0);
  const connection = await connectNats({ url: nats.url, name: 'bench' });
  const audit = suite.pid('audit') as number;
  process.kill(audit, 'SIGSTOP');
  say(`putting ${commits.length.toLocaleString('en')} commits into JetStream`);
  await replayInto(jetstreamLedger(connection), commits);
  await connection.close();

  const pids = { audit, postgres: postgres.pid(), nats: nats.pid() };
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  process.kill(audit, 'SIGCONT');
  // By then its code is compiled; a service that runs for days pays that once.
  const from = await storedIn(client, Math.floor(commits.length / 4));
  const before = { at: performance.now(), used: usedBy(pids) };
  await storedIn(client, commits.length);
  const seconds = (performance.now() - before.at) / 1_000;
  const after = usedBy(pids);
  await client.end();
  const measured = calls * (1 - from / commits.length);
  const micros = (name: keyof typeof pids): number => ((after[name] - before.used[name]) * 1e6) / measured;
  const cost = { audit: micros('audit'), postgres: micros('postgres'), nats: micros('nats') };
  const memory = residentBytes(audit);
  return {
    step,
    calls,
    commits: commits.length,
    bytesPerCall: bytes / calls,
    seconds,
    callsPerSecond: measured / seconds,
    commitsPerSecond: (commits.length - from) / seconds,
    eventsPerSecond: eventsIn(commits.slice(from)) / seconds,
    cost,
    peakMegabytes: memory.peak / 2 ** 20,
    megabytes: memory.now / 2 ** 20,
  };
}

/**
 * Resolves with how far the audit is, as soon as that is `seq` or more. Postgres is asked: what the audit would have to say
 * over `/metrics`, it would have to make instead of recording.
 */
async function storedIn(client: Client, seq: number): Promise<number> {
  return eventually(
    async () => {
      const { rows } = await client.query<{ stored: string }>('select last_seq as stored from audit.cursor');
      const stored = Number(rows[0]?.stored);
      return stored >= seq ? stored : 0;
    },
    { withinMs: WITHIN_MS, what: `the audit has stored the ledger up to ${seq}` },
  );
}

function usedBy<Name extends string>(pids: Readonly<Record<Name, number>>): Record<Name, number> {
  const used = Object.entries<number>(pids).map(([name, pid]) => [name, cpuSeconds(pid)] as const);
  return Object.fromEntries(used) as Record<Name, number>;
}

function eventsIn(commits: readonly { readonly data: Uint8Array }[]): number {
  let events = 0;
  for (const { data } of commits) {
    const value: unknown = JSON.parse(new TextDecoder().decode(data));
    events += Array.isArray(value) ? value.length : 1;
  }
  return events;
}

interface Figures {
  /** Calls of one request. */
  readonly step: number;
  readonly calls: number;
  readonly commits: number;
  readonly bytesPerCall: number;
  readonly seconds: number;
  readonly callsPerSecond: number;
  readonly commitsPerSecond: number;
  readonly eventsPerSecond: number;
  /** CPU microseconds a call. */
  readonly cost: { readonly audit: number; readonly postgres: number; readonly nats: number };
  readonly peakMegabytes: number;
  readonly megabytes: number;
}

function report(all: readonly Figures[]): void {
  const bars = all.flatMap(({ step, callsPerSecond, peakMegabytes }) => [
    {
      name: `calls a second, ${shape(step)}`,
      value: callsPerSecond,
      wanted: '>= 20,000',
      met: callsPerSecond >= 20_000,
    },
    { name: 'most resident memory, MB', value: peakMegabytes, wanted: '<= 200', met: peakMegabytes <= 200 },
  ]);
  if (json) return console.log(JSON.stringify({ figures: all, bars }, undefined, 2));
  const facts = new Table({
    head: ['figure', ...all.map(({ step }) => shape(step))],
    colAligns: ['left', ...all.map(() => 'right' as const)],
  });
  const count = (value: number): string => Math.round(value).toLocaleString('en');
  const row = (name: string, of: (figures: Figures) => string): string[] => [name, ...all.map(of)];
  facts.push(
    row('calls', (each) => count(each.calls)),
    row('commits', (each) => count(each.commits)),
    row('ledger bytes a call', (each) => count(each.bytesPerCall)),
    row('seconds for the last three quarters', (each) => each.seconds.toFixed(2)),
    row('commits a second', (each) => count(each.commitsPerSecond)),
    row('events a second', (each) => count(each.eventsPerSecond)),
    row('CPU of the audit, us a call', (each) => each.cost.audit.toFixed(1)),
    row('CPU of Postgres, us a call', (each) => each.cost.postgres.toFixed(1)),
    row('CPU of nats-server, us a call', (each) => each.cost.nats.toFixed(1)),
    row('resident memory after, MB', (each) => count(each.megabytes)),
  );
  console.log(facts.toString());
  const judged = new Table({ head: ['bar', 'measured', 'wanted', ''] });
  for (const { name, value, wanted, met } of bars)
    judged.push([name, count(value), wanted, met ? 'met' : 'NOT MET']);
  console.log(judged.toString());
}

function shape(step: number): string {
  return step === 1 ? 'single calls' : `steps of ${step}`;
}
