/**
 * The catalog as the scheduler needs it: tools with their versions, switches for parallel waves, terms of breakers.
 * A call is run by the version that was in force when it was decided, so that what runs is what was allowed; that
 * is also why a retired tool stays known: new calls of it are denied, those already allowed still run.
 */
import { CELL, PlanMode, RecentIds, SafetyClass, breakerSpec, digestOf } from '@writ/contracts';
import type { Digest, TenantId, ToolName, ToolSpec } from '@writ/contracts';
import { closedCircuit } from './breaker.ts';
import { breakersBefore, doorIn, doorsBehind } from './gates.ts';
import { MAX_TOOL_VERSIONS } from './limits.ts';
import { RunTimes } from './run-times.ts';
import type { SchedulerState, Tenant } from './state.ts';
import type { ToolRule, ToolRules } from './waves.ts';
import type { Breaker, Door, ToolVersion } from './model.ts';

/** The switch of a whole tenant, beside those of its pools. */
export const ALL_POOLS = '*';

export function tenantIn(state: SchedulerState, id: TenantId): Tenant {
  let tenant = state.tenants.get(id);
  if (!tenant) {
    tenant = {
      parallel: new Map(),
      plan: undefined,
      calls: new Map(),
      traces: new Map(),
      seen: new RecentIds(),
      tools: new Map(),
      versions: new Map(),
      breakers: new Map(),
      approved: new Set(),
      governedAt: 0,
      times: new Map(),
      quotas: new Map(),
      leases: new Map(),
      limits: [],
    };
    state.tenants.set(id, tenant);
  }
  return tenant;
}

/** Makes `spec` the version of its tool in force from catalog revision `revision` on. */
export function registerTool(state: SchedulerState, id: TenantId, spec: ToolSpec, revision: number): void {
  const tenant = tenantIn(state, id);
  const version = versionOf(state, id, spec, digestOf(spec));
  const history = tenant.tools.get(spec.name) ?? [];
  if (history.at(-1)?.version === version) return;
  tenant.tools.set(spec.name, history);
  history.push({ revision, version });
  version.uses++;
  const dropped = history.length > MAX_TOOL_VERSIONS ? history.shift() : undefined;
  if (dropped) releaseVersion(tenant, dropped.version);
}

/** The version object of a spec; made, without any use yet, when it is new. */
export function versionOf(state: SchedulerState, id: TenantId, spec: ToolSpec, digest: Digest): ToolVersion {
  const { versions, times } = tenantIn(state, id);
  let version = versions.get(digest);
  if (!version) {
    let runs = times.get(spec.name);
    if (!runs) times.set(spec.name, (runs = new RunTimes()));
    version = { spec, digest, door: doorOf(state, id, spec), times: runs, uses: 0, wrote: false };
    versions.set(digest, version);
  }
  return version;
}

/** The version in force at a catalog revision; the oldest one still known when that one is forgotten. */
export function versionAt(tenant: Tenant, tool: ToolName, revision: number): ToolVersion | undefined {
  const history = tenant.tools.get(tool);
  return (history?.findLast((entry) => entry.revision <= revision) ?? history?.[0])?.version;
}

/** Ends one use of a version; the last one forgets it. */
export function releaseVersion(tenant: Tenant, version: ToolVersion): void {
  version.uses--;
  if (version.uses === 0) tenant.versions.delete(version.digest);
}

/**
 * The breaker of a scope. A tenant's tool has one from the start, with default terms until `breaker.configured` sets
 * others; any other is made when it is first configured or forced, and watches nothing before it has terms.
 */
export function breakerOf(state: SchedulerState, id: TenantId, scope: string): Breaker {
  const { breakers } = tenantIn(state, id);
  let breaker = breakers.get(scope);
  if (!breaker) {
    const spec = breakerSpec.parse({ tool: 'any' });
    const ownTool = isOwnTool(id, scope);
    breaker = {
      tenant: id,
      scope,
      spec,
      watching: ownTool,
      circuit: closedCircuit(spec),
      force: undefined,
      round: 0,
      seq: 0,
      doors: new Set(),
      inOpen: -1,
      inForced: -1,
    };
    breakers.set(scope, breaker);
    if (!ownTool) standBefore(state, breaker);
  }
  return breaker;
}

/** Whether this is the breaker that every tool of a tenant has by itself. */
export function isOwnTool(id: TenantId, scope: string): boolean {
  return id !== CELL && scope.startsWith('tool:');
}

function doorOf(state: SchedulerState, id: TenantId, { name, pool }: ToolSpec): Door {
  return doorIn(state, pool, name, breakerOf(state, id, `tool:${name}`));
}

function standBefore(state: SchedulerState, breaker: Breaker): void {
  for (const door of doorsBehind(state, breaker)) {
    const [own] = door.breakers;
    if (own) door.breakers = breakersBefore(state, own, door.tool, door.pool);
    breaker.doors.add(door);
  }
}

/** Whether the steps of a tenant may have parallel waves at all: neither the cell nor the tenant is switched off. */
export function parallelEnabled(state: SchedulerState, tenant: Tenant): boolean {
  const cell = state.tenants.get(CELL)?.parallel.get(ALL_POOLS) ?? true;
  return cell && (tenant.parallel.get(ALL_POOLS) ?? true);
}

/** How a step is planned that does not say it itself: as its tenant says, else the cell, else in waves. */
export function planModeOf(state: SchedulerState, tenant: Tenant): PlanMode {
  return tenant.plan ?? state.tenants.get(CELL)?.plan ?? PlanMode.waves;
}

/** The newest tools by name; one of a pool that is switched off counts as not parallel-safe. */
export function rulesOf(tenant: Tenant): ToolRules {
  return {
    get(name): ToolRule | undefined {
      const spec = tenant.tools.get(name as ToolName)?.at(-1)?.version.spec;
      const off = spec !== undefined && tenant.parallel.get(spec.pool) === false;
      return off ? { class: SafetyClass.localWrite, keys: spec.keys } : spec;
    },
  };
}
