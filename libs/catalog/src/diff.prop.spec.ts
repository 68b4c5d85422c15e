import { breakerSpec, budgetSpec, digestOf, policyRule, toolSpec } from '@writ/contracts';
import type { BreakerSpec, Fact, RecordedFact, TenantId, ToolSpec } from '@writ/contracts';
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
  .record({ tool: name, window: fc.constantFrom(10, 100) })
  .map((fields) => breakerSpec.parse(fields));
const catalog: fc.Arbitrary<Catalog> = fc.record({
  tools: fc
    .uniqueArray(tool, { selector: (spec) => spec.name })
    .map((all) => new Map(all.map((spec) => [spec.name, spec]))),
  policies: fc.uniqueArray(policy, { selector: (rule) => rule.name }),
  budgets: fc
    .uniqueArray(budget, { selector: (spec) => spec.account })
    .map((all) => new Map(all.map((spec) => [spec.account, spec]))),
  breakers: fc
    .uniqueArray(breaker, { selector: (spec) => spec.tool })
    .map((all) => new Map(all.map((spec) => [spec.tool, spec]))),
  environment: fc.dictionary(name, fc.boolean()),
  groups: fc.dictionary(name, fc.array(name)),
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
        expect(reached.catalog.environment).toEqual(after.environment);
        expect(reached.bundle).toBe(digestOf(after.policies));
        for (const [key, spec] of after.breakers) {
          expect(reached.catalog.breakers.get(key) ?? breakerSpec.parse({ tool: key })).toEqual(spec);
        }
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

  it('with a breaker that says the defaults: publishes nothing; without one that did not: the defaults', () => {
    const breakers = (...all: readonly BreakerSpec[]) => ({
      ...before,
      breakers: new Map(all.map((spec) => [spec.tool, spec])),
    });
    expect(diff(LAB, current, breakers(breakerSpec.parse({ tool: 'keep' }))).facts).toEqual([]);
    const strict = breakers(breakerSpec.parse({ tool: 'keep', window: 10 }));
    const inForce = currentCatalog([...recorded(diff(LAB, NONE, strict).facts, 7)]);
    const { facts, changes } = diff(LAB, inForce, before);
    expect(facts).toEqual([
      { type: 'breaker.configured', tenant: LAB, data: { breaker: breakerSpec.parse({ tool: 'keep' }) } },
    ]);
    expect(changes).toEqual([{ kind: 'removed', what: 'breaker', name: 'keep', fields: [] }]);
  });
});
