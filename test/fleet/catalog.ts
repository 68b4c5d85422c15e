/** What a fleet's tenant has in its catalog: one read-only tool for each pool of executors, and no rule or budget in the way. */
import {
  budgetSpec,
  cloudEvent,
  encodeCommit,
  policyRule,
  subjects,
  toolSpec,
  digestOf,
} from '@writ/contracts';
import type { Fact, TenantId } from '@writ/contracts';
import type { Ledger } from '@writ/ledger';

/** The tool of a pool. It runs for as many milliseconds as its input says. */
export function toolOf(pool: string): string {
  return `work-${pool}`;
}

export async function publishFleetCatalog(
  ledger: Ledger,
  tenant: TenantId,
  pools: readonly string[],
): Promise<void> {
  const policies = [policyRule.parse({ name: 'destroys', condition: 'tool.destructive', action: 'deny' })];
  const budget = budgetSpec.parse({ account: '/', limits: { calls: 1e12 } });
  const facts: Fact[] = [
    ...pools.map((pool): Fact => ({ type: 'tool.registered', tenant, data: { tool: specOf(pool) } })),
    { type: 'policy.published', tenant, data: { bundle: digestOf(policies), policies } },
    { type: 'budget.defined', tenant, data: { budget } },
  ];
  const id = `fleet-${tenant}`;
  const data = encodeCommit(
    facts.map((fact, index) => cloudEvent(fact, `${id}.${index}`, 'test', Date.now())),
  );
  await ledger.append({ subject: subjects.catalog(tenant), data, id, expected: 0 });
}

function specOf(pool: string): ReturnType<typeof toolSpec.parse> {
  return toolSpec.parse({
    name: toolOf(pool),
    class: 'READ_ONLY',
    pool,
    adapter: { kind: 'module', module: 'fleet.mjs' },
    inputs: { type: 'object', properties: { name: { type: 'string' }, ms: { type: 'integer' } } },
  });
}
