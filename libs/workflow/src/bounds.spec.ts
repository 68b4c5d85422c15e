import { EVENT_SCHEMAS, MAX_COMMIT_BYTES, MAX_EVENTS_PER_COMMIT } from '@writ/contracts';
import type { Fact } from '@writ/contracts';
import { describe, expect, it } from 'vitest';
import { World } from '../test/scenario.ts';
import { gate } from './index.ts';

const MANY = 255;
const LONG_KEY = `\u0001${'"'.repeat(300)}`;

function largest(answers: readonly (readonly Fact[])[]): { events: number; bytes: number } {
  const bytes = answers.map((facts) => Buffer.byteLength(JSON.stringify(facts)));
  return { events: Math.max(...answers.map(({ length }) => length)), bytes: Math.max(...bytes) };
}

/** What one call of `react` gives is one commit, so each of them is looked at alone. */
function answersTo(world: World): Fact[][] {
  const all: Fact[][] = [];
  for (let owed = gate.react(world.state, world.now, undefined); owed.length > 0;) {
    all.push([...owed]);
    for (const one of owed) gate.evolve(world.state, { ...one, origin: 'decisions', seq: 0, at: world.now });
    owed = gate.react(world.state, world.now, undefined);
  }
  return all;
}

describe('one answer of the gate', () => {
  it('that stops as many nodes as a workflow has, with long reasons: fits into a commit', () => {
    const world = new World();
    const names = Array.from({ length: MANY }, (_, index) => `node-${'x'.repeat(50)}-${index}`);
    const inputSchema = { required: [LONG_KEY] };
    world.begin({
      name: 'wide',
      nodes: [
        { name: 'root' },
        ...names.map((name) => ({ name, inputSchema, onInvalidInput: 'block' as const })),
      ],
      edges: names.map((to) => ({ from: 'root', to })),
    });
    world.fold('node.submitted', { run: 'r1', node: 'root', attempt: 1, output: 1, used: [] });
    const answers = answersTo(world);
    expect(answers[0]).toHaveLength(1 + MANY);
    expect(largest(answers).events).toBeLessThanOrEqual(MAX_EVENTS_PER_COMMIT);
    expect(largest(answers).bytes).toBeLessThan(MAX_COMMIT_BYTES);
  });

  it('that names everything which is wrong with a workflow: fits into a commit', () => {
    const world = new World();
    const tools = Array.from({ length: 60 }, (_, index) => `no-such-tool-${'y'.repeat(40)}-${index}`);
    const nodes = Array.from({ length: MANY }, (_, index) => ({
      name: `n${index}`,
      type: `t${'z'.repeat(60)}`,
      tools,
    }));
    for (let type = 0; type < 900; type++)
      world.fold(
        'node-type.defined',
        { nodeType: { name: `type-${'w'.repeat(50)}-${type}`, sla: {} } },
        'catalog',
      );
    world.fold('run.requested', {
      run: 'r1',
      workflow: { name: 'w', project: 'p', nodes, edges: [], timeoutSeconds: 9 },
    });
    const answers = answersTo(world);
    expect(answers[0]).toMatchObject([{ type: 'run.refused' }]);
    expect(largest(answers).bytes).toBeLessThan(MAX_COMMIT_BYTES);
  });

  it('that sums up a run in which much went wrong: fits into a commit', () => {
    const world = new World();
    const sla = { maxRetries: 1, forbiddenTools: ['get_price'], requiredTools: ['get_news', 'place_order'] };
    world.begin({ name: 'w', nodes: Array.from({ length: 60 }, (_, index) => ({ name: `n${index}`, sla })) });
    for (let index = 0; index < 60; index++) {
      const node = `n${index}`;
      const failed = Array.from({ length: 200 }, () => world.call('get_price', { node, attempt: 1 }));
      world.submit(node, 1, { [LONG_KEY]: 1 }, failed);
      const news = Array.from({ length: 200 }, () => world.call('get_news', { node, attempt: 2 }));
      world.fold('node.submitted', {
        run: 'r1',
        node,
        attempt: 2,
        output: 1,
        used: [...news, world.call('place_order', { node, attempt: 2 })],
      });
      const answers = answersTo(world);
      expect(largest(answers).bytes).toBeLessThan(MAX_COMMIT_BYTES);
    }
  });
});

describe('an output that nests without end', () => {
  it('is refused where it comes in, so that nothing ever has to walk it', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 5_000; level++) deep = [deep];
    const submission = { run: 'r1', node: 'n', attempt: 1, output: deep, used: [] };
    expect(EVENT_SCHEMAS['node.submitted'].safeParse(submission).success).toBe(false);
    expect(EVENT_SCHEMAS['node.submitted'].safeParse({ ...submission, output: [[1]] }).success).toBe(true);
  });
});
