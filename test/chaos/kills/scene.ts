/**
 * What the tests that kill and pause executors share: deciders and servers as real processes, executors as processes of
 * their own, tools that keep a ledger of what they did, an agent that calls them, and the facts as they are committed.
 */
import { dirname } from 'node:path';
import { decodeCommit } from '@writ/contracts';
import type { RecordedFact } from '@writ/contracts';
import { connectNats, jetstreamLedger } from '@writ/ledger';
import type { Ledger } from '@writ/ledger';
import { GovernedToolExecutor } from '@writ/sdk';
import { startTestSuite } from '../../e2e/suite.ts';
import type { TestSuite } from '../../e2e/suite.ts';
import type { SuiteOptions } from '../../../infra/dev/suite.ts';
import { ExecutorNode } from './executor-node.ts';
import { startFakeTools } from './fake-tools.ts';
import type { FakeTools } from './fake-tools.ts';

export interface SceneOptions extends Pick<SuiteOptions, 'services' | 'environment' | 'say'> {
  readonly nodes: number;
  /** Of each node. */
  readonly slots: number;
}

export interface Scene {
  readonly suite: TestSuite;
  readonly tools: FakeTools;
  readonly agent: GovernedToolExecutor;
  readonly ledger: Ledger;
  readonly nodes: readonly ExecutorNode[];
  /** Calls `hear` with every fact of the ledger from the first one on, in order. */
  follow(hear: (fact: RecordedFact) => void): Promise<void>;
  close(): Promise<void>;
}

/** @throws what went wrong, after everything that was started already has been stopped again */
export async function startScene(options: SceneOptions): Promise<Scene> {
  await using starting = new AsyncDisposableStack();
  const parts = await startAll(options, starting);
  const started = starting.move();
  return { ...parts, close: async () => started.disposeAsync() };
}

/** Each started part adds how to stop it. */
async function startAll(
  { nodes: count, slots, ...options }: SceneOptions,
  stack: AsyncDisposableStack,
): Promise<Omit<Scene, 'close'>> {
  const tools = await startFakeTools();
  stack.defer(async () => tools.close());
  // What became of a call is read in the ledger itself: nobody needs the audit, nor its Postgres.
  const suite = await startTestSuite({ ...options, postgresUrl: 'postgres://nobody' });
  stack.defer(async () => suite.stop());
  await suite.govern(tools.governance);
  const { natsUrl: url, tenant, users } = suite.connection;
  const operator = await connectNats({ url, ...users.operator, name: 'chaos' });
  const ledger = jetstreamLedger(operator, { inboxPrefix: '_INBOX_operator' });
  stack.defer(async () => ledger.close());
  const agent = await GovernedToolExecutor.connect({ server: url, tenant, ...users.agent });
  stack.defer(async () => agent.close());
  const node = { slots, url, login: suite.login({ kind: 'executor' }), scratchFolder: dirname(tools.file) };
  const nodes = Array.from({ length: count }, (_, index) => new ExecutorNode(`node-${index}`, node));
  stack.defer(async () => {
    await Promise.all(nodes.map(async (one) => one.kill()));
  });
  await Promise.all(nodes.map(async (one) => one.start()));
  return {
    suite,
    tools,
    agent,
    ledger,
    nodes,
    follow: async (hear) => {
      await ledger.fold(1, (commits) => {
        for (const fact of commits.flatMap((commit) => decodeCommit(commit))) hear(fact);
      });
    },
  };
}
