import { toolSpec } from '@writ/contracts';
import type { RecordedFact } from '@writ/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ONCE, TestExecutor, tool, until } from './fixtures/test-executor.ts';
import type { ToolAdapter, ToolRun } from './tool-run.ts';

/** What the world does to the executor, one thing after another. */
type Event =
  | { readonly kind: 'call'; readonly once: boolean; readonly tenant: string }
  | { readonly kind: 'lose-reply' | 'fail-pull' | 'repeat' | 'expire' | 'fence' | 'ambush' | 'turn' }
  | { readonly kind: 'append'; readonly fault: 'lost' | 'answer-lost' };

const call = fc.record({
  kind: fc.constant('call'),
  once: fc.boolean(),
  tenant: fc.constantFrom('lab', 'plant'),
});
const append = fc.record({ kind: fc.constant('append'), fault: fc.constantFrom('lost', 'answer-lost') });
const trouble = fc.record({
  kind: fc.constantFrom('lose-reply', 'fail-pull', 'repeat', 'expire', 'fence', 'ambush'),
});
const events = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: call },
    { weight: 2, arbitrary: trouble },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('turn') }) },
    { weight: 2, arbitrary: append },
  ),
  { maxLength: 60 },
) as fc.Arbitrary<Event[]>;

/** A tool that counts its effects and takes a few turns of the event loop. */
function countingAdapter(effects: Map<string, number>): ToolAdapter {
  const run = async ({ tenant, invocation }: ToolRun): Promise<{ outcome: 'succeeded'; output: unknown }> => {
    const key = `${tenant}/${invocation}`;
    effects.set(key, (effects.get(key) ?? 0) + 1);
    for (let turns = effects.size % 3; turns > 0; turns--) await turn();
    return { outcome: 'succeeded', output: null };
  };
  return { prepare: () => Promise.resolve(run), close: () => Promise.resolve() };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const pure = tool('pure');
const once = toolSpec.parse({ ...tool('once'), ...ONCE });

async function play(script: readonly Event[]): Promise<void> {
  const node = new TestExecutor();
  const effects = new Map<string, number>();
  const faults: ('lost' | 'answer-lost')[] = [];
  node.fault = () => faults.shift() ?? 'none';
  let ambushes = 0;
  node.beforeAppend = async () => {
    await turn();
    if (ambushes > 0 && ambushes-- > 0) await node.scheduler.fence(['lab', 'plant']);
  };
  const adapter = countingAdapter(effects);
  await node.start({ slots: 3, drainMs: 500 }, { module: adapter, command: adapter });
  const called = new Map<string, boolean>();
  for (const event of script) {
    if (event.kind === 'call') {
      const invocation = `i-${called.size}`;
      called.set(`${event.tenant}/${invocation}`, event.once);
      node.scheduler.grant(event.once ? once : pure, { invocation, tenant: event.tenant });
    } else if (event.kind === 'append') faults.push(event.fault);
    else if (event.kind === 'lose-reply') node.scheduler.loseReplies++;
    else if (event.kind === 'fail-pull') node.scheduler.failPull();
    else if (event.kind === 'repeat') node.scheduler.repeats++;
    else if (event.kind === 'ambush') ambushes++;
    else if (event.kind === 'expire') node.scheduler.expire();
    else if (event.kind === 'fence') await node.scheduler.fence(['lab', 'plant']);
    else await turn();
  }
  node.scheduler.expire();
  await until(() => node.scheduler.quiet);
  await node.stop();
  expect(factsBehindFences(node)).toEqual([]);
  for (const [key, isOnce] of called) {
    const completed = node
      .facts()
      .filter((fact) => fact.type === 'execution.completed' && callOf(fact) === key);
    expect(completed.length + (node.scheduler.indeterminate.has(key) ? 1 : 0), `ends of ${key}`).toBe(1);
    const most = isOnce ? 1 : Number.POSITIVE_INFINITY;
    expect(effects.get(key) ?? 0, `effects of ${key}`).toBeLessThanOrEqual(most);
  }
}

/** What a session wrote although its fence stood there already. */
function factsBehindFences(node: TestExecutor): string[] {
  const fenced = new Set<string>();
  return node.facts().flatMap((fact) => {
    const writer = `${fact.tenant} ${(fact.data as { readonly session: string }).session}`;
    if (fact.type !== 'execution.fenced') return fenced.has(writer) ? [`${fact.type} by ${writer}`] : [];
    fenced.add(writer);
    return [];
  });
}

function callOf(fact: RecordedFact): string {
  return `${fact.tenant}/${(fact.data as { readonly invocation: string }).invocation}`;
}

describe('any mixture of lost replies, fences and appends without an answer', () => {
  it(
    'gives every call one end, no once tool a second effect, and leaves no fact behind a fence',
    { timeout: 60_000 },
    async () => {
      await fc.assert(fc.asyncProperty(events, play), { numRuns: 150 });
    },
  );
});
