/**
 * Executors, scheduler and nats-server killed at random under load, on real processes, against a ledger that the tools
 * keep themselves: `once` never acts twice, `keyed` never under two keys, no call is lost, and every call whose end
 * nobody saw is listed with its owner. `WRIT_KILLS=2000` is the long mode, `WRIT_KILLS_SEED` another run.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { decodeCommit } from '@writ/contracts';
import type { RecordedFact } from '@writ/contracts';
import { connectNats, jetstreamLedger } from '@writ/ledger';
import type { Ledger } from '@writ/ledger';
import { GovernedToolExecutor } from '@writ/sdk';
import { eventually } from '@writ/testkit';
import type { ServiceName } from '../../infra/nats/principals.ts';
import { startTestSuite } from '../e2e/suite.ts';
import type { TestSuite } from '../e2e/suite.ts';
import { Checker } from '../simulation/checker.ts';
import { Random } from '../simulation/random.ts';
import { ExecutorNode } from './kills/executor-node.ts';
import { startFakeTools } from './kills/fake-tools.ts';
import type { FakeTools } from './kills/fake-tools.ts';
import { brokenPromises } from './kills/judge.ts';
import type { ListedCall } from './kills/judge.ts';
import { killAtRandom } from './kills/killer.ts';
import type { Victim } from './kills/killer.ts';
import { Load } from './kills/load.ts';

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
const LISTED_WITHIN_MS = 60_000;
/** A silent executor is lost soon, so that the test need not wait for it. */
const IMPATIENT = { WRIT_PULL_HOLD_MS: '1000', WRIT_EXECUTOR_SILENT_MS: '3000' };

let suite: TestSuite;
let tools: FakeTools;
let agent: GovernedToolExecutor;
let ledger: Ledger;
let load: Load;
/** All that stands in the ledger. */
const facts: RecordedFact[] = [];
/** Services that died although nobody had killed them. */
const deaths: string[] = [];
let nodes: readonly ExecutorNode[] = [];

beforeAll(async () => {
  tools = await startFakeTools();
  suite = await startTestSuite({
    // What became of a call is read in the ledger itself: nobody needs the audit, nor its Postgres.
    services: ['policy', 'budget', 'scheduler', 'executor'],
    postgresUrl: 'postgres://nobody',
    environment: {
      ...IMPATIENT,
      WRIT_SLOTS: '4',
      WRIT_TOOLS: new URL('./kills/tools', import.meta.url).pathname,
    },
    say: (line) => deaths.push(line),
  });
  await suite.govern(tools.governance);
  const { natsUrl: url, tenant, users } = suite.connection;
  agent = await GovernedToolExecutor.connect({ server: url, tenant, ...users.agent });
  const operator = await connectNats({ url, ...users.operator, name: 'chaos' });
  ledger = jetstreamLedger(operator, { inboxPrefix: '_INBOX_operator' });
  load = new Load({ agent, lanes: LANES, tools: TOOLS, file: tools.file, random: new Random(SEED + 1) });
  await ledger.fold(1, (commits) => {
    for (const fact of commits.flatMap((commit) => decodeCommit(commit))) {
      facts.push(fact);
      load.hear(fact);
    }
  });
  const login = suite.login({ kind: 'executor' });
  nodes = Array.from(
    { length: NODES },
    (_, index) => new ExecutorNode(`node-${index}`, { slots: SLOTS, url, login }),
  );
  await Promise.all(nodes.map(async (node) => node.start()));
}, TIMEOUT_MS);

afterAll(async () => {
  await Promise.all(nodes.map(async (node) => node.kill()));
  await agent?.close();
  await ledger?.close();
  await suite?.stop();
  await tools?.close();
});

it(
  `${KILLS} kills, seed ${SEED}: no effect too many, no call lost, whatever nobody saw the end of has an owner`,
  async () => {
    const random = new Random(SEED);
    load.start();
    const kills = await killAtRandom(victims(random), KILLS, random);
    await load.finish();
    const listed = await wholeList();
    const effects = tools.effects();
    console.log(summary(kills, effects.length));
    expect(brokenPromises(load.calls, effects, listed)).toEqual([]);
    const verdict = new Checker().judgeFacts(facts);
    expect(verdict.violations).toEqual([]);
    const { tenant } = suite.connection;
    expect(verdict.open.toSorted()).toEqual(
      listed.map(({ invocation }) => `${tenant}/${invocation}`).toSorted(),
    );
    expect([...deaths, ...nodes.flatMap(({ crashes }) => crashes)]).toEqual([]);
  },
  TIMEOUT_MS,
);

/** What a person sees, once no tool is being asked any more and the ledger is read to its end. */
async function wholeList(): Promise<readonly ListedCall[]> {
  return eventually(
    async () => {
      const { out } = await suite.writ('--json', 'indeterminate');
      const listed = JSON.parse(out) as readonly ListedCall[];
      const read = facts.at(-1)?.seq === (await ledger.lastSequence());
      return read && listed.every(({ owner }) => owner === 'person') ? listed : undefined;
    },
    { withinMs: LISTED_WITHIN_MS, what: 'every indeterminate call waits for a person' },
  );
}

function victims(random: Random): Victim[] {
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
    kill: async () => suite.kill(name),
    restart: async () => {
      // It may have found no server, and died of that.
      while (suite.pid(name) === undefined) await suite.restart(name).catch(() => undefined);
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

function summary(kills: Readonly<Record<string, number>>, effects: number): string {
  const count = (type: string): number => facts.filter((fact) => fact.type === type).length;
  const again = facts.filter((fact) => fact.type === 'schedule.dispatched' && fact.data.attempt > 1).length;
  return [
    `killed: ${Object.entries(kills)
      .map(([kind, times]) => `${kind} ${times}`)
      .join(', ')}`,
    `${load.calls.size} calls, ${effects} effects, ${facts.length} facts`,
    `${count('execution.fenced')} fences, ${again} further attempts, ${count('leader.elected')} elections`,
    `${count('schedule.indeterminate')} indeterminate, ${count('execution.queried')} asked and not done`,
  ].join('; ');
}
