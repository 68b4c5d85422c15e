import {
  breakerScopeOf,
  breakerSpec,
  budgetSpec,
  digestOf,
  nodeType,
  policyRule,
  toolSpec,
} from '@writ/contracts';
import type { Fact, RecordedFact, TenantId, ToolSpec } from '@writ/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { currentCatalog } from './catalog.ts';
import type { Catalog } from './catalog.ts';
import { diff } from './diff.ts';

const LAB = 'lab' as TenantId;
const NONE = currentCatalog([]);

const name = fc.constantFrom('a', 'b', 'c', 'd');
const tool = fc
  .record({ name, timeoutSeconds: fc.integer({ min: 1, max: 3 }), labels: fc.dictionary(name, name) })
  .map((fields) => toolSpec.parse({ ...fields, adapter: { kind: 'module', module: 'x.js' } }));
const policy = fc
  .record({ name, condition: fc.constantFrom('true', 'false'), action: fc.constantFrom('allow', 'deny') })
  .map((fields) => policyRule.parse(fields));
const budget = fc
  .record({ account: name, limits: fc.dictionary(name, fc.nat(5)) })
  .map((fields) => budgetSpec.parse(fields));
const breaker = fc
  .record({ scope: fc.constantFrom('tool', 'pool'), name, window: fc.constantFrom(10, 100) })
  .map(({ scope, name: of, window }) => breakerSpec.parse({ [scope]: of, window }));
const aNodeType = fc
  .record({ name, sla: fc.record({ minToolCalls: fc.nat(3) }) })
  .map((fields) => nodeType.parse(fields));
const catalog: fc.Arbitrary<Catalog> = fc.record({
  tools: fc
    .uniqueArray(tool, { selector: (spec) => spec.name })
    .map((all) => new Map(all.map((spec) => [spec.name, spec]))),
  policies: fc.uniqueArray(policy, { selector: (rule) => rule.name }),
  budgets: fc
    .uniqueArray(budget, { selector: (spec) => spec.account })
    .map((all) => new Map(all.map((spec) => [spec.account, spec]))),
  breakers: fc
    .uniqueArray(breaker, { selector: breakerScopeOf })
    .map((all) => new Map(all.map((spec) => [breakerScopeOf(spec), spec]))),
  scheduling: fc.option(fc.record({ parallelEnabled: fc.boolean() }), { nil: undefined }),
  shares: fc
    .uniqueArray(fc.record({ account: name, share: fc.nat(3) }), { selector: ({ account }) => account })
    .map((all) => new Map(all.map((spec) => [spec.account, spec]))),
  concurrency: fc
    .uniqueArray(fc.record({ key: name, most: fc.integer({ min: 1, max: 3 }) }), {
      selector: ({ key }) => key,
    })
    .map((all) => new Map(all.map((spec) => [`key:${spec.key}`, spec]))),
  environment: fc.dictionary(name, fc.boolean()),
  groups: fc.dictionary(name, fc.array(name)),
  owners: fc.dictionary(fc.constantFrom('ada', 'bob'), fc.constantFrom('grace', 'emmy')),
  nodeTypes: fc
    .uniqueArray(aNodeType, { selector: (spec) => spec.name })
    .map((all) => new Map(all.map((spec) => [spec.name, spec]))),
});

function recorded(facts: readonly Fact[], seq: number): RecordedFact[] {
  const stored: unknown = facts.map((fact) => ({ ...fact, origin: 'catalog', seq, at: 0 }));
  return stored as RecordedFact[];
}

describe('any two catalogs', () => {
  it('applying the difference leads from one to the other, and then nothing is left to apply', () => {
    fc.assert(
      fc.property(catalog, catalog, (before, after) => {
        const first = recorded(diff(LAB, NONE, before).facts, 1);
        const second = recorded(diff(LAB, currentCatalog(first), after).facts, 2);
        const reached = currentCatalog([...first, ...second]);
        expect(diff(LAB, reached, after)).toEqual({ facts: [], changes: [] });
        expect(reached.catalog.tools).toEqual(after.tools);
        expect(reached.catalog.policies).toEqual(after.policies);
        expect(reached.catalog.budgets).toEqual(after.budgets);
        expect(reached.catalog.nodeTypes).toEqual(after.nodeTypes);
        expect(reached.catalog.shares).toEqual(after.shares);
        expect(reached.catalog.concurrency).toEqual(after.concurrency);
        expect(reached.catalog.environment).toEqual(after.environment);
        expect(reached.bundle).toBe(digestOf(after.policies));
        expect(reached.catalog.breakers).toEqual(after.breakers);
        expect(reached.catalog.scheduling?.parallelEnabled ?? true).toBe(
          after.scheduling?.parallelEnabled ?? true,
        );
      }),
    );
  });
});

describe('a changed catalog', () => {
  const before: Catalog = {
    ...NONE.catalog,
    tools: new Map(
      ['keep', 'change', 'drop'].map((key) => [
        key,
        toolSpec.parse({ name: key, adapter: { kind: 'module', module: 'x.js' } }),
      ]),
    ),
    budgets: new Map([['lab', budgetSpec.parse({ account: 'lab', limits: { usd: 5 } })]]),
  };
  const current = currentCatalog(recorded(diff(LAB, NONE, before).facts, 7));

  it('publishes only what changed, and names the fields', () => {
    const tools = new Map<string, ToolSpec>(before.tools);
    tools.delete('drop');
    tools.set(
      'change',
      toolSpec.parse({ name: 'change', adapter: { kind: 'module', module: 'y.js' }, timeoutSeconds: 5 }),
    );
    const { facts, changes } = diff(LAB, current, { ...before, tools, budgets: new Map() });
    expect(facts.map(({ type }) => type)).toEqual(['budget.retired', 'tool.retired', 'tool.registered']);
    expect(changes).toEqual([
      { kind: 'removed', what: 'budget', name: 'lab', fields: [] },
      { kind: 'removed', what: 'tool', name: 'drop', fields: [] },
      {
        kind: 'changed',
        what: 'tool',
        name: 'change',
        fields: [
          { field: 'adapter.module', before: 'x.js', after: 'y.js' },
          { field: 'timeoutSeconds', before: 60, after: 5 },
        ],
      },
    ]);
  });

  it('with its policies in another order: publishes the bundle and says so', () => {
    const rule = (key: string) => policyRule.parse({ name: key, condition: 'true', action: 'deny' });
    const ordered = currentCatalog(
      recorded(diff(LAB, NONE, { ...before, policies: [rule('a'), rule('b')] }).facts, 1),
    );
    const { facts, changes } = diff(LAB, ordered, { ...before, policies: [rule('b'), rule('a')] });
    expect(facts.map(({ type }) => type)).toEqual(['policy.published']);
    expect(changes).toEqual([{ kind: 'changed', what: 'policy', name: '(order)', fields: [] }]);
  });

  it('with rules that read balances: says so, also of the same rules that were published without it', () => {
    const rule = policyRule.parse({ name: 'low', condition: 'budget.utilisation > 90 %', action: 'deny' });
    const reading = { ...before, policies: [rule] };
    const { facts } = diff(LAB, current, reading);
    expect(facts).toMatchObject([{ type: 'policy.published', data: { balances: 'stated' } }]);
    expect(
      diff(LAB, currentCatalog(recorded([...diff(LAB, NONE, before).facts, ...facts], 7)), reading),
    ).toEqual({ facts: [], changes: [] });
    const older = facts.map((fact) => ({ ...fact, data: { ...fact.data, balances: undefined } }) as Fact);
    const inForce = currentCatalog(recorded([...diff(LAB, NONE, before).facts, ...older], 7));
    expect(diff(LAB, inForce, reading)).toEqual({
      facts,
      changes: [{ kind: 'changed', what: 'policy', name: '(balances)', fields: [] }],
    });
  });

  it('with a breaker that is no longer wanted: retires it', () => {
    const spec = breakerSpec.parse({ pool: 'gpu', window: 10 });
    const guarded = { ...before, breakers: new Map([['pool:gpu', spec]]) };
    const inForce = currentCatalog([...recorded(diff(LAB, NONE, guarded).facts, 7)]);
    const { facts, changes } = diff(LAB, inForce, before);
    expect(facts).toEqual([{ type: 'breaker.retired', tenant: LAB, data: { scope: 'pool:gpu' } }]);
    expect(changes).toEqual([{ kind: 'removed', what: 'breaker', name: 'pool:gpu', fields: [] }]);
  });

  it('whose steps may not be parallel any more: says so, and takes it back', () => {
    const off = { ...before, scheduling: { parallelEnabled: false } };
    const { facts } = diff(LAB, current, off);
    expect(facts).toEqual([{ type: 'scheduling.configured', tenant: LAB, data: { parallelEnabled: false } }]);
    const back = diff(LAB, currentCatalog([...recorded(diff(LAB, NONE, off).facts, 7)]), before);
    expect(back.facts).toEqual([
      { type: 'scheduling.configured', tenant: LAB, data: { parallelEnabled: true } },
    ]);
  });
});
