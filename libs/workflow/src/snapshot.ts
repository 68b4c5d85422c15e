/**
 * The state as JSON and back. Plans, compiled schemas and the order of expiries are made again out of it; the order of
 * what is owed is part of it.
 */
import { RecentIds } from '@writ/contracts';
import type { AgentId, Instant, Json, NodeType, RunId, TenantId, WorkflowSpec } from '@writ/contracts';
import type { Contract } from './contract.ts';
import { FailureBook } from './failures.ts';
import { initial, newRun, releaseKey } from './state.ts';
import type { Call, GateState, NodeState, Owed, Release, Run, Tenant } from './state.ts';
import type { PlannedTool } from './tools.ts';

interface RunJson {
  readonly id: RunId;
  readonly agent: AgentId;
  readonly workflow: WorkflowSpec;
  readonly contracts: readonly (readonly [string, Contract])[];
  readonly input?: unknown;
  readonly expiresAtMs: Instant;
  readonly nodes: readonly (readonly [string, NodeState])[];
  readonly calls: readonly Call[];
  readonly failures: Json;
  readonly nextOrder: number;
}

interface TenantJson {
  readonly id: TenantId;
  readonly tools: readonly PlannedTool[];
  readonly types: readonly NodeType[];
  readonly runs: readonly RunJson[];
  readonly seen: Json;
  readonly failures: readonly (readonly [string, Json])[];
}

interface StateJson {
  readonly tenants: readonly TenantJson[];
  readonly owed: readonly Owed[];
  readonly releases: readonly Release[];
}

export function snapshot(state: GateState): Json {
  const json: StateJson = {
    tenants: [...state.tenants.values()].map((tenant) => ({
      id: tenant.id,
      tools: [...tenant.tools.values()],
      types: [...tenant.types.values()],
      runs: [...tenant.runs.values()].map((run) => runJson(tenant, run)),
      seen: tenant.seen.snapshot(),
      failures: [...tenant.failures].map(([project, book]) => [project, book.snapshot()] as const),
    })),
    owed: state.owed,
    releases: [...state.releases.values()],
  };
  return json as unknown as Json;
}

export function restore(json: Json): GateState {
  const { tenants, owed, releases } = json as unknown as StateJson;
  const state = initial();
  for (const saved of tenants) {
    const tenant: Tenant = {
      id: saved.id,
      tools: new Map(saved.tools.map((tool) => [tool.name, tool])),
      types: new Map(saved.types.map((type) => [type.name, type])),
      runs: new Map(),
      calls: new Map(),
      seen: new RecentIds().restore(saved.seen),
      failures: new Map(saved.failures.map(([project, book]) => [project, new FailureBook().restore(book)])),
    };
    state.tenants.set(tenant.id, tenant);
    for (const run of saved.runs) restoreRun(state, tenant, run);
  }
  state.owed = [...owed];
  for (const release of releases) state.releases.set(releaseKey(release), release);
  return state;
}

function runJson(tenant: Tenant, run: Run): RunJson {
  const { id, agent, workflow, contracts, input, expiresAtMs, nodes, failures, nextOrder } = run;
  return {
    id,
    agent,
    workflow,
    contracts: [...contracts],
    input,
    expiresAtMs,
    nodes: [...nodes],
    calls: run.calls.flatMap((invocation) => tenant.calls.get(invocation) ?? []),
    failures: failures.snapshot(),
    nextOrder,
  };
}

function restoreRun(state: GateState, tenant: Tenant, saved: RunJson): void {
  const { id, agent, workflow, expiresAtMs, input } = saved;
  const contracts = new Map(saved.contracts);
  const run = newRun({ id, tenant: tenant.id, agent, workflow, contracts, input, expiresAtMs });
  for (const [name, node] of saved.nodes) run.nodes.set(name, node);
  for (const call of saved.calls) {
    tenant.calls.set(call.invocation, call);
    run.calls.push(call.invocation);
    if (call.status === 'pending') state.pendingCalls += 1;
  }
  run.failures.restore(saved.failures);
  run.nextOrder = saved.nextOrder;
  tenant.runs.set(id, run);
  state.expiries.push(run);
}
