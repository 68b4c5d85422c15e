/**
 * Executors, scheduler and nats-server killed at random under load, on real processes, against a ledger that the tools
 * keep themselves: `once` never acts twice, `keyed` never under two keys, no call is lost, and every call whose end
 * nobody saw is listed with its owner. `WRIT_KILLS=2000` is the long mode, `WRIT_KILLS_SEED` another run.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RecordedFact } from '@writ/contracts';
import { eventually } from '@writ/testkit';
import type { ServiceName } from '../../infra/nats/principals.ts';
import { Checker } from '../simulation/checker.ts';
import { Random } from '../simulation/random.ts';
import { brokenPromises } from './kills/judge.ts';
import type { ListedCall } from './kills/judge.ts';
import { killAtRandom } from './kills/killer.ts';
import type { Victim } from './kills/killer.ts';
import { Load } from './kills/load.ts';
import { startScene } from './kills/scene.ts';
import type { Scene } from './kills/scene.ts';

const KILLS = Number(process.env['WRIT_KILLS'] ?? 300);
const SEED = Number(process.env['WRIT_KILLS_SEED'] ?? 6);
const TIMEOUT_MS = 240_000 + KILLS * 1_000;
const NODES = 8;
const SLOTS = 4;
/** More than there are slots: some calls always wait for an end that nobody saw. */
const LANES = 64;
/** Calls that must have ended, wherever, since an executor or a service came up before it is killed. */
const EXECUTOR_CALLS = 4;
const SERVICE_CALLS = 20;
/** Every so manieth executor comes back under another name: the old one stays silent. */
const RENAMED = 0.2;
const TOOLS = ['pure', 'once', 'once', 'keyed', 'once-command', 'once-http', 'keyed-http', 'queryable'];
/** Kills between two lines for whoever waits. */
const KILLS_PER_LINE = 100;
const LISTED_WITHIN_MS = 60_000;
/** A silent executor is lost soon, so that the test need not wait for it. */
const IMPATIENT = { WRIT_PULL_HOLD_MS: '1000', WRIT_EXECUTOR_SILENT_MS: '3000' };

let scene: Scene;
let load: Load;
/** Judges each fact as it comes, so that the test need not keep them. */
const checker = new Checker();
/** What stands in the ledger, in numbers. */
const seen = { last: 0, facts: 0, furtherAttempts: 0, kinds: new Map<string, number>() };
/** From the election of each scheduler but the first to its first grant, in ms of ledger time. */
const pauses: number[] = [];
let electedAt: number | undefined;
/** Services that died although nobody had killed them. */
const deaths: string[] = [];

beforeAll(async () => {
  scene = await startScene({
    services: ['policy', 'budget', 'scheduler', 'executor'],
    nodes: NODES,
    slots: SLOTS,
    environment: {
      ...IMPATIENT,
      WRIT_SLOTS: '4',
      WRIT_TOOLS: new URL('./kills/tools', import.meta.url).pathname,
    },
    say: (line) => deaths.push(line),
  });
  const { agent, tools } = scene;
  load = new Load({ agent, lanes: LANES, tools: TOOLS, file: tools.file, random: new Random(SEED + 1) });
  await scene.follow((fact) => {
    seen.last = fact.seq;
    seen.facts++;
    seen.kinds.set(fact.type, (seen.kinds.get(fact.type) ?? 0) + 1);
    hearScheduler(fact);
    checker.hear(fact);
    load.hear(fact);
  });
}, TIMEOUT_MS);

afterAll(async () => scene?.close(), TIMEOUT_MS);

it(
  `${KILLS} kills, seed ${SEED}: no effect too many, no call lost, whatever nobody saw the end of has an owner`,
  async () => {
    const random = new Random(SEED);
    const { suite, tools, nodes } = scene;
    load.start();
    const kills = await killAtRandom(victims(random), KILLS, random, tellProgress());
    await load.finish();
    const listed = await wholeList();
    const effects = tools.effects();
    console.log(summary(kills, effects.length));
    expect(brokenPromises(load.calls, effects, listed)).toEqual([]);
    const { violations, open } = checker.verdict();
    expect(violations).toEqual([]);
    const { tenant } = suite.connection;
    expect(open.toSorted()).toEqual(listed.map(({ invocation }) => `${tenant}/${invocation}`).toSorted());
    expect([...deaths, ...nodes.flatMap(({ crashes }) => crashes)]).toEqual([]);
  },
  TIMEOUT_MS,
);

/** What a person sees, once no tool is being asked any more and the ledger is read to its end. */
async function wholeList(): Promise<readonly ListedCall[]> {
  return eventually(
    async () => {
      const { out } = await scene.suite.writ('--json', 'indeterminate');
      const listed = JSON.parse(out) as readonly ListedCall[];
      const read = seen.last === (await scene.ledger.lastSequence());
      return read && listed.every(({ owner }) => owner === 'person') ? listed : undefined;
    },
    { withinMs: LISTED_WITHIN_MS, what: 'every indeterminate call waits for a person' },
  );
}

function victims(random: Random): Victim[] {
  const { nodes, suite } = scene;
  let names = NODES;
  return [
    ...nodes.map((node) =>
      worthIt('executor', 84 / NODES, EXECUTOR_CALLS, {
        kill: async () => node.kill(),
        restart: async () => node.start(random.chance(RENAMED) ? `node-${names++}` : node.name),
      }),
    ),
    worthIt('nats-server', 13, SERVICE_CALLS, {
      kill: async () => suite.nats?.kill(),
      restart: async () => suite.nats?.start(),
    }),
    worthIt('scheduler', 2, SERVICE_CALLS, service('scheduler')),
    worthIt('executor service', 1, SERVICE_CALLS, service('executor')),
  ];
}

function service(name: ServiceName): Pick<Victim, 'kill' | 'restart'> {
  return {
    kill: async () => scene.suite.kill(name),
    restart: async () => {
      // It may have found no server, and died of that.
      while (scene.suite.pid(name) === undefined) await scene.suite.restart(name).catch(() => undefined);
    },
  };
}

/** Killed only while it is there and so many calls have ended since it came: nobody is hit who has not worked. */
function worthIt(
  kind: string,
  weight: number,
  calls: number,
  { kill, restart }: Readonly<Record<'kill' | 'restart', () => Promise<unknown>>>,
): Victim {
  let readyAt = calls;
  return {
    kind,
    weight,
    ready: () => load.settled >= readyAt,
    kill: async () => {
      readyAt = Infinity;
      await kill();
    },
    restart: async () => {
      await restart();
      readyAt = load.settled + calls;
    },
  };
}

function hearScheduler(fact: RecordedFact): void {
  if (fact.type === 'leader.elected' && fact.origin === 'schedule' && seen.kinds.has('schedule.dispatched'))
    electedAt ??= fact.at;
  if (fact.type !== 'schedule.dispatched') return;
  if (fact.data.attempt > 1) seen.furtherAttempts++;
  if (electedAt !== undefined) pauses.push(fact.at - electedAt);
  electedAt = undefined;
}

/** A line now and then for whoever waits for the long mode. */
function tellProgress(): (killed: number) => void {
  const begun = performance.now();
  return (killed) => {
    if (killed % KILLS_PER_LINE !== 0 || killed === KILLS) return;
    const seconds = Math.round((performance.now() - begun) / 1_000);
    const megabytes = Math.round(process.memoryUsage().rss / (1_024 * 1_024));
    console.log(
      `${killed} of ${KILLS} kills in ${seconds} s, ${load.settled} calls; ${megabytes} MB resident`,
    );
  };
}

function summary(kills: Readonly<Record<string, number>>, effects: number): string {
  const count = (kind: string): number => seen.kinds.get(kind) ?? 0;
  return [
    `killed: ${Object.entries(kills)
      .map(([kind, times]) => `${kind} ${times}`)
      .join(', ')}`,
    `${load.calls.size} calls, ${effects} effects, ${seen.facts} facts`,
    `${count('execution.fenced')} fences, ${seen.furtherAttempts} further attempts, ${count('leader.elected')} elections`,
    `${pauses.length} schedulers after the first, whose first grants came ${pauses.join(', ')} ms after their election`,
    `${count('schedule.indeterminate')} indeterminate, ${count('execution.queried')} asked and not done`,
  ].join('; ');
}
