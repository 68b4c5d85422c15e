/**
 * `npm run bench audit-large`: ten million calls of one year, recorded once by the real projection into a real Postgres,
 * then questioned: how long it takes to show one call, and to find a page of them by everything that they are found by.
 * Everything is asked in rounds, about other calls in each, and the last round is judged: at first the answers come from the disk.
 * Needs about 15 GB below the temporary folder, or with `--keep` below `.writ/postgres`: then the database stays, a run that was
 * interrupted goes on where it was, and a later one only asks. `--calls N`, `--quick` (100,000), `--keep`, `--json`.
 */
import { totalmem } from 'node:os';
import { sql } from 'kysely';
import Table from 'cli-table3';
import type { InvocationId } from '@writ/contracts';
import type { SearchRequest } from '@writ/provenance';
import { startPostgres } from '@writ/testkit';
import { CircumstancesReader } from '../../apps/audit/src/circumstances.ts';
import { openDatabase } from '../../apps/audit/src/database.ts';
import { Projection } from '../../apps/audit/src/projection.ts';
import { RecordReader } from '../../apps/audit/src/record-reader.ts';
import { InvocationSearch } from '../../apps/audit/src/search.ts';
import { LargeLedger, TENANT } from './large-ledger.ts';
import type { LargeCall } from './large-ledger.ts';
import { cpuSeconds } from './process-cost.ts';
import { quantile } from './statistics.ts';

const CALLS = 10_000_000;
const QUICK_CALLS = 100_000;
const EVENTS_A_CALL = 5;
/** Questions of each kind. */
const QUESTIONS = 200;
/** Rounds before the one that is judged. */
const WARM_UPS = 5;
const PAGE = 50;
const SHOW_WITHIN_MS = 10;
const STARTED_WITHIN_MS = 60_000;
const PAGE_WITHIN_MS = 50;

const json = process.argv.includes('--json');
const callsFlag = process.argv.indexOf('--calls');
const asked = callsFlag < 0 ? undefined : Number(process.argv[callsFlag + 1]);
const ledger = new LargeLedger(asked ?? (process.argv.includes('--quick') ? QUICK_CALLS : CALLS));

function say(line: string): void {
  if (!json) console.error(line);
}

/** As Postgres' manual says for a server of its own. */
const SHARE_FOR_POSTGRES = 0.25;

const postgres = await startPostgres({
  ...(process.argv.includes('--keep') ? { keep: `large-${ledger.calls}` } : {}),
  settings: { shared_buffers: `${Math.floor((SHARE_FOR_POSTGRES * totalmem()) / 2 ** 20)}MB` },
});
const problems: unknown[] = [];
const database = openDatabase(postgres.url, (problem) => problems.push(problem));
const projection = new Projection({ ledger, database, onProblem: (problem) => problems.push(problem) });
try {
  const recording = await record();
  if (recording.calls > 0) await sql`vacuum analyze`.execute(database.db);
  const { rows } = await sql<{ size: string }>`select pg_database_size(current_database()) as size`.execute(
    database.db,
  );
  const cold = await question(0);
  for (let round = 1; round < WARM_UPS; round++) await question(round * QUESTIONS);
  const latencies = await question(WARM_UPS * QUESTIONS);
  report({ ...recording, gigabytes: Number(rows[0]?.size) / 1e9, cold, latencies });
} finally {
  await projection.stop();
  await database.db.destroy();
  await postgres.stop();
}

interface Recording {
  /** That were not there from an earlier run. */
  readonly calls: number;
  readonly seconds: number;
  readonly callsPerSecond: number;
  readonly eventsPerSecond: number;
  /** CPU microseconds of Postgres a call. */
  readonly postgresMicros: number;
}

async function record(): Promise<Recording> {
  const last = await ledger.lastSequence();
  projection.start();
  await projection.storedUpTo(1, STARTED_WITHIN_MS);
  const [started, before] = [performance.now(), cpuSeconds(postgres.pid())];
  const missing = 1 - projection.health().stored / last;
  const seconds = (): number => (performance.now() - started) / 1_000;
  while (!(await projection.storedUpTo(last, 10_000))) {
    const share = projection.health().stored / last;
    say(
      `${(100 * share).toFixed(1)} % recorded after ${seconds().toFixed(0)} s ${problems.splice(0).join('; ')}`,
    );
  }
  const calls = Math.round(ledger.calls * missing);
  return {
    calls,
    seconds: seconds(),
    callsPerSecond: calls / seconds(),
    eventsPerSecond: (EVENTS_A_CALL * calls) / seconds(),
    postgresMicros: ((cpuSeconds(postgres.pid()) - before) * 1e6) / calls,
  };
}

/** Milliseconds of each question about `QUESTIONS` calls, by kind; `from`: other calls. */
async function question(from: number): Promise<Latencies> {
  const reader = new RecordReader(database.db, projection);
  const circumstances = new CircumstancesReader(ledger);
  const search = new InvocationSearch(database.db, ledger, projection, reader, circumstances);
  const latencies: Record<string, number[]> = {};
  const timed = async (kind: string, ask: () => Promise<unknown>): Promise<void> => {
    const started = performance.now();
    await ask();
    (latencies[kind] ??= []).push(performance.now() - started);
  };
  for (let nth = from; nth < from + QUESTIONS; nth++) {
    const call = ledger.call(random(nth) % ledger.calls);
    await timed('show', async () => {
      const { record: found } = await search.show(TENANT, call.invocation as InvocationId);
      if (found?.ending?.outcome !== call.stage)
        throw new Error(`${call.invocation} is not as it was recorded`);
    });
    for (const [kind, request] of Object.entries(searches(call)))
      await timed(kind, () => search.search(TENANT, { ...request, limit: PAGE }));
    const { next } = await search.search(TENANT, { until: timeOf(call), limit: PAGE });
    if (next !== undefined)
      await timed('a page far down', () => search.search(TENANT, { after: next, limit: PAGE }));
  }
  return latencies;
}

/** By what people look for a call like this one. */
function searches(call: LargeCall): Readonly<Record<string, SearchRequest>> {
  const { agent, tool, project, campaign, stage, argsDigest } = call;
  const [ligand = '', , word = ''] = call.words.split(' ');
  const until = timeOf({ at: call.at + 86_400_000 });
  return {
    'the latest': {},
    project: { project },
    campaign: { campaign },
    agent: { agent },
    tool: { tool },
    outcome: { stage },
    'a day': { since: timeOf(call), until },
    'digest of arguments': { argsDigest },
    'a word': { text: word },
    'a word of one call': { text: ligand },
    'a word that is nowhere': { text: 'nowhere' },
    'a word in all': { text: 'pose' },
    'two words': { text: `pose ${word}` },
    'tool and word': { tool, text: word },
    'agent, tool and outcome': { agent, tool, stage },
    'tool, denied': { tool, stage: 'denied' },
    'campaign, failed': { campaign, stage: 'failed' },
    'tool, a day': { tool, since: timeOf(call), until },
  };
}

function timeOf({ at }: Pick<LargeCall, 'at'>): string {
  return new Date(at).toISOString();
}

/** The same questions in every run. */
function random(nth: number): number {
  return (Math.imul(nth + 1, 2_654_435_761) ^ Math.imul(nth + 7, 40_503)) >>> 0;
}

type Latencies = Readonly<Record<string, readonly number[]>>;

interface Figures extends Recording {
  readonly gigabytes: number;
  /** In the first round. */
  readonly cold: Latencies;
  readonly latencies: Latencies;
}

function report({ cold, latencies, ...recording }: Figures): void {
  const bars = Object.entries(latencies).map(([kind, all]) => {
    const [p50, p95, p99] = [quantile(all, 0.5), quantile(all, 0.95), quantile(all, 0.99)];
    const wanted = kind === 'show' ? SHOW_WITHIN_MS : PAGE_WITHIN_MS;
    return { kind, coldP95: quantile(cold[kind] ?? [], 0.95), p50, p95, p99, wanted, met: p95 <= wanted };
  });
  if (json) return console.log(JSON.stringify({ ...recording, bars }, undefined, 2));
  const facts = new Table({ head: ['figure', ''], colAligns: ['left', 'right'] });
  const count = (value: number): string => Math.round(value).toLocaleString('en');
  facts.push(['calls', count(ledger.calls)], ['of them recorded in this run', count(recording.calls)]);
  if (recording.calls > 0)
    facts.push(
      ['seconds to record them', count(recording.seconds)],
      ['calls recorded a second', count(recording.callsPerSecond)],
      ['events recorded a second', count(recording.eventsPerSecond)],
      ['CPU of Postgres, us a call', recording.postgresMicros.toFixed(1)],
    );
  facts.push(['size of the database, GB', recording.gigabytes.toFixed(1)]);
  console.log(facts.toString());
  const judged = new Table({
    head: [`${PAGE} calls by`, 'p95 ms at first', 'p50 ms', 'p95 ms', 'p99 ms', 'p95 wanted', ''],
  });
  for (const { kind, coldP95, p50, p95, p99, wanted, met } of bars)
    judged.push([
      kind,
      coldP95.toFixed(1),
      p50.toFixed(1),
      p95.toFixed(1),
      p99.toFixed(1),
      `<= ${wanted}`,
      met ? 'met' : 'NOT MET',
    ]);
  console.log(judged.toString());
}
