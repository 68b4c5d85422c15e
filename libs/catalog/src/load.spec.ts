import { describe, expect, it } from 'vitest';
import { loadCatalog, requireCatalog } from './load.ts';

const load = (text: string) => requireCatalog([{ path: 'governance.yaml', text }]);

describe('a good governance folder', () => {
  it('with the two policies of the README: loads as it stands', () => {
    const { policies } = load(`policies:
  - name: limit-expensive-simulations
    condition: tool.cost > 1000 node-hours
    action: require-approval
  - name: no-destructive-ops-in-production
    condition: tool.destructive AND env.production
    action: deny
`);
    expect(policies.map(({ name, action, mode }) => [name, action, mode])).toEqual([
      ['limit-expensive-simulations', 'require-approval', 'enforce'],
      ['no-destructive-ops-in-production', 'deny', 'enforce'],
    ]);
  });

  it('with several files: is one catalog, policies in the order of the files', () => {
    const catalog = requireCatalog([
      {
        path: 'a.yaml',
        text: 'policies: [{ name: z, condition: "true", action: allow }]\ngroups: { chemists: [ada] }',
      },
      {
        path: 'b.yaml',
        text: 'policies: [{ name: a, condition: "true", action: deny }]\nenvironment: { production: true }',
      },
      { path: 'c.yaml', text: '# nothing yet\n' },
    ]);
    expect(catalog.policies.map(({ name }) => name)).toEqual(['z', 'a']);
    expect(catalog.groups).toEqual({ chemists: ['ada'] });
    expect(catalog.environment).toEqual({ production: true });
  });

  it('with bare numbers and booleans where text is wanted: takes them as they are written', () => {
    const { tools, policies } = load(`tools:
  - name: a
    version: 1.10
    adapter: { kind: module, module: a.js }
    cost: { node-hours: 2 }
    labels: { tier: 01, gold: true }
policies:
  - { name: p, condition: true, action: allow }
`);
    expect(tools.get('a')).toMatchObject({
      version: '1.10',
      cost: { 'node-hours': '2' },
      labels: { tier: '01', gold: 'true' },
    });
    expect(policies[0]?.condition).toBe('true');
  });

  it('with defaults left out: has them', () => {
    const { tools, budgets } =
      load(`tools: [{ name: a, class: read_only, adapter: { kind: module, module: a.js } }]
budgets: [{ account: lab/screening, limits: { usd: 1.5 } }]
`);
    expect(tools.get('a')).toMatchObject({
      class: 'READ_ONLY',
      timeoutSeconds: 60,
      pool: 'default',
      adapter: { export: 'run' },
    });
    expect(budgets.get('lab/screening')?.alerts).toEqual([0.8]);
  });
});

describe('a bad governance folder', () => {
  it('that must load: throws one error with every problem in it', () => {
    expect(() => load('policies: 5\ntools: 6\n')).toThrowError(
      expect.objectContaining({
        code: 'invalid-catalog',
        message: expect.stringMatching(/^governance.yaml:1:11: .*\n.*\n.*\ngovernance.yaml:2:8: /),
      }),
    );
  });

  it('with one bad file: is no catalog at all', () => {
    const good = { path: 'a.yaml', text: 'policies: []' };
    expect(loadCatalog([good]).ok).toBe(true);
    expect(loadCatalog([good, { path: 'b.yaml', text: 'policies: [' }]).ok).toBe(false);
  });
});

describe('the catalog of a cell', () => {
  const loadCell = (text: string) => loadCatalog([{ path: 'cell.yaml', text }], { cell: true });

  it('with breakers and scheduling: loads, though it knows nobody`s tools', () =>
    expect(loadCell('breakers: [{ tool: dock }, { pool: gpu }]\nscheduling: { plan: dag }')).toMatchObject({
      ok: true,
      catalog: { scheduling: { parallelEnabled: true, plan: 'dag' } },
    }));
  it('with what belongs to a tenant: is told so at its place', () =>
    expect(loadCell('groups: { chemists: [ada] }')).toMatchObject({
      ok: false,
      problems: [
        {
          line: 1,
          column: 1,
          message: 'the cell has no groups: only breakers, scheduling and shares hold for all tenants',
        },
      ],
    }));
});
