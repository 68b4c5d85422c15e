/**
 * An executor that stands still past its lease (SIGSTOP), while calls are granted to it, and wakes up (SIGCONT): it
 * starts none of them, because the fence stands on its subject before. The order is made by facts: it wakes only when
 * the ledger shows its grant and the fence behind it. `WRIT_PAUSES` is the number of runs.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RecordedFact } from '@writ/contracts';
import type { CallOutcome } from '@writ/sdk';
import { eventually } from '@writ/testkit';
import { startScene } from './kills/scene.ts';
import type { Scene } from './kills/scene.ts';

const PAUSES = Number(process.env['WRIT_PAUSES'] ?? 50);
/** Executors that stand still at once. */
const NODES = 17;
const TIMEOUT_MS = 120_000 + PAUSES * 5_000;
const WITHIN_MS = 60_000;
/** A pull may run out before its executor stands still: such an executor gets nothing, and does not count. */
const MOST_ROUNDS = 10 + (3 * PAUSES) / NODES;
/** Effects that a second start could double. */
const TOOLS = ['once', 'keyed', 'once-command', 'queryable'];

let scene: Scene;
const facts: RecordedFact[] = [];

beforeAll(async () => {
  scene = await startScene({
    services: ['policy', 'budget', 'scheduler'],
    nodes: NODES,
    slots: 1,
    environment: { WRIT_PULL_HOLD_MS: '1500', WRIT_EXECUTOR_SILENT_MS: '2500' },
  });
  await scene.follow((fact) => facts.push(fact));
}, TIMEOUT_MS);

afterAll(async () => scene?.close(), TIMEOUT_MS);

/** A grant to an executor that stood still. */
interface FencedGrant {
  readonly invocation: string;
  readonly session: string;
}

it(
  `${PAUSES} executors that stand still past their lease: start nothing that was granted meanwhile`,
  async () => {
    const { nodes, suite, tools } = scene;
    const zombies: FencedGrant[] = [];
    const outcomes: CallOutcome[] = [];
    for (let round = 0; zombies.length < PAUSES && round < MOST_ROUNDS; round++) {
      await Promise.all(nodes.map(async (node) => node.pause()));
      const names = nodes.map((_, index) => `r-${round}-${index}`);
      const calls = names.map(async (name, index) => ask(name, TOOLS[(round + index) % TOOLS.length] ?? ''));
      const grants = await granted(new Set(names));
      // Another leader fences them: it does not know of the pull that they hold, so nothing but the fence can stop them.
      await suite.kill('scheduler');
      await suite.restart('scheduler');
      await fenced(grants);
      zombies.push(...grants);
      for (const node of nodes) node.wake();
      outcomes.push(...(await Promise.all(calls)));
    }
    expect(zombies.length).toBeGreaterThanOrEqual(PAUSES);
    const sessions = new Set(zombies.map(({ session, invocation }) => `${session} ${invocation}`));
    const started = facts.filter(
      (fact) =>
        fact.type === 'execution.started' && sessions.has(`${fact.data.session} ${fact.data.invocation}`),
    );
    expect(started).toEqual([]);
    // They were alive afterwards: who else ran these calls, each of them once?
    expect(outcomes.filter(({ status }) => status !== 'succeeded')).toEqual([]);
    const byCall = Map.groupBy(tools.effects(), ({ call }) => call);
    expect(outcomes.filter(({ invocation }) => byCall.get(invocation)?.length !== 1)).toEqual([]);
    const firsts = zombies.flatMap(({ invocation }) => byCall.get(invocation) ?? []);
    expect(firsts.filter(({ attempt }) => attempt === 1)).toEqual([]);
    console.log(
      `${zombies.length} paused executors fenced over ${outcomes.length} calls, none of them started`,
    );
  },
  TIMEOUT_MS,
);

function ask(invocation: string, tool: string): Promise<CallOutcome> {
  const inputs = { call: invocation, file: scene.tools.file, beforeMs: 0, afterMs: 0 };
  return scene.agent.run({ tool, invocation, inputs });
}

/** The grants of these calls, once the scheduler has found an executor for each, or none that still listens. */
async function granted(invocations: ReadonlySet<string>): Promise<readonly FencedGrant[]> {
  const reserved = (): boolean =>
    [...invocations].every((invocation) =>
      facts.some((fact) => fact.type === 'budget.reserved' && fact.data.invocation === invocation),
    );
  const dispatched = (): FencedGrant[] =>
    facts.flatMap((fact) =>
      fact.type === 'schedule.dispatched' && invocations.has(fact.data.invocation) ? [fact.data] : [],
    );
  const what = 'calls are granted to executors that stand still';
  await eventually(() => reserved() && dispatched().length > 0, { withinMs: WITHIN_MS, what });
  return dispatched();
}

/** Waits until the ledger shows a fence of the session of each grant. */
async function fenced(grants: readonly FencedGrant[]): Promise<void> {
  const what = 'the executors that stand still are fenced';
  await eventually(
    () =>
      grants.every(({ session }) =>
        facts.some((fact) => fact.type === 'execution.fenced' && fact.data.session === session),
      ),
    { withinMs: WITHIN_MS, what },
  );
}
