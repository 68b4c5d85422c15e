/**
 * One tenant's catalog as far as policy needs it: tools, the published rules, environment, groups. The last
 * fact about a name is in force. What is compiled out of it (rules, schemas, cost expressions) is made on
 * first use, kept with the very thing it was made of, and dropped with it, so that nothing old can outlive a
 * new publish.
 */
import { GOVERNING_TYPES } from '@writ/contracts';
import type {
  BudgetSpec,
  EnvironmentSpec,
  GroupsSpec,
  OwnersSpec,
  RecordedFact,
  ToolName,
} from '@writ/contracts';
import { Bundle } from './bundle.ts';
import { RegisteredTool } from './registered-tool.ts';

export interface Catalog {
  /** Ledger sequence of the tenant's last catalog commit. */
  revision: number;
  /** Ledger sequence of the last commit that can change what is decided. */
  governedAt: number;
  /** Absent until something is published. */
  bundle: Bundle | undefined;
  readonly tools: Map<ToolName, RegisteredTool>;
  environment: EnvironmentSpec;
  groups: GroupsSpec;
  /** Accounts with a soft limit over which people are asked. */
  readonly escalating: Set<string>;
  /** The person who answers for each agent. */
  owners: OwnersSpec;
}

export type CatalogFact = RecordedFact<
  | 'tool.registered'
  | 'tool.retired'
  | 'policy.published'
  | 'budget.defined'
  | 'budget.retired'
  | 'breaker.configured'
  | 'environment.defined'
  | 'groups.defined'
  | 'owners.defined'
  | 'scheduling.configured'
>;

export function emptyCatalog(): Catalog {
  return {
    revision: 0,
    governedAt: 0,
    bundle: undefined,
    tools: new Map(),
    environment: {},
    groups: {},
    escalating: new Set(),
    owners: {},
  };
}

export function foldCatalog(catalog: Catalog, fact: CatalogFact): void {
  catalog.revision = fact.seq;
  if (GOVERNING_TYPES.has(fact.type)) catalog.governedAt = fact.seq;
  switch (fact.type) {
    case 'tool.registered':
      catalog.tools.set(fact.data.tool.name, new RegisteredTool(fact.data.tool));
      return;
    case 'tool.retired':
      catalog.tools.delete(fact.data.tool);
      return;
    case 'policy.published':
      catalog.bundle = new Bundle(fact.data.bundle, fact.data.policies, catalog.environment);
      return;
    case 'environment.defined':
      catalog.environment = fact.data.environment;
      catalog.bundle = catalog.bundle?.under(fact.data.environment);
      return;
    case 'groups.defined':
      catalog.groups = fact.data.groups;
      return;
    case 'owners.defined':
      catalog.owners = fact.data.owners;
      return;
    case 'budget.defined':
      if (asksPeople(fact.data.budget)) catalog.escalating.add(fact.data.budget.account);
      else catalog.escalating.delete(fact.data.budget.account);
      return;
    case 'budget.retired':
      catalog.escalating.delete(fact.data.account);
      return;
    default:
      // The other pillars' entries only move the revision.
      return;
  }
}

/** Whether any limit of the account, in whichever of its forms, sends calls over its soft part to people. */
function asksPeople({ limits }: BudgetSpec): boolean {
  return Object.values<unknown>(limits)
    .flat()
    .some((limit) => (limit as { readonly overdraft?: unknown } | null)?.overdraft === 'escalated');
}
