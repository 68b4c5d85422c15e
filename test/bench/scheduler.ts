/**
 * `npm run bench scheduler`: the scheduler's core alone, and its order against others in simulated time. Prints a table
 * and a verdict for every bar; `--json` prints the figures. Nothing here depends on other processes, and only the speed
 * of the core on the machine.
 */
import Table from 'cli-table3';
import { measureCore } from './scheduler/core.ts';
import type { CoreFigures } from './scheduler/core.ts';
import { misses, missesBesideGreedy } from './scheduler/deadlines.ts';
import type { Missed } from './scheduler/deadlines.ts';
import { jain, nodeSeconds } from './scheduler/fairness.ts';
import { compare, readTrace } from './scheduler/trace.ts';
import type { TraceFigures } from './scheduler/trace.ts';

interface Bar {
  readonly name: string;
  readonly value: string;
  readonly wanted: string;
  readonly met: boolean;
}

const SIZES = [1_000, 10_000, 100_000, 1_000_000];
const MOST_TIMED_GRANTS = 300_000;
const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1);
const EQUAL = Array.from({ length: 10 }, () => 1);

const json = process.argv.includes('--json');
const bars: Bar[] = [];

say('grants and queued calls over 1,000 projects');
// Warmed up first, so that the smallest size is not the slowest.
for (let round = 0; round < 3; round++) measureCore({ calls: 100_000, grants: 100_000 });
const core = SIZES.map((calls) => measureCore({ calls, grants: Math.min(calls, MOST_TIMED_GRANTS) }));
judgeCore(core);

say('fair shares over ten half-lives');
const fairness = SEEDS.slice(0, 2).map((seed) => {
  const [three = 0, one = 1] = nodeSeconds([3, 1], seed);
  return { seed, jain: jain(nodeSeconds(EQUAL, seed)), threeToOne: three / one };
});
const least = Math.min(...fairness.map((round) => round.jain));
bar("Jain's index, ten equal projects", least.toFixed(5), '>= 0.99', least >= 0.99);
const furthest = Math.max(...fairness.map(({ threeToOne }) => Math.abs(threeToOne / 3 - 1)));
bar('weights 3:1, off by', percent(furthest), '<= 2 %', furthest <= 0.02);

say('deadlines at 90 % load');
const deadlines = SEEDS.map(misses);
const most = (share: (missed: Missed) => number): number => Math.max(...deadlines.map(share));
const ofFifo = most(({ one, six, fifo }) => Math.max(one, six) / fifo);
bar('misses of those first come first served', percent(ofFifo), '<= 50 %', ofFifo <= 0.5);
for (const [campaigns, ofEdf] of [
  ['one campaign', most(({ one, edf }) => one / edf)],
  ['six campaigns', most(({ six, edf }) => six / edf)],
] as const)
  bar(`misses of those of earliest deadline first, ${campaigns}`, percent(ofEdf), '<= 100 %', ofEdf <= 1);

say('a modest campaign beside a greedy one, at 150 % load');
const greedy = SEEDS.slice(0, 5).map(missesBesideGreedy);
const kept = Math.max(...greedy.map(({ writ, edf }) => writ / edf));
bar('its misses, of those of earliest deadline first', percent(kept), '<= 25 %', kept <= 0.25);

const jobs = await readTrace();
if (!jobs) say('no ../shared/data/lublin-256.swf.gz: the trace is skipped');
else say(`a trace of ${jobs.length} parallel jobs on 256 nodes`);
const trace = jobs ? compare(jobs) : [];
judgeTrace(trace);

if (json) console.log(JSON.stringify({ core, fairness, deadlines, greedy, trace, bars }, undefined, 2));
else print();
process.exitCode = bars.every(({ met }) => met) ? 0 : 1;

function judgeCore(figures: readonly CoreFigures[]): void {
  const [smallest, largest] = [figures[0], figures.at(-1)];
  if (!smallest || !largest) return;
  const rate = 1e6 / largest.grantedUs;
  bar(
    'grants a second, a million queued',
    Math.round(rate).toLocaleString('en'),
    '>= 200,000',
    rate >= 200_000,
  );
  bar(
    'bytes a queued call, a million queued',
    largest.bytesPerCall.toFixed(0),
    '<= 400',
    largest.bytesPerCall <= 400,
  );
  // A thousand times as many calls are twice as many levels of a heap; the rest is memory that is in no cache.
  const growth = largest.grantedUs / smallest.grantedUs;
  bar('a grant among 10^6 against one among 10^3', `${growth.toFixed(1)} x`, '<= 10 x', growth <= 10);
}

function judgeTrace(figures: readonly TraceFigures[]): void {
  const [easy, writ] = ['EASY backfill', 'writ'].map((name) => figures.find(({ policy }) => policy === name));
  if (!easy || !writ) return;
  bar(
    'bounded slowdown against EASY',
    percent(writ.slowdown / easy.slowdown),
    '<= 100 %',
    writ.slowdown <= easy.slowdown,
  );
  const lost = easy.utilisation - writ.utilisation;
  bar('utilisation below EASY', percent(lost), '<= 1 %', lost <= 0.01);
}

function print(): void {
  table(
    ['queued calls', 'queue, us', 'grant, us', 'bytes a call'],
    core.map((row) => [
      row.calls.toLocaleString('en'),
      row.queuedUs.toFixed(2),
      row.grantedUs.toFixed(2),
      row.bytesPerCall.toFixed(0),
    ]),
  );
  table(
    ['misses, seed', 'first come', 'earliest deadline', 'writ, one campaign', 'writ, six campaigns'],
    deadlines.map(({ seed, fifo, edf, one, six }) => [String(seed), ...[fifo, edf, one, six].map(percent)]),
  );
  if (trace.length > 0)
    table(
      ['256 nodes', 'bounded slowdown', 'mean wait, h', 'utilisation'],
      trace.map(({ policy, slowdown, meanWaitSeconds, utilisation }) => [
        policy,
        slowdown.toFixed(1),
        (meanWaitSeconds / 3_600).toFixed(1),
        percent(utilisation),
      ]),
    );
  table(
    ['bar', 'measured', 'wanted', ''],
    bars.map(({ name, value, wanted, met }) => [name, value, wanted, met ? 'met' : 'NOT MET']),
  );
}

function table(head: string[], rows: string[][]): void {
  const lines = new Table({ head, colAligns: head.map((_, index) => (index === 0 ? 'left' : 'right')) });
  lines.push(...rows);
  console.log(lines.toString());
}

function bar(name: string, value: string, wanted: string, met: boolean): void {
  bars.push({ name, value, wanted, met });
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

function say(line: string): void {
  if (!json) console.error(line);
}
