import { RunOutcome } from '@writ/contracts';
import type { WorkflowSpecInput } from '@writ/contracts';
import { describe, expect, it } from 'vitest';
import { World, rulesOf } from '../test/scenario.ts';
import { gate, openRunView } from './index.ts';

/** The story that this was built for: a price, a decision, two branches. */
const STOCK: WorkflowSpecInput = {
  name: 'stock',
  nodes: [
    {
      name: 'decide',
      type: 'decision',
      tools: ['get_price', 'conditional_gate'],
      sla: { toolUsageRequired: true, requiredFinalTool: 'conditional_gate', minToolCalls: 1 },
    },
    { name: 'buy', type: 'executor', tools: ['place_order'] },
    { name: 'hold' },
  ],
  edges: [
    { from: 'decide', to: 'buy', when: 'buy' },
    { from: 'decide', to: 'hold', when: 'hold' },
  ],
};

describe('the stock decision', () => {
  it('text only, then the price only, then the gate: two rejections, one branch', () => {
    const world = new World();
    expect(world.begin(STOCK)).toMatchObject([
      { type: 'run.opened', data: { opens: [{ node: 'decide', attempt: 1 }] } },
    ]);
    const first = world.submit('decide', 1, { text: 'buy it' }, []);
    expect(first).toMatchObject([
      { type: 'contract.rejected', data: { next: 'retry', opens: [{ node: 'decide', attempt: 2 }] } },
    ]);
    expect(rulesOf(first)).toEqual(['no-tool-used', 'final-tool', 'output-schema']);

    const price = world.call('get_price', { node: 'decide', attempt: 2 });
    const second = world.submit('decide', 2, { routedTo: 'buy' }, [price]);
    expect(rulesOf(second)).toEqual(['final-tool']);
    expect(second).toMatchObject([
      {
        data: {
          feedback: expect.stringContaining(
            'call `conditional_gate` last; you called get_price only',
          ) as string,
        },
      },
    ]);

    const again = world.call('get_price', { node: 'decide', attempt: 3 });
    const route = world.call(
      'conditional_gate',
      { node: 'decide', attempt: 3 },
      { output: { routedTo: 'buy' } },
    );
    const third = world.submit('decide', 3, { routedTo: 'buy' }, [again, route]);
    expect(third).toMatchObject([
      {
        type: 'contract.accepted',
        data: {
          routedTo: 'buy',
          opens: [{ node: 'buy', attempt: 1 }],
          skips: ['hold'],
          calls: [again, route],
        },
      },
    ]);
  });
});

describe('a run', () => {
  it('all nodes accepted or skipped: succeeds, and is let flow on', () => {
    const world = new World();
    world.begin(STOCK);
    const route = world.call(
      'conditional_gate',
      { node: 'decide', attempt: 1 },
      { output: { routedTo: 'hold' } },
    );
    world.submit('decide', 1, { routedTo: 'hold' }, [route]);
    expect(world.submit('hold', 1, 'nothing done', [])).toMatchObject([
      { type: 'contract.accepted' },
      {
        type: 'run.completed',
        data: { status: 'succeeded', nodes: { decide: 'accepted', buy: 'skipped', hold: 'accepted' } },
      },
    ]);
    expect([...world.state.releases.values()].map(({ fact }) => fact.type)).toEqual([
      'flow.released',
      'flow.released',
      'flow.ended',
    ]);
    world.fold('flow.released', { node: 'decide' }, 'r1');
    world.fold('flow.released', { node: 'hold' }, 'r1');
    world.fold('flow.ended', {}, 'r1');
    expect(world.state.releases.size).toBe(0);
  });

  it('asked for twice with the same words: is one run; with others: is refused', () => {
    const world = new World();
    world.begin(STOCK);
    expect(world.begin(STOCK)).toEqual([]);
    expect(world.begin({ ...STOCK, name: 'other' })).toMatchObject([
      { type: 'run.refused', data: { problems: [{ code: 'duplicate-run' }] } },
    ]);
  });

  it('a workflow whose contract nobody could keep: is refused with what is wrong', () => {
    const broken: WorkflowSpecInput = { ...STOCK, nodes: [{ name: 'decide', type: 'decision' }], edges: [] };
    expect(new World().begin(broken)).toMatchObject([
      { type: 'run.refused', data: { problems: [{ code: 'no-route', node: 'decide' }] } },
    ]);
  });

  it('cancelled by its agent: ends; by another one: goes on', () => {
    const world = new World();
    world.begin(STOCK);
    expect(world.says('run.cancel-requested', { run: 'r1' }, 'eve')).toEqual([]);
    expect(world.says('run.cancel-requested', { run: 'r1' })).toMatchObject([
      { type: 'run.completed', data: { status: 'cancelled', nodes: { decide: 'unfinished' } } },
    ]);
  });

  it('whose time is up: ends as expired', () => {
    const world = new World();
    world.begin({ ...STOCK, timeoutSeconds: 60 });
    expect(world.later(61).react()).toMatchObject([{ type: 'run.completed', data: { status: 'expired' } }]);
  });
});

describe('attempts that are used up', () => {
  const one = (
    onFailure: NonNullable<WorkflowSpecInput['nodes'][number]['onFailure']>,
  ): WorkflowSpecInput => ({
    name: 'one',
    nodes: [
      { name: 'first', type: 'data', tools: ['get_price'], sla: { maxRetries: 0 }, onFailure },
      { name: 'spare' },
      { name: 'last' },
    ],
    edges: [
      { from: 'first', to: 'last' },
      { from: 'spare', to: 'last' },
    ],
  });

  it('fail: what needs the data never runs and the run fails', () => {
    const world = new World();
    world.begin(one('fail'));
    expect(world.submit('first', 1, 'made up', [])).toMatchObject([{ data: { next: 'fail', skips: [] } }]);
    expect(world.submit('spare', 1, 'x', [])).toMatchObject([
      { type: 'contract.accepted', data: { opens: [], skips: ['last'] } },
      { type: 'run.completed', data: { status: 'failed' } },
    ]);
  });

  it('fallback: the stand-in gets the same input and the run goes on with its data', () => {
    const world = new World();
    world.begin(one({ fallback: 'spare' }));
    expect(world.submit('first', 1, 'made up', [])).toMatchObject([
      { data: { next: 'fallback', opens: [{ node: 'spare', attempt: 1 }] } },
    ]);
    world.submit('spare', 1, 'from the spare', []);
    expect(openRunView(world.state, 'acme' as never, 'r1' as never)?.nodes['last']?.input).toEqual({
      input: null,
      from: { spare: 'from the spare' },
    });
    expect(world.submit('last', 1, 'done', [])).toMatchObject([{}, { data: { status: 'succeeded' } }]);
  });

  it('person: waits, and one more attempt or the end is what the person says', () => {
    const world = new World();
    world.begin(one('person'));
    expect(world.submit('first', 1, 'made up', [])).toMatchObject([{ data: { next: 'person', opens: [] } }]);
    expect(world.says('node.ruled', { run: 'r1', node: 'first', ruling: 'retry' }, 'eve')).toMatchObject([
      { type: 'node.reopened', data: { by: 'eve', opens: [{ node: 'first', attempt: 2 }] } },
    ]);
    expect(world.submit('first', 2, 'again made up', [])).toMatchObject([{ data: { next: 'person' } }]);
    expect(world.says('node.ruled', { run: 'r1', node: 'first', ruling: 'fail' }, 'eve')).toMatchObject([
      { type: 'node.reopened', data: { ruling: 'fail' } },
    ]);
    expect(world.says('node.ruled', { run: 'r1', node: 'first', ruling: 'retry' }, 'eve')).toEqual([]);
  });
});

describe('what flows into a node', () => {
  const needs = { type: 'object', properties: { from: { properties: { a: { type: 'number' } } } } };
  const chain = (onInvalidInput: 'retry' | 'block'): WorkflowSpecInput => ({
    name: 'chain',
    nodes: [
      { name: 'a', sla: { maxRetries: 1 } },
      { name: 'b', inputSchema: needs, onInvalidInput },
    ],
    edges: [{ from: 'a', to: 'b' }],
  });

  it('does not fit, retry: the node before is asked again, and what fits then is allowed', () => {
    const world = new World();
    world.begin(chain('retry'));
    expect(world.submit('a', 1, 'a word', [])).toMatchObject([
      { type: 'contract.rejected', data: { node: 'a', side: 'input', next: 'retry' } },
    ]);
    expect(world.submit('a', 2, 7, [])).toMatchObject([
      { type: 'contract.accepted', data: { opens: [{ node: 'b', attempt: 1 }] } },
    ]);
  });

  it('does not fit, block: the node never starts', () => {
    const world = new World();
    world.begin(chain('block'));
    expect(world.submit('a', 1, 'a word', [])).toMatchObject([
      { type: 'contract.accepted', data: { opens: [] } },
      { type: 'contract.rejected', data: { node: 'b', attempt: 0, side: 'input', next: 'fail' } },
      { type: 'run.completed', data: { status: 'failed' } },
    ]);
  });

  it('still does not fit when retries are used up: blocks', () => {
    const world = new World();
    world.begin(chain('retry'));
    world.submit('a', 1, 'a word', []);
    expect(world.submit('a', 2, 'another', [])).toMatchObject([
      {},
      { data: { node: 'b', side: 'input' } },
      {},
    ]);
  });
});

describe('a failure', () => {
  it('is summed up for planners with the calls that worked in the end', () => {
    const world = new World();
    world.begin(STOCK);
    world.submit('decide', 1, { text: 'buy' }, []);
    const route = world.call(
      'conditional_gate',
      { node: 'decide', attempt: 2 },
      { output: { routedTo: 'hold' } },
    );
    world.submit('decide', 2, { routedTo: 'hold' }, [route]);
    const tenant = world.state.tenants.get('acme' as never);
    expect(tenant?.failures.get('default')?.summary(9)).toContainEqual({
      nodeType: 'decision',
      tools: ['conditional_gate', 'get_price'],
      reason: 'final-tool',
      count: 1,
      detail: expect.stringContaining('conditional_gate') as string,
      fixes: [{ calls: ['conditional_gate'], count: 1 }],
    });
  });
});

describe('the state', () => {
  it('in the middle of a run: is the same after a snapshot', () => {
    const world = new World();
    world.begin(STOCK);
    world.submit('decide', 1, { text: 'buy' }, []);
    world.call('get_price', { node: 'decide', attempt: 2 }, { outcome: RunOutcome.failed });
    world.call('get_price', { node: 'decide', attempt: 2 }, { ends: false });
    world.fold('node.submitted', { run: 'r1', node: 'decide', attempt: 2, output: 1, used: [] });
    const text = JSON.stringify(gate.snapshot(world.state));
    const restored = gate.restore(JSON.parse(text));
    expect(JSON.stringify(gate.snapshot(restored))).toBe(text);
    expect(restored.pendingCalls).toBe(1);
    expect(gate.react(restored, world.now, undefined)).toEqual(gate.react(world.state, world.now, undefined));
  });

  it('without runs: wants nothing of what others write', () => {
    const world = new World();
    expect(
      (['budget', 'schedule', 'executions', 'flows'] as const).map((kind) => gate.wants(world.state, kind)),
    ).toEqual([false, false, false, false]);
    world.begin(STOCK);
    world.call('get_price', { node: 'decide', attempt: 1 }, { ends: false });
    expect(gate.wants(world.state, 'executions')).toBe(true);
  });
});
