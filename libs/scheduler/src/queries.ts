/** What the process around the core reads out of its state: to answer pulls, to watch executors, to report. */
import type { Digest, ExecutorId, Grant, InvocationId, SessionId, TenantId, ToolSpec } from '@writ/contracts';
import { isLost, sessionIn } from './executors.ts';
import type { ExecutorSession } from './attempt.ts';
import type { Fence, SchedulerState } from './state.ts';
import type { Call } from './model.ts';

/** A grant as an executor gets it; the fencing token is the ledger sequence of its commit, which the caller knows. */
export type GrantDetails = Omit<Grant, 'fencingToken'>;

/** Calls that could run now if an executor were free. */
export function queueDepth(state: SchedulerState): number {
  return state.ready;
}

/** The same by tenant and project, also where none wait. */
export function queueDepths(
  state: SchedulerState,
): { readonly tenant: string; readonly project: string; readonly calls: number }[] {
  return [...state.accounts.cell.children.values()].flatMap((tenant) =>
    [...tenant.children.values()].map((project) => {
      const lanes = [...project.children.values()].flatMap((campaign) => [...campaign.lanes.values()].flat());
      const calls = lanes.reduce((sum, lane) => sum + lane.calls.size, 0);
      return { tenant: tenant.name, project: project.name, calls };
    }),
  );
}

/** The open grants of one session, over all tenants, in the order in which the calls were asked for. */
export function openGrants(state: SchedulerState, executor: ExecutorId, session: SessionId): GrantDetails[] {
  const calls = [...(sessionIn(state, executor, session)?.grants ?? [])];
  return calls.sort((a, b) => a.arrival - b.arrival).flatMap((call) => detailsOf(state, call) ?? []);
}

/** The open grant of one call; undefined when no executor has it. */
export function grantDetails(
  state: SchedulerState,
  tenant: TenantId,
  invocation: InvocationId,
): GrantDetails | undefined {
  const call = state.tenants.get(tenant)?.calls.get(invocation);
  return call && detailsOf(state, call);
}

/** A version of a tool that is in the catalog or that a living call is bound to. */
export function toolByDigest(state: SchedulerState, tenant: TenantId, digest: Digest): ToolSpec | undefined {
  return state.tenants.get(tenant)?.versions.get(digest)?.spec;
}

/** Subjects on which `execution.fenced` must be appended before the grants of a lost session are decided. */
export function fencesOwed(state: SchedulerState): readonly Fence[] {
  return [...state.fences.values()];
}

/** Sessions that hold grants: those whose silence matters, also to a leader that never heard of them. */
export function busySessions(state: SchedulerState): ExecutorSession[] {
  return [...state.sessions.values()].flatMap((sessions) =>
    [...sessions.values()]
      .filter(({ grants }) => grants.size > 0)
      .map(({ executor, session }) => ({ executor, session })),
  );
}

/** Whether an executor still holds grants of another session than this one. */
export function holdsOlder(state: SchedulerState, executor: ExecutorId, session: SessionId): boolean {
  const sessions = state.sessions.get(executor);
  return sessions !== undefined && sessions.size > (sessions.has(session) ? 1 : 0);
}

/** Whether a session was declared lost: it gets no more grants and has to begin anew. */
export function sessionLost(state: SchedulerState, executor: ExecutorId, session: SessionId): boolean {
  return isLost(state, executor, session);
}

function detailsOf(state: SchedulerState, call: Call): GrantDetails | undefined {
  const { tenant, invocation, agent, tool, inputs, argsDigest, version, phase, again } = call;
  if (phase.status !== 'granted' || !version || !argsDigest) return undefined;
  const traceparent = state.tenants.get(tenant)?.traces.get(invocation);
  const { attempt, executor, beside, query } = phase.grant;
  const details = {
    tenant,
    invocation,
    attempt,
    agent,
    tool,
    toolDigest: version.digest,
    inputs,
    argsDigest,
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(query ? { query } : {}),
    ...(again && again.failures > 0 ? { failures: again.failures } : {}),
  };
  return beside ? { ...details, nodes: [executor, ...beside.map((one) => one.executor)] } : details;
}
