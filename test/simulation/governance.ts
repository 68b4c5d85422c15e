/** The catalog of the simulated tenants: a tight budget, an approval rule, a denial, a tool of each kind of effect. */
import { budgetSpec, breakerSpec, digestOf, policyRule, toolSpec } from '@writ/contracts';
import type { Fact, TenantId } from '@writ/contracts';

export const TENANTS = ['lab', 'mill'] as TenantId[];

const MODULE = { kind: 'module', module: 'sim.mjs' };

const TOOLS = [
  { name: 'read', class: 'READ_ONLY', cost: { usd: 3, other: 0 }, adapter: MODULE },
  {
    name: 'compute',
    class: 'READ_ONLY',
    cost: { 'node-hours': '0.7 node-hours * args.size', usd: 0 },
    resumable: true,
    retry: { attempts: 3, backoffSeconds: 2 },
    adapter: MODULE,
  },
  { name: 'order', class: 'NETWORK', effects: 'once', cost: { usd: 5, 'node-hours': 0 }, adapter: MODULE },
  {
    name: 'store',
    class: 'LOCAL_WRITE',
    effects: 'keyed',
    cost: { usd: 1, other: 0 },
    adapter: MODULE,
    retry: { attempts: 2, backoffSeconds: 1 },
  },
  {
    name: 'post',
    class: 'NETWORK',
    effects: 'queryable',
    cost: { usd: 1, other: 0 },
    adapter: { ...MODULE, query: 'find' },
    retry: { attempts: 3, backoffSeconds: 1 },
  },
  { name: 'purge', class: 'DESTRUCTIVE', effects: 'once', adapter: MODULE },
].map((tool) => toolSpec.parse(tool));

const POLICIES = [
  {
    name: 'ask-before-ordering',
    condition: 'tool.name == "order"',
    action: 'require-approval',
    approval: { expiresSeconds: 60 },
  },
  { name: 'no-purge', condition: 'tool.destructive', action: 'deny' },
  { name: 'large-runs', condition: 'tool.cost > 3 node-hours', action: 'deny' },
  {
    name: 'few-reads',
    condition: 'tool.name == "read"',
    action: 'limit',
    limit: { calls: 6, per: 'agent', windowSeconds: 20 },
  },
  // What they read is followed from other pillars' facts, across crashes and rival leaders.
  { name: 'unlucky', condition: 'history.agent_tool.minute.failed >= 2', action: 'deny' },
  { name: 'nearly-empty', condition: 'budget.utilisation > 90 %', action: 'deny', mode: 'shadow' },
].map((rule) => policyRule.parse(rule));

/** Limits are so low that a run of the simulation meets them; over the soft one a call must say why. */
const LIMITS = { usd: { hard: 30, soft: 0.7, overdraft: 'recorded' }, 'node-hours': 6, calls: 24 };

/** A window that begins anew many times in one run; what is kept of it must be the same after every crash. */
const WINDOWED = { usd: { hard: 25, rollingMinutes: 1 }, calls: { hard: 20, per: 'hour' } };

export function catalogFacts(tenant: TenantId): Fact[] {
  return [
    ...TOOLS.map((tool): Fact => ({ type: 'tool.registered', tenant, data: { tool } })),
    {
      type: 'policy.published',
      tenant,
      data: { bundle: digestOf(POLICIES), policies: POLICIES, balances: 'stated' },
    },
    ...[
      { account: '/', limits: LIMITS },
      { account: 'default', limits: WINDOWED },
    ].map((budget): Fact => ({ type: 'budget.defined', tenant, data: { budget: budgetSpec.parse(budget) } })),
    {
      type: 'breaker.configured',
      tenant,
      data: {
        breaker: breakerSpec.parse({
          tool: 'read',
          window: 4,
          minimumCalls: 4,
          openSeconds: 5,
          halfOpenPermits: 1,
        }),
      },
    },
  ];
}
