import { nodeType, toolSpec, workflowSpec } from '@writ/contracts';
import { describe, expect, it } from 'vitest';
import { BUILT_IN_TYPES, GATE_TOOLS, lint, plannedTool } from './index.ts';
import type { LintCatalog } from './index.ts';

const TOOLS = [
  ...GATE_TOOLS,
  ...[
    { name: 'get_price', class: 'READ_ONLY' },
    { name: 'order', class: 'NETWORK' },
    { name: 'sign', class: 'NETWORK', planning: { mustBeFinalTool: true } },
    {
      name: 'seal',
      class: 'NETWORK',
      planning: { requiresSla: { requiredTools: ['get_price'], maxToolCalls: 3 } },
    },
  ].map((spec) => toolSpec.parse({ ...spec, adapter: { kind: 'module', module: 'x.mjs' } })),
].map((spec) => plannedTool(spec));

const CATALOG: LintCatalog = {
  tools: new Map(TOOLS.map((tool) => [tool.name, tool])),
  types: new Map([
    [
      'quote',
      nodeType.parse({ name: 'quote', extends: 'data', sla: { freshnessSeconds: 30, maxRetries: 4 } }),
    ],
    ['loop', nodeType.parse({ name: 'loop', extends: 'loop' })],
  ]),
};

function linted(nodes: readonly object[], edges: readonly object[] = [], more: Partial<LintCatalog> = {}) {
  return lint(workflowSpec.parse({ name: 'w', nodes, edges }), { ...CATALOG, ...more });
}

const decide = { name: 'decide', type: 'decision', tools: ['get_price', 'conditional_gate'] };
const routes = [
  { from: 'decide', to: 'a', when: 'a' },
  { from: 'decide', to: 'b', when: 'b' },
];
const ends = [{ name: 'a' }, { name: 'b' }];

describe('a workflow', () => {
  it('whose contracts can be met: has no problem', () => {
    const { problems, contracts } = linted(
      [decide, ...ends, { name: 'q', type: 'quote', tools: ['get_price'] }],
      routes,
    );
    expect(problems).toEqual([]);
    expect(contracts.get('q')).toMatchObject({
      guarantee: 'fetches',
      freshnessSeconds: 30,
      maxRetries: 4,
      timeoutSeconds: 120,
    });
  });

  it.each<[string, readonly object[], readonly object[], RegExp]>([
    [
      'a decision without a gate tool',
      [{ ...decide, tools: ['get_price'] }, ...ends],
      routes,
      /needs a decision tool/,
    ],
    ['a decision without paths', [decide], [], /needs edges/],
    [
      'a decision with a path that is always taken',
      [decide, ...ends],
      [...routes, { from: 'decide', to: 'a' }],
      /needs `when`/,
    ],
    ['a path out of what does not decide', ends, [{ from: 'a', to: 'b', when: 'x' }], /only decisions route/],
    ['a data node without a data tool', [{ name: 'd', type: 'data', tools: ['order'] }], [], /fetches data/],
    [
      'an executor without an action',
      [{ name: 'e', type: 'executor', tools: ['get_price'] }],
      [],
      /a tool that acts/,
    ],
    ['a tool that is not registered', [{ name: 'x', tools: ['get_prise'] }], [], /did you mean "get_price"/],
    ['an unknown type', [{ name: 'x', type: 'desicion' }], [], /no node type/],
    ['a type that is derived from itself', [{ name: 'x', type: 'loop' }], [], /from itself/],
    ['a node twice', [{ name: 'a' }, { name: 'a' }], [], /twice/],
    ['an edge to nowhere', ends, [{ from: 'a', to: 'c' }], /no node is named "c"/],
    [
      'a circle',
      ends,
      [
        { from: 'a', to: 'b' },
        { from: 'b', to: 'a' },
      ],
      /circle: (a -> b -> a|b -> a -> b)/,
    ],
    [
      'a stand-in with edges of its own',
      [{ name: 'a', onFailure: { fallback: 'b' } }, { name: 'b' }],
      [{ from: 'a', to: 'b' }],
      /edges of its own/,
    ],
    [
      'more calls than are allowed',
      [{ name: 'x', sla: { minToolCalls: 3, maxToolCalls: 2 } }],
      [],
      /at least 3 .* at most 2/,
    ],
    [
      'what is required and forbidden',
      [{ name: 'x', sla: { requiredTools: ['order'], forbiddenTools: ['order'] } }],
      [],
      /required and forbidden/,
    ],
    [
      'what is required but not offered',
      [{ name: 'x', tools: ['order'], sla: { requiredFinalTool: 'get_price' } }],
      [],
      /not among/,
    ],
    [
      'a looser promise',
      [{ name: 'x', type: 'quote', tools: ['get_price'], sla: { freshnessSeconds: 60 } }],
      [],
      /only be stricter/,
    ],
    [
      'another last tool than a tool demands',
      [{ name: 'x', tools: ['sign', 'order'], sla: { requiredFinalTool: 'order' } }],
      [],
      /it is sign/,
    ],
    [
      'a last tool that does not decide',
      [{ ...decide, sla: { requiredFinalTool: 'get_price' } }, ...ends],
      routes,
      /no decision tool/,
    ],
    [
      'a schema that cannot be used',
      [{ name: 'x', sla: { outputSchema: { type: 'objekt' } } }],
      [],
      /outputSchema at/,
    ],
    [
      'a schema with what is not known',
      [{ name: 'x', inputSchema: { $ref: 'http://x' } }],
      [],
      /uses "\$ref"/,
    ],
  ])('with %s: is told so', (_what, nodes, edges, message) => {
    const { problems } = linted(nodes, edges);
    expect(problems.map((problem) => problem.message)).toContainEqual(expect.stringMatching(message));
  });

  it('whose required tool is denied by policy: is told which policy', () => {
    const denied = new Map([['conditional_gate', 'policy "no-gates"']]);
    expect(linted([decide, ...ends], routes, { denied }).problems).toMatchObject([
      {
        code: 'no-fitting-tool',
        node: 'decide',
        message: expect.stringContaining('conditional_gate may not be called') as string,
      },
    ]);
    const final = { ...decide, sla: { requiredFinalTool: 'conditional_gate' } };
    expect(linted([final, ...ends], routes, { denied }).problems.map(({ message }) => message)).toContain(
      'tool "conditional_gate" is required, but policy denies it: policy "no-gates"',
    );
  });
});

describe('a node', () => {
  it('without an sla of its own: has what its tools demand', () => {
    const { contracts } = linted([
      { name: 'x', tools: ['seal', 'get_price'] },
      { name: 'y', tools: ['order', 'sign'] },
    ]);
    expect(contracts.get('x')).toMatchObject({ requiredTools: ['get_price'], maxToolCalls: 3 });
    expect(contracts.get('y')).toMatchObject({ requiredFinalTool: 'sign' });
  });

  it('of a built-in type that the catalog made stricter: has both promises', () => {
    const types = new Map([['data', nodeType.parse({ name: 'data', sla: { minToolCalls: 2 } })]]);
    const { contracts } = linted([{ name: 'x', type: 'data', tools: ['get_price'] }], [], { types });
    expect(contracts.get('x')).toMatchObject({
      guarantee: 'fetches',
      minToolCalls: 2,
      toolUsageRequired: true,
    });
    expect(BUILT_IN_TYPES.map(({ name }) => name)).toEqual(['decision', 'data', 'executor', 'agent']);
  });
});
