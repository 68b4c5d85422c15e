/** What a tenant of the benchmark has in its catalog: one read-only tool, two rules that look at it, one budget. */
import {
  budgetSpec,
  cloudEvent,
  digestOf,
  encodeCommit,
  policyRule,
  subjects,
  toolSpec,
} from '@writ/contracts';
import type { Fact, TenantId } from '@writ/contracts';
import type { Ledger } from '@writ/ledger';

const TOOL = toolSpec.parse({
  name: 'echo',
  class: 'READ_ONLY',
  keys: ['echo:{args.candidate}'],
  adapter: { kind: 'module', module: 'echo.mjs' },
  inputs: {
    type: 'object',
    properties: { candidate: { type: 'string' }, repeat: { type: 'integer' } },
    required: ['candidate'],
  },
  cost: { 'node-hours': '0.001 node-hours * (1 + args.repeat)' },
});

const POLICIES = [
  {
    name: 'limit-expensive-simulations',
    condition: 'tool.cost > 1000 node-hours',
    action: 'require-approval',
  },
  {
    name: 'no-destructive-ops-in-production',
    condition: 'tool.destructive AND env.production',
    action: 'deny',
  },
].map((rule) => policyRule.parse(rule));

const BUDGET = budgetSpec.parse({ account: '/', limits: { 'node-hours': 1e12, calls: 1e12 } });

/** Publishes the catalog of one tenant. */
export async function publishCatalog(ledger: Ledger, tenant: TenantId): Promise<void> {
  const facts: Fact[] = [
    { type: 'tool.registered', tenant, data: { tool: TOOL } },
    { type: 'policy.published', tenant, data: { bundle: digestOf(POLICIES), policies: POLICIES } },
    { type: 'budget.defined', tenant, data: { budget: BUDGET } },
    { type: 'environment.defined', tenant, data: { environment: { production: true } } },
  ];
  const id = `bench-catalog-${tenant}`;
  const data = encodeCommit(
    facts.map((fact, index) => cloudEvent(fact, `${id}.${index}`, 'bench', Date.now())),
  );
  await ledger.append({ subject: subjects.catalog(tenant), data, id, expected: 0 });
}
