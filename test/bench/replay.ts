/**
 * `npm run bench replay`: how fast a ledger is decided again. It is recorded from the real cores in real hosts, every
 * decision of policy, budget and scheduler is made again by the code of `writ replay`, and then once more on the ledger with
 * planted changes, each of which must be named. `--calls N`, `--quick`, `--json`.
 */
import Table from 'cli-table3';
import { memoryLedger } from '@writ/ledger';
import type { LedgerCommit } from '@writ/ledger';
import { replayLedger } from '../../apps/cli/src/replay/replay-ledger.ts';
import type { ReplayReport } from '../../apps/cli/src/replay/replay-ledger.ts';
import { recordLedger, replayInto } from './recorded-ledger.ts';

const LEAST_EVENTS_PER_SECOND = 50_000;
/** Events that a call leaves in the ledger: asked, decided, held, granted, ended. */
const EVENTS_PER_CALL = 5;

const json = process.argv.includes('--json');
const calls =
  numberAfter('--calls') ?? (process.argv.includes('--quick') ? 20_000 : 1_000_000 / EVENTS_PER_CALL);

const commits = await recordLedger({ calls, outstanding: 512, step: 1 });
const events = commits.reduce((sum, { data }) => sum + eventsOf(data).length, 0);
const ledger = memoryLedger({ now: Date.now });
await replayInto(ledger, commits);

const before = process.cpuUsage();
const whole = await replayLedger(ledger);
const used = process.cpuUsage(before);
const peakMegabytes = process.resourceUsage().maxRSS / 1_024;
const planted = await plant();
report(whole);

interface Planted {
  readonly what: string;
  readonly seq: number;
  readonly named: boolean;
}

/** One change of each kind, each in a copy of a shorter ledger, because each is found by itself. */
async function plant(): Promise<Planted[]> {
  const some = commits.slice(0, 4_000);
  const changes = [
    ['a verdict', '.decisions', '"verdict":"allow"', '"verdict":"deny"'],
    ['an amount', '.budget', '"amount":"', '"amount":"1'],
    ['a grant', '.schedule', '"attempt":1', '"attempt":2'],
  ] as const;
  return Promise.all(
    changes.map(async ([what, kind, from, to]) => {
      const at = some.findLastIndex(
        ({ subject, data }) => subject.endsWith(kind) && textOf(data).includes(from),
      );
      const commit = some[at] as LedgerCommit;
      const changed = { ...commit, data: Buffer.from(textOf(commit.data).replace(from, to)) };
      const copy = memoryLedger({ now: Date.now });
      await replayInto(copy, some.with(at, changed));
      const [first] = (await replayLedger(copy)).differences;
      return { what, seq: at + 1, named: first?.seq === at + 1 };
    }),
  );
}

function report({ services, different, milliseconds }: ReplayReport): void {
  const eventsPerSecond = (events * 1_000) / milliseconds;
  const cpuSeconds = (used.user + used.system) / 1e6;
  const named = planted.filter((one) => one.named).length;
  const bars = [
    { name: 'different decisions', value: different, wanted: '= 0', met: different === 0 },
    {
      name: 'events a second',
      value: eventsPerSecond,
      wanted: `>= ${LEAST_EVENTS_PER_SECOND.toLocaleString('en')}`,
      met: eventsPerSecond >= LEAST_EVENTS_PER_SECOND,
    },
    {
      name: 'planted changes named where they stand',
      value: named,
      wanted: `= ${planted.length}`,
      met: named === planted.length,
    },
  ];
  const eventsPerCpuSecond = events / cpuSeconds;
  if (json) {
    const figures = {
      calls,
      events,
      commits: commits.length,
      milliseconds,
      eventsPerSecond,
      eventsPerCpuSecond,
    };
    return console.log(JSON.stringify({ ...figures, peakMegabytes, services, planted, bars }, undefined, 2));
  }
  const table = new Table({ head: ['service', 'same', 'different'], colAligns: ['left', 'right', 'right'] });
  for (const one of services) table.push([one.service, count(one.same), count(one.differences)]);
  console.log(table.toString());
  console.log(
    `${count(events)} events in ${count(commits.length)} commits, ${(milliseconds / 1_000).toFixed(2)} s; ` +
      `${count(eventsPerCpuSecond)} events a CPU second; most resident memory ${count(peakMegabytes)} MB, the ledger included`,
  );
  const judged = new Table({ head: ['bar', 'measured', 'wanted', ''] });
  for (const { name, value, wanted, met } of bars)
    judged.push([name, count(value), wanted, met ? 'met' : 'NOT MET']);
  console.log(judged.toString());
}

function eventsOf(data: Uint8Array): unknown[] {
  const value: unknown = JSON.parse(textOf(data));
  return Array.isArray(value) ? value : [value];
}

function textOf(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.length).toString();
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function numberAfter(flag: string): number | undefined {
  const at = process.argv.indexOf(flag);
  return at < 0 ? undefined : Number(process.argv[at + 1]);
}
