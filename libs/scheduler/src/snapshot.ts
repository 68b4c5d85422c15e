/**
 * The state as JSON and back. Only what cannot be derived is saved, in an order that depends on nothing but the state;
 * queues, sessions and debts are built again from the calls' phases, by the code that keeps them in a running state.
 */
import { compareText } from '@writ/contracts';
import type {
  ConcurrencySpec,
  Digest,
  InvocationId,
  Json,
  PlanMode,
  TenantId,
  ToolName,
  ToolSpec,
} from '@writ/contracts';
import { breakerOf, tenantIn, versionOf } from './catalog.ts';
import { given, restoreCall, saveCall } from './saved-call.ts';
import type { SavedCall, StepPlace } from './saved-call.ts';
import { restoreAccounts, saveAccounts } from './saved-accounts.ts';
import type { SavedAccounts } from './saved-accounts.ts';
import { restoreBreaker, saveBreakers } from './saved-breaker.ts';
import type { SavedBreaker } from './saved-breaker.ts';
import { list } from './circuits.ts';
import { fenceKey } from './executors.ts';
import { claimAgain } from './leases.ts';
import { enter } from './lifecycle.ts';
import { poolNamed } from './queue.ts';
import { restrict } from './restrict.ts';
import { RunTimes } from './run-times.ts';
import { initial } from './state.ts';
import type { Fence, SchedulerState, Tenant } from './state.ts';
import { byArrival, stepKey } from './steps.ts';
import type { OpenAlert, UndeclaredWrite } from './state.ts';
import type { Call, Step } from './model.ts';

interface SavedTenant {
  readonly id: TenantId;
  readonly governedAt: number;
  readonly parallel: readonly (readonly [string, boolean])[];
  readonly seen: Json;
  readonly versions: readonly (readonly [Digest, ToolSpec])[];
  readonly tools: readonly (readonly [ToolName, readonly (readonly [number, Digest])[]])[];
  readonly plan?: PlanMode;
  readonly traces?: readonly (readonly [InvocationId, string])[];
  readonly breakers: readonly SavedBreaker[];
  /** Versions of READ_ONLY tools that were seen to write. */
  readonly wrote?: readonly Digest[];
  readonly times: readonly (readonly [ToolName, readonly number[]])[];
  readonly limits: readonly ConcurrencySpec[];
}

type SavedStep = Pick<Step, 'tenant' | 'agent' | 'id' | 'arrival'> & {
  readonly owed?: Step['owed'];
  /** Of a graph: what each living call still waits for. */
  readonly after?: readonly (readonly [InvocationId, readonly InvocationId[]])[];
};

interface Saved {
  readonly arrivals: number;
  readonly grants: number;
  readonly tickets: number;
  readonly accounts: SavedAccounts;
  /** Of each pool, up to when calls were looked at for their age. */
  readonly aged: readonly (readonly [string, number])[];
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
  const places = placesIn(ordered);
  const saved: Saved = {
    arrivals: state.arrivals,
    grants: state.grants,
    tickets: state.tickets,
    accounts: saveAccounts(state.accounts),
    aged: sorted(state.pools).map(([name, { agedAt }]) => [name, agedAt] as const),
    tenants: [...state.tenants]
      .sort(([a], [b]) => compareText(a, b))
      .map(([id, tenant]) => saveTenant(id, tenant)),
    steps: ordered.map(saveStep),
    calls: calls.map((call) => saveCall(call, places.get(call))),
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
  state.tickets = saved.tickets;
  restoreAccounts(state.accounts, saved.accounts);
  for (const [pool, agedAt] of saved.aged) poolNamed(state, pool).agedAt = agedAt;
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
  const tickets = new Map(calls.map((call, index) => [call, saved.calls[index]?.ticket]));
  // Keys are claimed as they were: by those that run, then in the order of asking.
  const waits = ({ phase }: Call): number => Number(phase.status === 'ready');
  for (const call of [...calls].sort(
    (a, b) => waits(a) - waits(b) || (tickets.get(a) ?? 0) - (tickets.get(b) ?? 0),
  )) {
    const ticket = tickets.get(call);
    if (ticket !== undefined) claimAgain(state, call, ticket);
    enter(state, call);
  }
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
    ...given({ plan: tenant.plan, traces: tenant.traces.size > 0 ? sorted(tenant.traces) : undefined }),
    seen: tenant.seen.snapshot(),
    versions,
    tools,
    breakers: saveBreakers(tenant.breakers.values()),
    ...(wrote.length > 0 ? { wrote } : {}),
    times: sorted(tenant.times).map(([tool, runs]) => [tool, runs.counts()] as const),
    limits: tenant.limits,
  };
}

function restoreTenant(
  state: SchedulerState,
  {
    id,
    governedAt,
    parallel,
    plan,
    traces = [],
    seen,
    versions,
    tools,
    breakers,
    wrote = [],
    times,
    limits,
  }: SavedTenant,
): void {
  const tenant = tenantIn(state, id);
  tenant.seen.restore(seen);
  tenant.governedAt = governedAt;
  for (const [pool, on] of parallel) tenant.parallel.set(pool, on);
  tenant.plan = plan;
  for (const [invocation, trace] of traces) tenant.traces.set(invocation, trace);
  for (const [tool, counts] of times) tenant.times.set(tool, new RunTimes(counts));
  restrict(state, id, limits);
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

/** Where the living calls of these steps stand. */
function placesIn(steps: readonly Step[]): ReadonlyMap<Call, StepPlace> {
  const places = new Map<Call, StepPlace>();
  for (const [step, { living }] of steps.entries())
    for (const [wave, calls] of living.entries()) for (const call of calls) places.set(call, { step, wave });
  return places;
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

/** The entries of a map by key. */
function sorted<K extends string, V>(map: ReadonlyMap<K, V>): (readonly [K, V])[] {
  return [...map].sort(([a], [b]) => compareText(a, b));
}
