import type { WorkflowSpec } from '@writ/contracts';
import { workflowSpec } from '@writ/contracts';
import { describe, expect, it } from 'vitest';
import { MemorySuite } from '../../test/memory-suite.ts';
import { Planning } from './planning.ts';
import { runWorkflow } from './run-workflow.ts';

function suite(): MemorySuite {
  return new MemorySuite({ get_price: () => ({ price: 95 }) }, [
    { name: 'get_price', class: 'READ_ONLY', description: 'the price of a share' },
  ]);
}

describe('a planner at work', () => {
  it('plans over the tenant’s tools, and what it plans can be run', async () => {
    const executor = await suite().connect();
    const workflow = await new Planning(executor).plan('what is the price of ACME');
    expect(workflow.nodes.map(({ name }) => name)).toEqual(['fetch', 'answer']);
    const result = await runWorkflow(workflow, {
      executor,
      execute: async (node) => (node.name === 'fetch' ? void (await node.call('get_price')) : '95 USD'),
    });
    expect(result).toMatchObject({
      status: 'succeeded',
      outputs: { fetch: { data: { price: 95 } }, answer: '95 USD' },
    });
    await executor.close();
  });

  it('is told what failed in a project, and what worked in the end', async () => {
    const executor = await suite().connect();
    const planning = new Planning(executor);
    const workflow = await planning.plan('what is the price of ACME');
    await runWorkflow(workflow, {
      executor,
      execute: async (node) => (node.attempt > 1 ? void (await node.call('get_price')) : 'about 90 USD'),
    });
    expect(await planning.failures({ project: 'default' })).toContainEqual(
      expect.objectContaining({
        nodeType: 'data',
        tools: ['get_price'],
        reason: 'no-data-call',
        count: 1,
        fixes: [{ calls: ['get_price'], count: 1 }],
      }),
    );
    await executor.close();
  });

  it('that plans what cannot be met: is refused with the reason', async () => {
    const executor = await suite().connect();
    const careless = {
      plan: (): WorkflowSpec => workflowSpec.parse({ name: 'w', nodes: [{ name: 'act', type: 'executor' }] }),
    };
    await expect(new Planning(executor, careless).plan('do it')).rejects.toMatchObject({
      code: 'invalid-workflow',
      message: 'the plan cannot be met: node "act": a node of type "executor" needs a tool that acts',
    });
    await executor.close();
  });
});
