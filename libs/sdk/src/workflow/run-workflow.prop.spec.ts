import type { WorkflowSpecInput } from '@writ/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemorySuite } from '../../test/memory-suite.ts';
import { runWorkflow } from './run-workflow.ts';
import type { Execute, WorkflowResult } from './options.ts';

/** `WRIT_WORKFLOW_CRASHES` makes a longer search. */
const RUNS = Number(process.env['WRIT_WORKFLOW_CRASHES'] ?? 1_000);
const TIMEOUT_MS = 300_000;
const FETCHED_AT = '2020-01-01T00:00:00.000Z';

/** Data, a decision, two branches side by side with it, and a node where what ran comes together. */
const DIAMOND: WorkflowSpecInput = {
  name: 'diamond',
  nodes: [
    { name: 'fetch', type: 'data', tools: ['get'] },
    { name: 'decide', type: 'decision', tools: ['get', 'boolean_gate'] },
    { name: 'act', type: 'executor', tools: ['put'], onFailure: { fallback: 'spare' } },
    { name: 'spare' },
    { name: 'rest' },
    { name: 'beside' },
    { name: 'join' },
  ],
  edges: [
    { from: 'fetch', to: 'decide' },
    { from: 'fetch', to: 'beside' },
    { from: 'decide', to: 'act', when: 'yes' },
    { from: 'decide', to: 'rest', when: 'no' },
    { from: 'act', to: 'join' },
    { from: 'spare', to: 'join' },
    { from: 'rest', to: 'join' },
    { from: 'beside', to: 'join' },
  ],
};

/** How many attempts of each node go wrong before one is right. */
interface Story {
  readonly mistakes: Readonly<Record<string, number>>;
  readonly yes: boolean;
}

const story: fc.Arbitrary<Story> = fc.record({
  mistakes: fc.record({
    fetch: fc.nat(3),
    decide: fc.nat(3),
    act: fc.nat(3),
    beside: fc.nat(1),
    join: fc.constant(0),
  }),
  yes: fc.boolean(),
});

function agent({ mistakes, yes }: Story): Execute {
  return async (node) => {
    if (node.attempt <= (mistakes[node.name] ?? 0)) {
      if (node.name === 'beside') throw new Error('no idea');
      // A call that does not keep the promise.
      if (node.name === 'decide') await node.call('get', { of: 'the wrong kind' });
      return { text: 'trust me' };
    }
    switch (node.name) {
      case 'fetch':
        await node.call('get', { of: 'this' });
        return { data: 1, fetchedAt: FETCHED_AT };
      case 'decide':
        await node.call('boolean_gate', { condition: yes, ifTrue: 'yes', ifFalse: 'no' });
        return {};
      case 'act':
        await node.call('put', {});
        return {};
      default:
        return `${node.name} is done`;
    }
  };
}

function suite({ yes }: Story): MemorySuite {
  const tools = { get: () => 1, put: () => 2, boolean_gate: () => ({ routedTo: yes ? 'yes' : 'no' }) };
  return new MemorySuite(tools, [
    { name: 'get', class: 'READ_ONLY' },
    { name: 'put', class: 'NETWORK', effects: 'once' },
  ]);
}

describe('a run of a random story', () => {
  it(
    `${RUNS} crashes anywhere: whoever takes it up comes to the same end, and no call runs twice`,
    () =>
      fc.assert(
        fc.asyncProperty(story, fc.nat(40), async (told, diesAfter) => {
          const world = suite(told);
          const whole = await finished(suite(told), told);
          const dying = await world.connect({ diesAfter });
          const lost = runWorkflow(DIAMOND, { executor: dying, execute: agent(told), run: 'r' }).catch(
            () => undefined,
          );
          for (let turn = 0; turn < 40; turn++) await new Promise((resolve) => setImmediate(resolve));
          await dying.close();
          await lost;
          const resumed = await finished(world, told);
          expect({ ...resumed, failures: [] }).toEqual({ ...whole, failures: [] });
          expect(Math.max(1, ...world.runs.values())).toBe(1);
        }),
        { numRuns: RUNS },
      ),
    TIMEOUT_MS,
  );
});

async function finished(world: MemorySuite, told: Story): Promise<WorkflowResult> {
  const executor = await world.connect();
  const result = await runWorkflow(DIAMOND, { executor, execute: agent(told), run: 'r' });
  await executor.close();
  return result;
}
