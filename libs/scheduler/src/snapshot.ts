/**
 * The state as JSON and back. Only what cannot be derived is saved, in an order that depends on nothing but the state;
 * queues, sessions and debts are built again from the calls' phases, by the code that keeps them in a running state.
 */
import { breakerSpec, compareText } from '@writ/contracts';
import type {
  BreakerSpec,
  Digest,
  ExecutorId,
  Instant,
  Json,
  TenantId,
  ToolName,
  ToolSpec,
} from '@writ/contracts';
import { byName, windowOf } from './breaker.ts';
import type { Breaker, Circuit, Evidence } from './breaker.ts';
import { breakerOf, tenantIn, versionOf } from './catalog.ts';
import { review } from './circuits.ts';
import { fenceKey } from './executors.ts';
import { enter } from './lifecycle.ts';
import { initial } from './state.ts';
import type { Call, Fence, SchedulerState, Step, Tenant } from './state.ts';
import { byArrival, stepKey } from './steps.ts';

type SavedCircuit =
  | { readonly status: 'closed'; readonly runs: readonly (ExecutorId | null)[] }
  | { readonly status: 'open'; readonly untilMs: Instant; readonly evidence: Evidence }
  | { readonly status: 'half-open'; readonly permits: number; readonly runs: readonly (ExecutorId | null)[] };

interface SavedBreaker {
  readonly tool: ToolName;
  readonly spec: BreakerSpec;
  readonly round: number;
  readonly circuit: SavedCircuit;
}

interface SavedTenant {
  readonly id: TenantId;
  readonly parallel: readonly (readonly [string, boolean])[];
  readonly seen: Json;
  readonly versions: readonly (readonly [Digest, ToolSpec])[];
  readonly tools: readonly (readonly [ToolName, readonly (readonly [number, Digest])[]])[];
  readonly breakers: readonly SavedBreaker[];
}

interface SavedCall extends Omit<
  Call,
  'step' | 'version' | 'argsDigest' | 'deadlineMs' | 'cancel' | 'inLane' | 'inDeadlines' | 'inDebts'
> {
  /** Index of its step; absent fields are undefined. */
  readonly step?: number;
  readonly version?: Digest;
  readonly argsDigest?: Digest;
  readonly deadlineMs?: Instant;
  readonly cancel?: { readonly reason?: string };
}

type SavedStep = Pick<Step, 'tenant' | 'agent' | 'id' | 'arrival'> & { readonly owed?: Step['owed'] };

interface Saved {
  readonly arrivals: number;
  readonly grants: number;
  readonly tenants: readonly SavedTenant[];
  readonly steps: readonly SavedStep[];
  readonly calls: readonly SavedCall[];
  readonly fences: readonly Fence[];
  readonly lostSessions: readonly string[];
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
    steps: ordered.map(({ tenant, agent, id, arrival, owed }) => ({
      tenant,
      agent,
      id,
      arrival,
      ...given({ owed }),
    })),
    calls: calls.map((call) => saveCall(call, indexOf)),
    fences: [...state.fences.values()],
    lostSessions: [...state.lostSessions],
  };
  return saved as unknown as Json;
}

export function restore(json: Json): SchedulerState {
  const saved = json as unknown as Saved;
  const state = initial();
  state.arrivals = saved.arrivals;
  state.grants = saved.grants;
  for (const tenant of saved.tenants) restoreTenant(state, tenant);
  const steps = saved.steps.map((step): Step => ({ owed: undefined, ...step, living: [], open: -1 }));
  for (const step of steps) if (step.owed) state.unplanned.set(stepKey(step.owed, step.tenant), step);
  const calls = saved.calls.map((call) => restoreCall(state, call, steps));
  for (const step of steps) if (!step.owed) step.open = step.living.findIndex((wave) => wave.size > 0);
  for (const call of calls) enter(state, call);
  for (const fence of saved.fences) state.fences.set(fenceKey(fence), fence);
  for (const session of saved.lostSessions) state.lostSessions.add(session);
  return state;
}

function saveTenant(id: TenantId, tenant: Tenant): SavedTenant {
  const tools = sorted(tenant.tools).map(
    ([name, history]) =>
      [name, history.map(({ revision, version }) => [revision, version.digest] as const)] as const,
  );
  const versions = sorted(tenant.versions).map(([digest, { spec }]) => [digest, spec] as const);
  const breakers = [...tenant.breakers.values()].sort(byName).map(saveBreaker);
  return { id, parallel: sorted(tenant.parallel), seen: tenant.seen.snapshot(), versions, tools, breakers };
}

function restoreTenant(
  state: SchedulerState,
  { id, parallel, seen, versions, tools, breakers }: SavedTenant,
): void {
  const tenant = tenantIn(state, id);
  tenant.seen.restore(seen);
  for (const [pool, on] of parallel) tenant.parallel.set(pool, on);
  for (const { tool, spec, round, circuit } of breakers) {
    const breaker = breakerOf(state, id, tool);
    breaker.spec = breakerSpec.parse(spec);
    breaker.round = round;
    breaker.circuit = restoreCircuit(circuit, breaker.spec);
    if (circuit.status === 'open') state.openBreakers.push(breaker);
    review(state, breaker);
  }
  const byDigest = new Map(versions.map(([digest, spec]) => [digest, versionOf(state, id, spec, digest)]));
  for (const [name, history] of tools) {
    const entries = history.flatMap(([revision, digest]) => {
      const version = byDigest.get(digest);
      return version ? [{ revision, version }] : [];
    });
    for (const { version } of entries) version.uses++;
    tenant.tools.set(name, entries);
  }
}

function saveBreaker({ tool, spec, round, circuit }: Breaker): SavedBreaker {
  if (circuit.status === 'open') return { tool, spec, round, circuit };
  const runs = [...circuit.window.runs()];
  if (circuit.status === 'closed') return { tool, spec, round, circuit: { status: 'closed', runs } };
  return { tool, spec, round, circuit: { status: 'half-open', permits: circuit.permits, runs } };
}

/** Probes that run are counted again when their calls enter. */
function restoreCircuit(saved: SavedCircuit, spec: BreakerSpec): Circuit {
  if (saved.status === 'open') return saved;
  if (saved.status === 'closed') return { status: 'closed', window: windowOf(spec.window, saved.runs) };
  const { permits, runs } = saved;
  return { status: 'half-open', permits, window: windowOf(permits, runs), probing: 0 };
}

function saveCall(call: Call, indexOf: ReadonlyMap<Step, number>): SavedCall {
  const { tenant, invocation, agent, tool, inputs, urgency, arrival, wave, phase, attempts } = call;
  const { deadlineMs, argsDigest, cancel } = call;
  const step = call.step && indexOf.get(call.step);
  const optional = {
    step,
    version: call.version?.digest,
    argsDigest,
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
    version: saved.version && tenant.versions.get(saved.version),
    cancel: saved.cancel && { reason: saved.cancel.reason },
    inLane: -1,
    inDeadlines: -1,
    inDebts: -1,
  };
  if (call.version) call.version.uses++;
  tenant.calls.set(call.invocation, call);
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
