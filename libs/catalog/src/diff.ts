/**
 * From the catalog in force to the wanted one: the facts to publish and the changes to show. Restrictions come before
 * capabilities in the order of the facts, so that no prefix of them allows more than either catalog does.
 */
import { digestOf, readsBudget, schedulingSpec } from '@writ/contracts';
import type { Fact, PolicyRule, TenantId } from '@writ/contracts';
import type { Catalog, CatalogInForce } from './catalog.ts';
import { changeOf, same } from './change.ts';
import type { Change } from './change.ts';

export interface CatalogDiff {
  /** Empty when nothing has to be published. */
  readonly facts: readonly Fact[];
  readonly changes: readonly Change[];
}

const NOTHING: CatalogDiff = { facts: [], changes: [] };

export function diff(tenant: TenantId, current: CatalogInForce, wanted: Catalog): CatalogDiff {
  const parts = [
    policiesDiff(tenant, current, wanted),
    environmentDiff(tenant, current.catalog, wanted),
    groupsDiff(tenant, current.catalog, wanted),
    ownersDiff(tenant, current.catalog, wanted),
    budgetsDiff(tenant, current.catalog, wanted),
    breakersDiff(tenant, current.catalog, wanted),
    schedulingDiff(tenant, current.catalog, wanted),
    sharesDiff(tenant, current.catalog, wanted),
    concurrencyDiff(tenant, current.catalog, wanted),
    toolsDiff(tenant, current.catalog, wanted),
    nodeTypesDiff(tenant, current.catalog, wanted),
  ];
  return { facts: parts.flatMap((part) => part.facts), changes: parts.flatMap((part) => part.changes) };
}

/**
 * A bundle is published whole; the changes name its rules. An empty bundle is published too: then it is meant. So is one that
 * reads balances and was published before the budget stated them.
 */
function policiesDiff(tenant: TenantId, current: CatalogInForce, wanted: Catalog): CatalogDiff {
  const bundle = digestOf(wanted.policies);
  const statesBalances = readsBudget(wanted.policies);
  const published: Fact = {
    type: 'policy.published',
    tenant,
    data: { bundle, policies: [...wanted.policies], ...(statesBalances ? { balances: 'stated' } : {}) },
  };
  if (bundle === current.bundle) {
    if (statesBalances === current.statesBalances) return NOTHING;
    return {
      facts: [published],
      changes: [{ kind: 'changed', what: 'policy', name: '(balances)', fields: [] }],
    };
  }
  const rules = pairs(byName(current.catalog.policies), byName(wanted.policies));
  const changes = rules.flatMap(([name, before, after]) => changeOf('policy', name, before, after) ?? []);
  const whole: Change = {
    kind: current.bundle ? 'changed' : 'added',
    what: 'policy',
    name: '(order)',
    fields: [],
  };
  return {
    facts: [published],
    changes:
      changes.length > 0 ? changes : [wanted.policies.length > 0 ? whole : { ...whole, name: '(none)' }],
  };
}

function environmentDiff(tenant: TenantId, current: Catalog, { environment }: Catalog): CatalogDiff {
  const change = changeOf('environment', 'env', current.environment, environment);
  if (!change) return NOTHING;
  return { facts: [{ type: 'environment.defined', tenant, data: { environment } }], changes: [change] };
}

function groupsDiff(tenant: TenantId, current: Catalog, { groups }: Catalog): CatalogDiff {
  const change = changeOf('groups', 'groups', current.groups, groups);
  if (!change) return NOTHING;
  return { facts: [{ type: 'groups.defined', tenant, data: { groups } }], changes: [change] };
}

function ownersDiff(tenant: TenantId, current: Catalog, { owners }: Catalog): CatalogDiff {
  const change = changeOf('owners', 'owners', current.owners, owners);
  if (!change) return NOTHING;
  return { facts: [{ type: 'owners.defined', tenant, data: { owners } }], changes: [change] };
}

function budgetsDiff(tenant: TenantId, current: Catalog, wanted: Catalog): CatalogDiff {
  const facts: Fact[] = [];
  const changes: Change[] = [];
  for (const [account, before, after] of pairs(current.budgets, wanted.budgets)) {
    const change = changeOf('budget', account, before, after);
    if (!change) continue;
    changes.push(change);
    facts.push(
      after
        ? { type: 'budget.defined', tenant, data: { budget: after } }
        : { type: 'budget.retired', tenant, data: { account } },
    );
  }
  return { facts, changes };
}

function breakersDiff(tenant: TenantId, current: Catalog, wanted: Catalog): CatalogDiff {
  const facts: Fact[] = [];
  const changes: Change[] = [];
  for (const [scope, before, after] of pairs(current.breakers, wanted.breakers)) {
    const change = changeOf('breaker', scope, before, after);
    if (!change) continue;
    changes.push(change);
    facts.push(
      after
        ? { type: 'breaker.configured', tenant, data: { breaker: after } }
        : { type: 'breaker.retired', tenant, data: { scope } },
    );
  }
  return { facts, changes };
}

/** No fact takes it back: without a section steps may be parallel, so that is what is published. */
function schedulingDiff(tenant: TenantId, current: Catalog, wanted: Catalog): CatalogDiff {
  const defaults = schedulingSpec.parse({});
  const data = wanted.scheduling ?? defaults;
  if (same(current.scheduling ?? defaults, data)) return NOTHING;
  const change = changeOf('scheduling', 'steps', current.scheduling ?? defaults, data);
  return { facts: [{ type: 'scheduling.configured', tenant, data }], changes: change ? [change] : [] };
}

/** All shares are published together: what one account gets depends on all others. */
function sharesDiff(tenant: TenantId, current: Catalog, wanted: Catalog): CatalogDiff {
  const changes = pairs(current.shares, wanted.shares).flatMap(
    ([account, before, after]) => changeOf('share', account, before, after) ?? [],
  );
  if (changes.length === 0) return NOTHING;
  return {
    facts: [{ type: 'shares.defined', tenant, data: { shares: [...wanted.shares.values()] } }],
    changes,
  };
}

function concurrencyDiff(tenant: TenantId, current: Catalog, wanted: Catalog): CatalogDiff {
  const changes = pairs(current.concurrency, wanted.concurrency).flatMap(
    ([name, before, after]) => changeOf('concurrency', name, before, after) ?? [],
  );
  if (changes.length === 0) return NOTHING;
  const limits = [...wanted.concurrency.values()];
  return { facts: [{ type: 'concurrency.defined', tenant, data: { limits } }], changes };
}

function toolsDiff(tenant: TenantId, current: Catalog, wanted: Catalog): CatalogDiff {
  const facts: Fact[] = [];
  const changes: Change[] = [];
  for (const [name, before, after] of pairs(current.tools, wanted.tools)) {
    const change = changeOf('tool', name, before, after);
    if (!change) continue;
    changes.push(change);
    const old = before ?? after;
    if (after) facts.push({ type: 'tool.registered', tenant, data: { tool: after } });
    else if (old) facts.push({ type: 'tool.retired', tenant, data: { tool: old.name } });
  }
  return { facts, changes };
}

function nodeTypesDiff(tenant: TenantId, current: Catalog, wanted: Catalog): CatalogDiff {
  const facts: Fact[] = [];
  const changes: Change[] = [];
  for (const [name, before, after] of pairs(current.nodeTypes, wanted.nodeTypes)) {
    const change = changeOf('node type', name, before, after);
    if (!change) continue;
    changes.push(change);
    facts.push(
      after
        ? { type: 'node-type.defined', tenant, data: { nodeType: after } }
        : { type: 'node-type.retired', tenant, data: { nodeType: name } },
    );
  }
  return { facts, changes };
}

function byName(policies: readonly PolicyRule[]): ReadonlyMap<string, PolicyRule> {
  return new Map(policies.map((policy) => [policy.name, policy]));
}

/** Every key of both maps: removed ones first, then the wanted ones in their order. */
function pairs<T>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
): [string, T | undefined, T | undefined][] {
  const removed = [...before].filter(([key]) => !after.has(key));
  return [
    ...removed.map(([key, old]): [string, T | undefined, T | undefined] => [key, old, undefined]),
    ...[...after].map(([key, next]): [string, T | undefined, T | undefined] => [key, before.get(key), next]),
  ];
}
