import { toolSpec } from '@writ/contracts';
import type { TenantId, WorkflowSpec } from '@writ/contracts';
import { describe, expect, it } from 'vitest';
import { World } from '../test/scenario.ts';
import { catalogText, lint, plannedTool, ruleBasedPlanner, toolCatalog } from './index.ts';

const ACME = 'acme' as TenantId;

function catalog(denied: ReadonlyMap<string, string> = new Map()) {
  const world = new World();
  const described = [
    { name: 'get_price', class: 'READ_ONLY', description: 'The price of a share.' },
    {
      name: 'place_order',
      class: 'NETWORK',
      description: 'Buys shares.',
      planning: { mustBeFinalTool: true, patterns: ['last'] },
    },
  ];
  for (const spec of described) {
    const tool = toolSpec.parse({ ...spec, adapter: { kind: 'module', module: 'x.mjs' } });
    world.fold('tool.registered', { tool }, 'catalog');
  }
  return toolCatalog(world.state, ACME, denied, new Map());
}

const plan = (task: string, more: object = {}) =>
  ruleBasedPlanner.plan({ task, catalog: catalog(), ...more }) as WorkflowSpec;

describe('the catalog for planners', () => {
  it('as text: says of each tool what it is good for and what it demands', () => {
    const text = catalogText(catalog());
    expect(text).toContain('- decision: routes to exactly one path');
    expect(text).toContain('- get_price (data; READ_ONLY, pure): The price of a share.');
    expect(text).toContain(
      '- place_order (action; NETWORK, once; must be the last call of its node): Buys shares.\n  Typical: last',
    );
    expect(text).toContain('A node that has it: toolUsageRequired, minToolCalls 1.');
  });

  it('leaves out what policy denies', () => {
    expect(catalogText(catalog(new Map([['get_price', 'no']])))).not.toContain('- get_price');
  });
});

describe('the reference planner', () => {
  it('a task with a condition: data, then a decision, then an action, and it can be met', () => {
    const workflow = plan('buy shares if the price is below 100');
    expect(workflow.nodes.map(({ name, type, tools }) => [name, type, tools])).toEqual([
      ['fetch', 'data', ['get_price']],
      ['decide', 'decision', ['get_price', 'conditional_gate']],
      ['act', 'executor', ['place_order']],
      ['explain', 'agent', []],
    ]);
    expect(workflow.edges).toEqual([
      { from: 'fetch', to: 'decide' },
      { from: 'decide', to: 'act', when: 'yes' },
      { from: 'decide', to: 'explain', when: 'no' },
    ]);
    const tools = new Map(catalog().tools.map((tool) => [tool.name, tool]));
    const { problems, contracts } = lint(workflow, { tools, types: new Map() });
    expect(problems).toEqual([]);
    expect(contracts.get('act')?.requiredFinalTool).toBe('place_order');
  });

  it('a question: fetches and answers', () => {
    expect(plan('what is the price of ACME').nodes.map(({ name }) => name)).toEqual(['fetch', 'answer']);
  });

  it('nothing that a tool is about: is one node for an agent', () => {
    expect(plan('write a poem').nodes).toMatchObject([{ name: 'answer', type: 'agent', tools: [] }]);
  });

  it('a kind of node that failed before: gets more attempts', () => {
    const failed = {
      nodeType: 'data',
      tools: ['get_price'],
      reason: 'no-tool-used',
      count: 3,
      detail: '',
      fixes: [],
    };
    const [fetch] = plan('what is the price', { failures: [failed] }).nodes;
    expect(fetch?.sla).toEqual({ maxRetries: 3 });
  });

  it('a tool without a role of its own: reads when it is READ_ONLY, else acts', () => {
    const roles = (safety: string) =>
      plannedTool(toolSpec.parse({ name: 't', class: safety, adapter: { kind: 'module', module: 'x' } }))
        .roles;
    expect([roles('READ_ONLY'), roles('LOCAL_WRITE')]).toEqual([['data'], ['action']]);
  });
});
