/** What is read out of the state about breakers: their list, the calls that still run behind one, alerts to be sent. */
import { CELL } from '@writ/contracts';
import type { ExecutorId, ForcedMode, Instant, InvocationId, TenantId, ToolName } from '@writ/contracts';
import { byName } from './breaker.ts';
import type { SchedulerState } from './state.ts';
import type { Evidence } from './window.ts';
import type { OpenAlert } from './state.ts';
import type { Breaker, Call, Circuit } from './model.ts';

/** The evidence is that of the present window; of what opened it, while it is open. */
export interface BreakerReport extends Readonly<Evidence> {
  readonly scope: string;
  readonly status: Circuit['status'];
  /** When an open circuit is tried again. */
  readonly untilMs?: Instant;
  /** What an operator made of it, why, and until when; without an end until it is released. */
  readonly forced?: { readonly mode: ForcedMode; readonly reason: string; readonly untilMs?: Instant };
}

/** A call that an executor has now. */
export interface RunningCall {
  readonly tenant: TenantId;
  readonly invocation: InvocationId;
  readonly tool: ToolName;
  readonly executor: ExecutorId;
  readonly attempt: number;
  /** `lost`: its executor was lost after the start; somebody has to look what became of it. */
  readonly status: 'running' | 'lost';
}

/** Every breaker of a tenant (or of `_cell`), by scope; those that were only forced once and watch nothing are left out. */
export function breakers(state: SchedulerState, tenant: TenantId): BreakerReport[] {
  const all = [...(state.tenants.get(tenant)?.breakers.values() ?? [])].sort(byName);
  return all.filter(({ watching, force }) => watching || force).map(reportOf);
}

/** The calls behind a scope that executors have, in the order in which they were asked for. */
export function runningCalls(state: SchedulerState, tenant: TenantId, scope: string): RunningCall[] {
  const tenants = tenant === CELL ? [...state.tenants.values()] : [state.tenants.get(tenant)];
  const calls = tenants.flatMap((one) => [...(one?.calls.values() ?? [])]);
  return calls
    .filter((call) => isBehind(call, scope))
    .sort((a, b) => a.arrival - b.arrival)
    .flatMap((call) => runningCall(call) ?? []);
}

/** Alerts that some webhook may not have taken yet, oldest first. */
export function openAlerts(state: SchedulerState): Iterable<OpenAlert> {
  return state.openAlerts.values();
}

function reportOf({ scope, circuit, force }: Breaker): BreakerReport {
  const { status } = circuit;
  const forced = force && {
    forced: {
      mode: force.mode,
      reason: force.reason,
      ...(force.untilMs === undefined ? {} : { untilMs: force.untilMs }),
    },
  };
  const evidence = circuit.status === 'open' ? circuit.evidence : circuit.window.tally.evidence;
  const open = circuit.status === 'open' ? { untilMs: circuit.untilMs } : {};
  return { scope, status, ...evidence, ...open, ...forced };
}

function isBehind({ tool, version }: Call, scope: string): boolean {
  return scope === 'all' || scope === `tool:${tool}` || scope === `pool:${version?.spec.pool}`;
}

function runningCall({ tenant, invocation, tool, phase }: Call): RunningCall | undefined {
  if (phase.status !== 'granted' && phase.status !== 'indeterminate') return undefined;
  const { executor, attempt } = phase.grant;
  const status = phase.status === 'granted' ? 'running' : 'lost';
  return { tenant, invocation, tool, executor, attempt, status };
}
