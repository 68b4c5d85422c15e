/**
 * The catalog of one tenant: what it may run, under which rules, with which money. Pure values; where they come from
 * (a folder or the ledger) is decided elsewhere, so that both can be compared.
 */
import { breakerScopeOf } from '@writ/contracts';
import type {
  BreakerSpec,
  BudgetSpec,
  ConcurrencySpec,
  Digest,
  EnvironmentSpec,
  EventData,
  GroupsSpec,
  NodeType,
  OwnersSpec,
  PolicyRule,
  RecordedFact,
  SchedulingSpec,
  ShareSpec,
  ToolSpec,
} from '@writ/contracts';

export interface Catalog {
  readonly tools: ReadonlyMap<string, ToolSpec>;
  /** In the order of the files. */
  readonly policies: readonly PolicyRule[];
  /** By account. */
  readonly budgets: ReadonlyMap<string, BudgetSpec>;
  /** By scope; a tool without one has the defaults. */
  readonly breakers: ReadonlyMap<string, BreakerSpec>;
  /** Absent: nothing is said, so steps may be parallel. */
  readonly scheduling: SchedulingSpec | undefined;
  /** By account; one without an entry has share 1. */
  readonly shares: ReadonlyMap<string, ShareSpec>;
  /** By what is limited: `tool:dock`, `project:lab`, `key:licence`. */
  readonly concurrency: ReadonlyMap<string, ConcurrencySpec>;
  readonly environment: EnvironmentSpec;
  readonly groups: GroupsSpec;
  readonly owners: OwnersSpec;
  /** Types of workflow nodes, by name. */
  readonly nodeTypes: ReadonlyMap<string, NodeType>;
}

/** What a tenant's ledger says: the last fact about each name. */
export interface CatalogInForce {
  readonly catalog: Catalog;
  /** Digest of the published policies; absent before the first bundle. */
  readonly bundle: Digest | undefined;
  /** Whether the budget states the balances that its policies read. */
  readonly statesBalances: boolean;
  /** Ledger sequence of the last catalog commit; 0 when there is none. */
  readonly revision: number;
}

/** Folds the catalog facts of one tenant; facts of other kinds change nothing. */
export function currentCatalog(facts: Iterable<RecordedFact>): CatalogInForce {
  const tools = new Map<string, ToolSpec>();
  const budgets = new Map<string, BudgetSpec>();
  const breakers = new Map<string, BreakerSpec>();
  const nodeTypes = new Map<string, NodeType>();
  let policies: readonly PolicyRule[] = [];
  let scheduling: SchedulingSpec | undefined;
  const wholes: Wholes = {
    shares: new Map(),
    concurrency: new Map(),
    environment: {},
    groups: {},
    owners: {},
  };
  let bundle: Digest | undefined;
  let balances: EventData<'policy.published'>['balances'];
  let revision = 0;
  for (const fact of facts) {
    switch (fact.type) {
      case 'tool.registered':
        tools.set(fact.data.tool.name, fact.data.tool);
        break;
      case 'tool.retired':
        tools.delete(fact.data.tool);
        break;
      case 'policy.published':
        ({ policies, bundle, balances } = fact.data);
        break;
      case 'budget.defined':
        budgets.set(fact.data.budget.account, fact.data.budget);
        break;
      case 'budget.retired':
        budgets.delete(fact.data.account);
        break;
      case 'breaker.configured':
        breakers.set(breakerScopeOf(fact.data.breaker), fact.data.breaker);
        break;
      case 'breaker.retired':
        breakers.delete(fact.data.scope);
        break;
      case 'breaker.forced':
      case 'breaker.released':
        break;
      case 'scheduling.configured': {
        const { pool, parallelEnabled, plan } = fact.data;
        if (pool === undefined) scheduling = plan ? { parallelEnabled, plan } : { parallelEnabled };
        break;
      }
      default:
        if (!isNodeTypeFolded(nodeTypes, fact) && !isWholeFolded(wholes, fact)) continue;
    }
    revision = fact.seq;
  }
  return {
    catalog: { tools, policies, budgets, breakers, scheduling, ...wholes, nodeTypes },
    bundle,
    statesBalances: balances === 'stated',
    revision,
  };
}

export function sharesByAccount(shares: readonly ShareSpec[]): ReadonlyMap<string, ShareSpec> {
  return new Map(shares.map((share) => [share.account, share]));
}

export function limitsByName(limits: readonly ConcurrencySpec[]): ReadonlyMap<string, ConcurrencySpec> {
  return new Map(limits.map((limit) => [limitName(limit), limit]));
}

function limitName(limit: ConcurrencySpec): string {
  if ('tool' in limit) return `tool:${limit.tool}`;
  return 'project' in limit ? `project:${limit.project}` : `key:${limit.key}`;
}

/** What one fact states as a whole, in place of what was stated before. */
type Wholes = { -readonly [K in 'shares' | 'concurrency' | 'environment' | 'groups' | 'owners']: Catalog[K] };

function isWholeFolded(wholes: Wholes, fact: RecordedFact): boolean {
  if (fact.type === 'shares.defined') wholes.shares = sharesByAccount(fact.data.shares);
  else if (fact.type === 'concurrency.defined') wholes.concurrency = limitsByName(fact.data.limits);
  else if (fact.type === 'environment.defined') wholes.environment = fact.data.environment;
  else if (fact.type === 'groups.defined') wholes.groups = fact.data.groups;
  else if (fact.type === 'owners.defined') wholes.owners = fact.data.owners;
  else return false;
  return true;
}

function isNodeTypeFolded(nodeTypes: Map<string, NodeType>, fact: RecordedFact): boolean {
  if (fact.type === 'node-type.defined') nodeTypes.set(fact.data.nodeType.name, fact.data.nodeType);
  else if (fact.type === 'node-type.retired') nodeTypes.delete(fact.data.nodeType);
  else return false;
  return true;
}
