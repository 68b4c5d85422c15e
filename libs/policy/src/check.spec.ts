/** What `writ apply` is told before anything is published. */
import { describe, expect, it } from 'vitest';
import { toolSpec } from '@writ/contracts';
import { rule, tool } from '../test/scenario.ts';
import { checkPolicies, checkTool } from './index.ts';

describe('policies', () => {
  it('that are right: no problem', () =>
    expect(
      checkPolicies([
        rule('limit-expensive-simulations', 'require-approval', 'tool.cost > 1000 node-hours'),
        rule('no-destructive-ops-in-production', 'deny', 'tool.destructive AND env.production'),
      ]),
    ).toEqual([]));
  it('with a wrong unit: the place in the condition, and what is wrong', () => {
    const condition = 'env.production AND\ntool.cost > 20 USD';
    const [problem, ...others] = checkPolicies([
      rule('good', 'deny', 'true'),
      rule('dear', 'deny', condition),
    ]);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ policy: 'dear', field: 'condition', line: 2 });
    const { offset = 0, length = 0, column = 0, message = '' } = problem ?? {};
    expect(message).toMatch(/USD/);
    expect(length).toBeGreaterThan(0);
    expect(column).toBe(offset - condition.indexOf('\n'));
  });
  it('several wrong ones: all are told', () =>
    expect(
      checkPolicies([rule('x', 'deny', 'tool.prise > 1 USD'), rule('y', 'deny', '(')]).map(
        ({ policy }) => policy,
      ),
    ).toEqual(['x', 'y']));
  it('that share a name: told, because a decision names its rule', () =>
    expect(checkPolicies([rule('x', 'deny', 'true'), rule('x', 'allow', 'true')])).toMatchObject([
      { policy: 'x', field: 'name', message: expect.stringMatching(/two policies are named "x"/) },
    ]));
});

describe('a tool', () => {
  const SCHEMAS = {
    'draft 2020-12': {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      prefixItems: [{ type: 'string' }],
    },
    'draft 7': { $schema: 'http://json-schema.org/draft-07/schema#', definitions: { x: { type: 'string' } } },
    'no draft named, with a format': { properties: { mail: { format: 'email' } } },
  };
  it.each(Object.entries(SCHEMAS))('schema of %s: no problem', (_name, inputs) =>
    expect(
      checkTool(tool('t', { inputs, cost: { 'node-hours': '0.35 node-hours * args.atoms', usd: '5' } })),
    ).toEqual([]),
  );
  it.each([
    ['unknown type', { type: 'objekt' }, /"\/type"/],
    ['reference to nowhere', { $ref: '#/$defs/gone' }, /gone/],
    ['reference to the network', { $ref: 'https://example.org/x.json' }, /example\.org/],
    ['broken pattern', { properties: { x: { pattern: '(' } } }, /pattern|regular expression/i],
    ['unknown draft', { $schema: 'http://json-schema.org/draft-04/schema#' }, /draft-07/],
  ])('schema with %s: told', (_name, schema, message) => {
    for (const field of ['inputs', 'outputs']) {
      expect(checkTool(tool('t', { [field]: schema }))).toMatchObject([
        { tool: 't', field, message: expect.stringMatching(message) },
      ]);
    }
  });
  it('cost in another unit: the place in that expression', () =>
    expect(checkTool(tool('t', { cost: { usd: '5', 'node-hours': '2 USD * args.n' } }))).toMatchObject([
      { tool: 't', field: 'cost.node-hours', line: 1, message: expect.stringMatching(/USD/) },
    ]));
  it('cost in calls: told that calls are counted anyway', () =>
    expect(checkTool(tool('t', { cost: { calls: '3' } }))).toMatchObject([{ field: 'cost.calls' }]));
  it('two schemas under one $id do not meet', () => {
    const named = (type: string) =>
      toolSpec.parse({
        ...tool('t'),
        inputs: { $id: 'https://lab.example/args', $defs: { x: { $id: 'https://lab.example/x', type } } },
      });
    expect([...checkTool(named('string')), ...checkTool(named('number'))]).toEqual([]);
  });
});
