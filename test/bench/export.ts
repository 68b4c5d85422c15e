/**
 * `npm run bench export`: every format of `writ export` over a whole tenant, as the real command line writes it, at 100,000 and
 * at 1,000,000 events. What is judged is memory: what the command and the audit hold, looked at right after full
 * collections, must not grow with the export.
 * `--events N` (the larger size), `--quick`, `--json`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { connectNats, jetstreamLedger } from '@writ/ledger';
import type { LedgerCommit } from '@writ/ledger';
import { ExportFormat } from '@writ/sdk';
import { eventually, startNats, startPostgres } from '@writ/testkit';
import { startSuite } from '../../infra/dev/suite.ts';
import { residentBytes } from './process-cost.ts';
import { recordLedger, replayInto } from './recorded-ledger.ts';
import { median } from './statistics.ts';

const EVENTS = 1_000_000;
const QUICK_EVENTS = 100_000;
/** The smaller size is this part of the larger one. */
const PART = 10;
/** Requested, decided, reserved, dispatched, completed. */
const EVENTS_PER_CALL = 5;
const OUTSTANDING = 512;
const WITHIN_MS = 600_000;
/** How often the peak of the command is read; the kernel keeps it, so only its last moments can be missed. */
const LOOK_MS = 20;
/** Pages that happen to be under way when memory is looked at. */
const SLACK_MEGABYTES = 16;
const MEGABYTE = 2 ** 20;

const CLI = new URL('../../apps/cli/dist/main.js', import.meta.url).pathname;
const LIVE_MEMORY = new URL('./live-memory.ts', import.meta.url).href;
const FORMATS = Object.values(ExportFormat);

const json = process.argv.includes('--json');
const events = numberAfter('--events') ?? (process.argv.includes('--quick') ? QUICK_EVENTS : EVENTS);

interface Measured {
  readonly format: ExportFormat;
  readonly events: number;
  readonly seconds: number;
  /** What was held, the median; by how much the least of it grew from the second to the last quarter; the most that was resident. */
  readonly heldMegabytes: number;
  readonly grownMegabytes: number;
  readonly auditHeldMegabytes: number;
  readonly peakMegabytes: number;
  readonly auditPeakMegabytes: number;
  readonly fileMegabytes: number;
}

function numberAfter(flag: string): number | undefined {
  const index = process.argv.indexOf(flag);
  return index < 0 ? undefined : Number(process.argv[index + 1]);
}

function say(line: string): void {
  if (!json) console.error(line);
}

const nats = await startNats();
const postgres = await startPostgres();
const folder = await mkdtemp(join(tmpdir(), 'writ-bench-export-'));
const live = { NODE_OPTIONS: `--import=${LIVE_MEMORY}`, WRIT_LIVE_MEMORY: folder };
const suite = await startSuite({
  dir: join(folder, '.writ'),
  tenant: 't0',
  natsUrl: nats.url,
  postgresUrl: postgres.url,
  services: ['audit'],
  environment: { WRIT_AUDIT_NICE: '0', ...live },
});
try {
  const calls = Math.ceil(events / EVENTS_PER_CALL);
  say(`recording ${calls.toLocaleString('en')} calls`);
  const commits = await recordLedger({ calls, outstanding: OUTSTANDING, step: 1 });
  const cut = Math.ceil(commits.length / PART);
  const measured: Measured[] = [];
  for (const part of [commits.slice(0, cut), commits.slice(cut)]) {
    await store(part);
    const stored = (measured[0]?.events ?? 0) + eventsIn(part);
    for (const format of FORMATS) measured.push(await measure(format, stored));
  }
  report(measured, await lineageSeconds());
} finally {
  await suite.stop();
  await postgres.stop();
  await nats.stop();
  await rm(folder, { recursive: true, force: true });
}

async function store(part: readonly LedgerCommit[]): Promise<void> {
  const connection = await connectNats({ url: nats.url, name: 'bench' });
  const ledger = jetstreamLedger(connection);
  say(`storing ${part.length.toLocaleString('en')} commits`);
  await replayInto(ledger, part);
  const last = await ledger.lastSequence();
  await connection.close();
  const metrics = `${suite.connection.services['audit']?.http}/metrics`;
  await eventually(async () => sequenceIn(await (await fetch(metrics)).text()) >= last, {
    withinMs: WITHIN_MS,
    what: `the audit has stored the ledger up to ${last}`,
  });
}

/** Of the first call: a walk over everything that stands after it. */
async function lineageSeconds(): Promise<number> {
  say('the lineage of the first call');
  const begun = performance.now();
  const command = spawn(process.execPath, [CLI, 'lineage', 'recorded-0-0'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(command, 'exit')) as [number];
  if (code !== 0) throw new Error(`writ lineage ended with ${code}`);
  return (performance.now() - begun) / 1_000;
}

async function measure(format: ExportFormat, stored: number): Promise<Measured> {
  const file = join(folder, format);
  const audit = suite.pid('audit') as number;
  await writeFile(join(folder, String(audit)), '');
  say(`${format} of ${stored.toLocaleString('en')} events`);
  const begun = performance.now();
  const command = spawn(process.execPath, [CLI, 'export', '--format', format, '-o', file], {
    cwd: folder,
    env: { ...process.env, ...live },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let peak = 0;
  const look = setInterval(() => (peak = Math.max(peak, peakOf(command.pid as number))), LOOK_MS);
  const [code] = (await once(command, 'exit')) as [number];
  clearInterval(look);
  if (code !== 0) throw new Error(`writ export --format ${format} ended with ${code}`);
  const { size } = await stat(file);
  await rm(file);
  const seconds = (performance.now() - begun) / 1_000;
  const looks = await held(command.pid as number);
  const heldMegabytes = median(looks);
  say(`  ${seconds.toFixed(1)} s, ${heldMegabytes.toFixed(1)} MB held`);
  return {
    format,
    events: stored,
    seconds,
    heldMegabytes,
    grownMegabytes: growth(looks),
    auditHeldMegabytes: median(await held(audit)),
    peakMegabytes: peak / MEGABYTE,
    auditPeakMegabytes: peakOf(audit) / MEGABYTE,
    fileMegabytes: size / MEGABYTE,
  };
}

/** In megabytes, look by look. */
async function held(pid: number): Promise<number[]> {
  const bytes = (await readFile(join(folder, String(pid)), 'utf8')).trim().split('\n');
  return bytes.map((each) => Number(each) / MEGABYTE);
}

/**
 * The first quarter is the start of the program. Afterwards pages come and go, so that one look says little; what is held when
 * the fewest are there must not depend on how much was written.
 */
function growth(looks: readonly number[]): number {
  const quarter = (nth: number): readonly number[] =>
    looks.slice(Math.floor((nth * looks.length) / 4), Math.floor(((nth + 1) * looks.length) / 4));
  return Math.min(...quarter(3)) - Math.min(...quarter(1));
}

/** 0 for a process that has just ended. */
function peakOf(pid: number): number {
  try {
    return residentBytes(pid).peak || 0;
  } catch {
    return 0;
  }
}

function sequenceIn(metrics: string): number {
  return Number(/^writ_projection_sequence(?:\{[^}]*\})? (\d+)/m.exec(metrics)?.[1] ?? 0);
}

function eventsIn(part: readonly LedgerCommit[]): number {
  let count = 0;
  for (const { data } of part) {
    const value: unknown = JSON.parse(new TextDecoder().decode(data));
    count += Array.isArray(value) ? value.length : 1;
  }
  return count;
}

function report(measured: readonly Measured[], lineage: number): void {
  const [small, large] = [measured.slice(0, FORMATS.length), measured.slice(FORMATS.length)];
  const most = (all: readonly Measured[]): number => Math.max(...all.map((one) => one.auditHeldMegabytes));
  const bars = [
    ...large.map(({ format, grownMegabytes }) => ({
      name: `${format}: growth of what the command holds while it writes, MB`,
      value: grownMegabytes,
    })),
    { name: 'growth of what the audit holds, MB', value: most(large) - most(small) },
  ].map((bar) => ({ ...bar, wanted: `<= ${SLACK_MEGABYTES}`, met: bar.value <= SLACK_MEGABYTES }));
  if (json) return console.log(JSON.stringify({ measured, lineageSeconds: lineage, bars }, undefined, 2));
  const facts = new Table({
    head: [
      'format',
      'events',
      'seconds',
      'events a second',
      'MB held',
      'resident',
      'audit: held',
      'resident',
      'file',
    ],
    colAligns: ['left', ...Array.from({ length: 8 }, () => 'right' as const)],
  });
  const count = (value: number): string => Math.round(value).toLocaleString('en');
  for (const { format, seconds, events: told, ...one } of measured) {
    const command = [one.heldMegabytes, one.peakMegabytes];
    const figures = [...command, one.auditHeldMegabytes, one.auditPeakMegabytes, one.fileMegabytes];
    facts.push([format, count(told), seconds.toFixed(1), count(told / seconds), ...figures.map(count)]);
  }
  console.log(facts.toString());
  console.log(`the lineage of the first call: ${lineage.toFixed(1)} s`);
  const judged = new Table({ head: ['bar', 'measured', 'wanted', ''] });
  for (const { name, value, wanted, met } of bars)
    judged.push([name, value.toFixed(1), wanted, met ? 'met' : 'NOT MET']);
  console.log(judged.toString());
}
