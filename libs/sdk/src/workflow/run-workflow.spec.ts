import type { WorkflowSpecInput } from '@writ/contracts';
import { describe, expect, it } from 'vitest';
import { MemorySuite } from '../../test/memory-suite.ts';
import { runWorkflow } from './run-workflow.ts';
import type { Execute } from './options.ts';

const STOCK: WorkflowSpecInput = {
  name: 'stock',
  nodes: [
    {
      name: 'decide',
      type: 'decision',
      tools: ['get_current_stock_price', 'conditional_gate'],
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

const GATE = { value: 95, operator: '<', threshold: 100, ifTrue: 'buy', ifFalse: 'hold' };

function suite(): MemorySuite {
  const tools = {
    get_current_stock_price: () => ({ price: 95 }),
    conditional_gate: () => ({ routedTo: 'buy' }),
    place_order: () => ({ order: 1 }),
  };
  const specs = [
    { name: 'get_current_stock_price', class: 'READ_ONLY' },
    { name: 'place_order', class: 'NETWORK', effects: 'once' },
  ];
  return new MemorySuite(tools, specs);
}

/** Text only, then the price only, then price and gate. */
function learning(seen: string[]): Execute {
  return async (node, input, feedback) => {
    seen.push(`${node.name} ${node.attempt}: ${feedback ?? JSON.stringify(input)}`);
    if (node.name === 'buy') return void (await node.call('place_order', { shares: 1 }));
    if (node.name !== 'decide') return 'held';
    if (node.attempt === 1) return 'I would buy.';
    await node.call('get_current_stock_price', { symbol: 'ACME' });
    if (node.attempt === 3) await node.call('conditional_gate', GATE);
    return undefined;
  };
}

describe('the stock decision', () => {
  it('an agent that learns from the feedback: passes at the third attempt, and one branch runs', async () => {
    const seen: string[] = [];
    const executor = await suite().connect();
    const result = await runWorkflow(STOCK, { executor, execute: learning(seen), input: { symbol: 'ACME' } });
    expect(result).toMatchObject({
      status: 'succeeded',
      nodes: { decide: 'accepted', buy: 'accepted', hold: 'skipped' },
      routes: { decide: 'buy' },
      outputs: { decide: { routedTo: 'buy' }, buy: { confirmation: { tool: 'place_order' } } },
    });
    expect(seen[0]).toBe('decide 1: {"input":{"symbol":"ACME"},"from":{}}');
    expect(seen[1]).toContain('call a tool; you called nothing');
    expect(seen[2]).toContain('call `conditional_gate` last; you called get_current_stock_price only');
    expect(seen[3]).toBe('buy 1: {"input":{"symbol":"ACME"},"from":{"decide":{"routedTo":"buy"}}}');
    await executor.close();
  });

  it('an agent that never calls the gate: fails after its retries, with what was wrong', async () => {
    const executor = await suite().connect();
    const result = await runWorkflow(STOCK, { executor, execute: async () => 'buy!' });
    expect(result).toMatchObject({
      status: 'failed',
      nodes: { decide: 'failed', buy: 'skipped', hold: 'skipped' },
      outputs: {},
    });
    expect(result.failures).toContainEqual(expect.objectContaining({ reason: 'no-tool-used', count: 3 }));
    await executor.close();
  });
});

describe('a runner', () => {
  it('whose agent throws or takes too long: asks again, and says why', async () => {
    const executor = await suite().connect();
    const seen: (string | undefined)[] = [];
    const execute: Execute = async ({ attempt, signal }, _input, feedback) => {
      seen.push(feedback);
      if (attempt === 1) throw new Error('no idea');
      if (attempt === 2) await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return 'done';
    };
    const workflow = { name: 'one', nodes: [{ name: 'only', sla: { timeoutSeconds: 0.02 } }] };
    expect(await runWorkflow(workflow, { executor, execute })).toMatchObject({ outputs: { only: 'done' } });
    expect(seen[1]).toContain('no idea');
    expect(seen[2]).toContain('0.02 s');
    await executor.close();
  });

  it('given a workflow that cannot be met: says every problem', async () => {
    const executor = await suite().connect();
    const workflow = {
      ...STOCK,
      edges: [],
      nodes: [{ name: 'decide', type: 'decision', tools: ['gat'] }],
    };
    await expect(runWorkflow(workflow, { executor, execute: async () => 1 })).rejects.toMatchObject({
      code: 'invalid-workflow',
      message: expect.stringMatching(/"gat" is not registered.*decision tool.*edges/s) as string,
    });
    await executor.close();
  });

  it('cancelled: ends the run', async () => {
    const executor = await suite().connect();
    const abort = new AbortController();
    const execute: Execute = async () => {
      abort.abort();
      return new Promise(() => {});
    };
    const result = await runWorkflow(STOCK, { executor, execute, signal: abort.signal });
    expect(result).toMatchObject({ status: 'cancelled', nodes: { decide: 'unfinished' } });
    await executor.close();
  });

  it('whose node waits for a person: goes on when the person says so', async () => {
    const world = suite();
    const executor = await world.connect();
    const attempts: number[] = [];
    const workflow: WorkflowSpecInput = {
      name: 'one',
      nodes: [{ name: 'only', onFailure: 'person', sla: { maxRetries: 0, minToolCalls: 1 } }],
    };
    const result = await runWorkflow(workflow, {
      executor,
      run: 'r',
      execute: async (node) => {
        attempts.push(node.attempt);
        if (node.attempt > 1) await node.call('get_current_stock_price', {});
        return 'done';
      },
      onFact: ({ type, data }) => {
        if (type !== 'contract.rejected') return;
        expect(data).toMatchObject({ next: 'person' });
        queueMicrotask(() => world.says('node.ruled', 'eve', { run: 'r', node: 'only', ruling: 'retry' }));
      },
    });
    expect(result.status).toBe('succeeded');
    expect(attempts).toEqual([1, 2]);
    await executor.close();
  });

  it('that takes up a run: gives its nodes what the run began with', async () => {
    const world = suite();
    const dying = await world.connect({ diesAfter: 1 });
    const never: Execute = () => new Promise(() => {});
    const lost = runWorkflow(STOCK, { executor: dying, execute: never, run: 'r', input: { symbol: 'ACME' } });
    await turns(20);
    const seen: string[] = [];
    const next = await world.connect();
    await runWorkflow(STOCK, { executor: next, execute: learning(seen), run: 'r' });
    expect(seen[0]).toBe('decide 1: {"input":{"symbol":"ACME"},"from":{}}');
    await Promise.all([next.close(), dying.close()]);
    await expect(lost).rejects.toMatchObject({ code: 'closed' });
  });

  it('killed after any message: another one ends the run with the same result, and nothing runs twice', async () => {
    const whole = suite();
    const first = await whole.connect();
    const expected = await runWorkflow(STOCK, { executor: first, execute: learning([]), run: 'r' });
    await first.close();
    const messages = whole.facts.filter(({ type }) => /requested|submitted/.test(type)).length;
    for (let diesAfter = 0; diesAfter <= messages; diesAfter++) {
      const world = suite();
      const dying = await world.connect({ diesAfter });
      const lost = runWorkflow(STOCK, { executor: dying, execute: learning([]), run: 'r' }).catch(
        () => undefined,
      );
      await turns(60);
      const next = await world.connect();
      const result = await runWorkflow(STOCK, { executor: next, execute: learning([]), run: 'r' });
      expect(result.outputs, `after ${diesAfter} messages`).toEqual(expected.outputs);
      expect({ ...result, failures: [] }).toEqual({ ...expected, failures: [] });
      expect(Math.max(...world.runs.values())).toBe(1);
      await Promise.all([next.close(), dying.close()]);
      await lost;
    }
  });
});

/** Lets everything that is under way go on. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
