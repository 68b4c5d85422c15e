/**
 * The state as JSON and back. Only what cannot be derived is saved, in an order that depends on nothing but the state;
 * queues, sessions and debts are built again from the calls' phases, by the code that keeps them in a running state.
 */
import { compareText } from '@writ/contracts';
import type {
  ConcurrencySpec,
  Digest,
  Instant,
  InvocationId,
  Json,
  PlanMode,
  TenantId,
  ToolName,
  ToolSpec,
} from '@writ/contracts';
import { accountOf, below, pathOf } from './accounts.ts';
import type { Account, Accounts } from './accounts.ts';
import type { OpenAlert, UndeclaredWrite } from './alerts.ts';
import { breakerOf, tenantIn, versionOf } from './catalog.ts';
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
import type { Again } from './attempt.ts';
import type { Call, Due, Fence, SchedulerState, Step, Tenant } from './state.ts';
import { byArrival, stepKey } from './steps.ts';

interface SavedTenant {
  readonly id: TenantId;
  readonly parallel: readonly (readonly [string, boolean])[];
  readonly seen: Json;
  readonly versions: readonly (readonly [Digest, ToolSpec])[];
  readonly tools: readonly (readonly [ToolName, readonly (readonly [number, Digest])[]])[];
  readonly plan?: PlanMode;
  readonly breakers: readonly SavedBreaker[];
  /** Versions of READ_ONLY tools that were seen to write. */
  readonly wrote?: readonly Digest[];
  readonly times: readonly (readonly [ToolName, readonly number[]])[];
  readonly limits: readonly ConcurrencySpec[];
}

interface SavedAccount {
  readonly name: string;
  readonly share: number;
  readonly usage: number;
  readonly below: readonly SavedAccount[];
}

interface SavedAccounts {
  readonly epoch: Instant;
  readonly sweepAt: number;
  readonly cell: SavedAccount;
}

interface SavedCall extends Omit<
  Call,
  'account' | 'due' | 'step' | 'version' | 'argsDigest' | 'cancel' | 'again' | 'lane' | 'lease' | 'inLane'
> {
  readonly project: string;
  readonly campaign: string;
  /** Index of its step; absent fields are undefined. */
  readonly step?: number;
  readonly version?: Digest;
  readonly argsDigest?: Digest;
  readonly due?: Omit<Due, 'position'>;
  readonly ticket?: number;
  readonly cancel?: { readonly reason?: string };
  readonly again?: Omit<Again, 'position' | 'lost' | 'barred'> & Partial<Pick<Again, 'lost' | 'barred'>>;
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
  const indexOf = new Map(ordered.map((step, index) => [step, index]));
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
    parallel: sorted(tenant.parallel),
    ...given({ plan: tenant.plan }),
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
  { id, parallel, plan, seen, versions, tools, breakers, wrote = [], times, limits }: SavedTenant,
): void {
  const tenant = tenantIn(state, id);
  tenant.seen.restore(seen);
  for (const [pool, on] of parallel) tenant.parallel.set(pool, on);
  tenant.plan = plan;
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
  const { tenant, invocation, agent, tool, inputs, band, arrival, wave, phase, attempts, readyAt, seq } =
    call;
  const { due, argsDigest, cancel, again } = call;
  const [, project, campaign] = pathOf(call.account);
  const step = call.step && indexOf.get(call.step);
  const optional = {
    step,
    version: call.version?.digest,
    argsDigest,
    due: due && saveDue(due),
    ticket: call.lease?.ticket,
    cancel: cancel && given({ reason: cancel.reason }),
    again: again && saveAgain(again),
  };
  return {
    tenant,
    invocation,
    agent,
    tool,
    project,
    campaign,
    inputs,
    band,
    arrival,
    wave,
    phase,
    attempts,
    readyAt,
    seq,
    ...given(optional),
  };
}

function restoreCall(state: SchedulerState, saved: SavedCall, steps: readonly Step[]): Call {
  const tenant = tenantIn(state, saved.tenant);
  const { invocation, agent, tool, inputs, band, arrival, wave, phase, attempts, readyAt, seq } = saved;
  const call: Call = {
    tenant: saved.tenant,
    invocation,
    agent,
    tool,
    inputs,
    band,
    account: accountOf(state.accounts, saved.tenant, saved.project, saved.campaign),
    due: saved.due && { ...saved.due, position: -1 },
    arrival,
    wave,
    phase,
    attempts,
    readyAt,
    seq,
    step: saved.step === undefined ? undefined : steps[saved.step],
    argsDigest: saved.argsDigest,
    version: saved.version && tenant.versions.get(saved.version),
    again: saved.again && { lost: undefined, barred: undefined, ...saved.again, position: -1 },
    cancel: saved.cancel && { reason: saved.cancel.reason, position: -1 },
    lane: undefined,
    lease: undefined,
    inLane: -1,
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

function saveAgain({ failures, queries, resumeMs, lost, barred }: Again): SavedCall['again'] {
  return { failures, queries, resumeMs, ...given({ lost, barred }) };
}

function saveDue({ deadlineMs, late, latestStartMs, hopelessMs }: Due): Omit<Due, 'position'> {
  return { deadlineMs, late, latestStartMs, hopelessMs };
}

function saveAccounts({ epoch, sweepAt, cell }: Accounts): SavedAccounts {
  const save = ({ name, share, usage, children }: Account): SavedAccount => ({
    name,
    share,
    usage,
    below: sorted(children).map(([, child]) => save(child)),
  });
  return { epoch, sweepAt, cell: save(cell) };
}

function restoreAccounts(accounts: Accounts, { epoch, sweepAt, cell }: SavedAccounts): void {
  accounts.epoch = epoch;
  accounts.sweepAt = sweepAt;
  const load = (parent: Account, saved: readonly SavedAccount[]): void => {
    for (const { name, share, usage, below: children } of saved) {
      const one = below(accounts, parent, name);
      one.share = share;
      one.usage = usage;
      load(one, children);
    }
  };
  load(accounts.cell, cell.below);
}

/** The entries of a map by key. */
function sorted<K extends string, V>(map: ReadonlyMap<K, V>): (readonly [K, V])[] {
  return [...map].sort(([a], [b]) => compareText(a, b));
}

/** Without the fields that are undefined, which JSON does not have. */
function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
