/**
 * The state as JSON and back. Only what cannot be derived is saved, in an order that depends on nothing but the state;
 * queues, sessions and debts are built again from the calls' phases, by the code that keeps them in a running state.
 */
import { compareText } from '@writ/contracts';
import type {
  Digest,
  Instant,
  InvocationId,
  Json,
  PlanMode,
  TenantId,
  ToolName,
  ToolSpec,
} from '@writ/contracts';
import type { OpenAlert, UndeclaredWrite } from './alerts.ts';
import type { Approval } from './approvals.ts';
import { breakerOf, tenantIn, versionOf } from './catalog.ts';
import { restoreBreaker, saveBreakers } from './saved-breaker.ts';
import type { SavedBreaker } from './saved-breaker.ts';
import { list } from './circuits.ts';
import { fenceKey } from './executors.ts';
import { enter } from './lifecycle.ts';
import { initial } from './state.ts';
import type { Call, Fence, SchedulerState, Step, Tenant } from './state.ts';
import { byArrival, stepKey } from './steps.ts';

interface SavedTenant {
  readonly id: TenantId;
  readonly governedAt: number;
  readonly parallel: readonly (readonly [string, boolean])[];
  readonly seen: Json;
  readonly versions: readonly (readonly [Digest, ToolSpec])[];
  readonly tools: readonly (readonly [ToolName, readonly (readonly [number, Digest])[]])[];
  readonly plan?: PlanMode;
  readonly breakers: readonly SavedBreaker[];
  /** Versions of READ_ONLY tools that were seen to write. */
  readonly wrote?: readonly Digest[];
}

interface SavedCall extends Omit<
  Call,
  | 'step'
  | 'version'
  | 'argsDigest'
  | 'approval'
  | 'deadlineMs'
  | 'cancel'
  | 'inLane'
  | 'inDeadlines'
  | 'inDebts'
> {
  /** Index of its step; absent fields are undefined. */
  readonly step?: number;
  readonly version?: Digest;
  readonly argsDigest?: Digest;
  readonly approval?: Approval;
  readonly deadlineMs?: Instant;
  readonly cancel?: { readonly reason?: string };
}

type SavedStep = Pick<Step, 'tenant' | 'agent' | 'id' | 'arrival'> & {
  readonly owed?: Step['owed'];
  /** Of a graph: what each living call still waits for. */
  readonly after?: readonly (readonly [InvocationId, readonly InvocationId[]])[];
};

interface Saved {
  readonly arrivals: number;
  readonly grants: number;
  readonly tenants: readonly SavedTenant[];
  readonly steps: readonly SavedStep[];
  readonly calls: readonly SavedCall[];
  readonly fences: readonly Fence[];
  readonly lostSessions: readonly string[];
  readonly alerts: number;
  readonly openAlerts: readonly OpenAlert[];
  readonly unannounced: readonly (UndeclaredWrite & { readonly version: Digest })[];
}

export function snapshot(state: SchedulerState): Json {
  const calls = [...state.tenants.values()].flatMap((tenant) => [...tenant.calls.values()]);
  calls.sort((a, b) => a.arrival - b.arrival);
  const steps = new Set(state.unplanned.values());
  for (const { step } of calls) if (step) steps.add(step);
  const ordered = [...steps].sort(byArrival);
  const indexOf = new Map(ordered.map((step, index) => [step, index]));
  const saved: Saved = {
    arrivals: state.arrivals,
    grants: state.grants,
    tenants: [...state.tenants]
      .sort(([a], [b]) => compareText(a, b))
      .map(([id, tenant]) => saveTenant(id, tenant)),
    steps: ordered.map(saveStep),
    calls: calls.map((call) => saveCall(call, indexOf)),
    fences: [...state.fences.values()],
    lostSessions: [...state.lostSessions],
    alerts: state.alerts,
    openAlerts: [...state.openAlerts.values()],
    unannounced: [...state.unannounced].map(([{ digest }, write]) => ({ ...write, version: digest })),
  };
  return saved as unknown as Json;
}

export function restore(json: Json): SchedulerState {
  const saved = json as unknown as Saved;
  const state = initial();
  state.arrivals = saved.arrivals;
  state.grants = saved.grants;
  for (const tenant of saved.tenants) restoreTenant(state, tenant);
  const steps = saved.steps.map((step): Step => ({
    owed: undefined,
    ...step,
    living: [],
    open: -1,
    after: undefined,
  }));
  for (const step of steps) if (step.owed) state.unplanned.set(stepKey(step.owed, step.tenant), step);
  const calls = saved.calls.map((call) => restoreCall(state, call, steps));
  for (const step of steps) if (!step.owed) step.open = step.living.findIndex((wave) => wave.size > 0);
  for (const [index, { tenant, after }] of saved.steps.entries()) {
    const step = steps[index];
    if (step && after) step.after = restoreAfter(tenantIn(state, tenant), after);
  }
  for (const call of calls) enter(state, call);
  for (const fence of saved.fences) state.fences.set(fenceKey(fence), fence);
  for (const session of saved.lostSessions) state.lostSessions.add(session);
  state.alerts = saved.alerts;
  for (const alert of saved.openAlerts) state.openAlerts.set(alert.data.alert, alert);
  for (const { version: digest, ...write } of saved.unannounced) {
    const version = tenantIn(state, write.tenant).versions.get(digest);
    if (!version) continue;
    version.uses++;
    state.unannounced.set(version, write);
  }
  return state;
}

function saveTenant(id: TenantId, tenant: Tenant): SavedTenant {
  const tools = sorted(tenant.tools).map(
    ([name, history]) =>
      [name, history.map(({ revision, version }) => [revision, version.digest] as const)] as const,
  );
  const versions = sorted(tenant.versions).map(([digest, { spec }]) => [digest, spec] as const);
  const wrote = sorted(tenant.versions).flatMap(([digest, version]) => (version.wrote ? [digest] : []));
  return {
    id,
    governedAt: tenant.governedAt,
    parallel: sorted(tenant.parallel),
    ...given({ plan: tenant.plan }),
    seen: tenant.seen.snapshot(),
    versions,
    tools,
    breakers: saveBreakers(tenant.breakers.values()),
    ...(wrote.length > 0 ? { wrote } : {}),
  };
}

function restoreTenant(
  state: SchedulerState,
  { id, governedAt, parallel, plan, seen, versions, tools, breakers, wrote = [] }: SavedTenant,
): void {
  const tenant = tenantIn(state, id);
  tenant.seen.restore(seen);
  tenant.governedAt = governedAt;
  for (const [pool, on] of parallel) tenant.parallel.set(pool, on);
  tenant.plan = plan;
  for (const saved of breakers) {
    const breaker = breakerOf(state, id, saved.scope);
    restoreBreaker(breaker, saved);
    list(state, breaker);
  }
  const byDigest = new Map(versions.map(([digest, spec]) => [digest, versionOf(state, id, spec, digest)]));
  for (const digest of wrote) {
    const version = byDigest.get(digest);
    if (version) version.wrote = true;
  }
  for (const [name, history] of tools) {
    const entries = history.flatMap(([revision, digest]) => {
      const version = byDigest.get(digest);
      return version ? [{ revision, version }] : [];
    });
    for (const { version } of entries) version.uses++;
    tenant.tools.set(name, entries);
  }
}

function saveStep({ tenant, agent, id, arrival, owed, after }: Step): SavedStep {
  const waiting = after && [...after].sort(([a], [b]) => a.arrival - b.arrival);
  const saved = waiting?.map(([call, before]) => [call.invocation, invocationsOf(before)] as const);
  return { tenant, agent, id, arrival, ...given({ owed, after: saved }) };
}

function invocationsOf(calls: Iterable<Call>): InvocationId[] {
  return [...calls].sort((a, b) => a.arrival - b.arrival).map(({ invocation }) => invocation);
}

function restoreAfter({ calls }: Tenant, after: NonNullable<SavedStep['after']>): Map<Call, Set<Call>> {
  const known = (id: InvocationId): Call[] => [calls.get(id) ?? []].flat();
  return new Map(
    after.flatMap(([id, before]) => known(id).map((call) => [call, new Set(before.flatMap(known))] as const)),
  );
}

function saveCall(call: Call, indexOf: ReadonlyMap<Step, number>): SavedCall {
  const { tenant, invocation, agent, tool, inputs, urgency, arrival, wave, phase, attempts } = call;
  const { deadlineMs, argsDigest, approval, cancel } = call;
  const step = call.step && indexOf.get(call.step);
  const optional = {
    step,
    version: call.version?.digest,
    argsDigest,
    approval,
    deadlineMs,
    cancel: cancel && given(cancel),
  };
  return {
    tenant,
    invocation,
    agent,
    tool,
    inputs,
    urgency,
    arrival,
    wave,
    phase,
    attempts,
    ...given(optional),
  };
}

function restoreCall(state: SchedulerState, saved: SavedCall, steps: readonly Step[]): Call {
  const tenant = tenantIn(state, saved.tenant);
  const call: Call = {
    ...saved,
    deadlineMs: saved.deadlineMs,
    step: saved.step === undefined ? undefined : steps[saved.step],
    argsDigest: saved.argsDigest,
    approval: saved.approval,
    version: saved.version && tenant.versions.get(saved.version),
    cancel: saved.cancel && { reason: saved.cancel.reason },
    inLane: -1,
    inDeadlines: -1,
    inDebts: -1,
  };
  if (call.version) call.version.uses++;
  tenant.calls.set(call.invocation, call);
  if (call.approval) tenant.approved.add(call);
  if (call.step) {
    const { living } = call.step;
    while (living.length <= Math.max(call.wave, 0)) living.push(new Set());
    living[Math.max(call.wave, 0)]?.add(call);
  }
  return call;
}

/** The entries of a map by key. */
function sorted<K extends string, V>(map: ReadonlyMap<K, V>): (readonly [K, V])[] {
  return [...map].sort(([a], [b]) => compareText(a, b));
}

/** Without the fields that are undefined, which JSON does not have. */
function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
