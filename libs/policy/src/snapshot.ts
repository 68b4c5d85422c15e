/**
 * The state as JSON and back. Only what was folded is kept: compiled rules, schemas and the order of expiries
 * are made again out of it. Order is part of the state (who is answered next), so it is part of the text.
 */
import type {
  Digest,
  EnvironmentSpec,
  GroupsSpec,
  InvocationId,
  Json,
  OwnersSpec,
  PolicyRule,
  TenantId,
} from '@writ/contracts';
import type { ToolSpec } from '@writ/contracts';
import { Bundle } from './bundle.ts';
import type { Catalog } from './catalog.ts';
import type { LivingCall } from './living-call.ts';
import { RegisteredTool } from './registered-tool.ts';
import { memoryJson, memoryOf } from './memory/saved-memory.ts';
import type { MemoryJson } from './memory/saved-memory.ts';
import { follow, initial, newTenant, put } from './state.ts';
import type { PolicyState, Rejection, Tenant } from './state.ts';

interface CatalogJson {
  readonly revision: number;
  readonly bundle?: { readonly digest: Digest; readonly policies: readonly PolicyRule[] };
  readonly tools: readonly ToolSpec[];
  readonly environment: EnvironmentSpec;
  readonly groups: GroupsSpec;
  readonly owners: OwnersSpec;
  readonly governedAt: number;
  readonly escalating: readonly string[];
}

interface TenantJson {
  readonly id: TenantId;
  readonly catalog: CatalogJson;
  readonly calls: readonly LivingCall[];
  readonly owed: readonly (InvocationId | Rejection)[];
  readonly seen: Json;
  readonly delegations: Json;
  readonly standing: Json;
  readonly past: Json;
  readonly memory: MemoryJson;
}

interface StateJson {
  readonly tenants: readonly TenantJson[];
  readonly ready: readonly TenantId[];
}

export function snapshot(state: PolicyState): Json {
  const json: StateJson = {
    tenants: [...state.tenants.values()].map((tenant) => ({
      id: tenant.id,
      catalog: catalogJson(tenant.catalog),
      calls: [...tenant.calls.values()],
      owed: tenant.owed.items(),
      seen: tenant.seen.snapshot(),
      delegations: tenant.delegations.snapshot(),
      standing: tenant.standing.snapshot(),
      past: tenant.past.snapshot(),
      memory: memoryJson(tenant.memory),
    })),
    ready: [...state.ready],
  };
  return json as unknown as Json;
}

export function restore(json: Json): PolicyState {
  const { tenants, ready } = json as unknown as StateJson;
  const state = initial();
  for (const saved of tenants) {
    const tenant: Tenant = {
      ...newTenant(saved.id),
      catalog: catalogOf(saved.catalog),
      memory: memoryOf(saved.memory),
    };
    tenant.seen.restore(saved.seen);
    tenant.delegations.restore(saved.delegations);
    tenant.standing.restore(saved.standing);
    tenant.past.restore(saved.past);
    state.tenants.set(tenant.id, tenant);
    follow(state, tenant);
    for (const living of saved.calls) put(state, tenant, living);
    // In the order of the calls so far; the order of the queue is another one.
    tenant.owed.clear();
    for (const item of saved.owed) tenant.owed.push(item);
  }
  state.ready.clear();
  for (const id of ready) state.ready.add(id);
  return state;
}

function catalogJson({ bundle, tools, escalating, ...rest }: Catalog): CatalogJson {
  return {
    ...rest,
    ...(bundle ? { bundle: { digest: bundle.digest, policies: bundle.policies } } : {}),
    tools: [...tools.values()].map((tool) => tool.spec),
    escalating: [...escalating],
  };
}

function catalogOf({ bundle, tools, escalating, ...rest }: CatalogJson): Catalog {
  return {
    ...rest,
    bundle: bundle && new Bundle(bundle.digest, bundle.policies, rest.environment),
    tools: new Map(tools.map((spec) => [spec.name, new RegisteredTool(spec)])),
    escalating: new Set(escalating),
  };
}
