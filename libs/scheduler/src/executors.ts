/**
 * Executor sessions and their loss. A session is known while it holds grants. A lost one gets no new grants and keeps
 * its old ones until the fence stands on its subject in that tenant: only then is it certain what had started.
 */
import { Effects, effectsOf } from '@writ/contracts';
import type { ExecutorId, SessionId, ToolSpec } from '@writ/contracts';
import { MAX_LOST_SESSIONS } from './limits.ts';
import type { Call, Fence, OpenGrant, SchedulerState, Session } from './state.ts';

export function sessionIn(
  state: SchedulerState,
  executor: ExecutorId,
  session: SessionId,
): Session | undefined {
  return state.sessions.get(executor)?.get(session);
}

export function holdGrant(state: SchedulerState, { executor, session }: OpenGrant, call: Call): void {
  let sessions = state.sessions.get(executor);
  if (!sessions) {
    sessions = new Map();
    state.sessions.set(executor, sessions);
  }
  let held = sessions.get(session);
  if (!held) {
    held = { executor, session, grants: new Set() };
    sessions.set(session, held);
  }
  held.grants.add(call);
}

export function dropGrant(state: SchedulerState, { executor, session }: OpenGrant, call: Call): void {
  const sessions = state.sessions.get(executor);
  const held = sessions?.get(session);
  if (!sessions || !held) return;
  held.grants.delete(call);
  if (held.grants.size === 0) sessions.delete(session);
  if (sessions.size === 0) state.sessions.delete(executor);
}

/** Notes that a session is gone for good, and that its subject in this tenant must be fenced. */
export function oweFence(state: SchedulerState, fence: Fence): void {
  state.fences.set(fenceKey(fence), fence);
  forgetSession(state, fence);
}

/** Notes that a session is gone for good: should it come back, it gets nothing. */
export function forgetSession(state: SchedulerState, { executor, session }: Omit<Fence, 'tenant'>): void {
  state.lostSessions.add(`${executor}/${session}`);
  for (const oldest of state.lostSessions) {
    if (state.lostSessions.size <= MAX_LOST_SESSIONS) break;
    state.lostSessions.delete(oldest);
  }
}

export function isLost(state: SchedulerState, executor: ExecutorId, session: SessionId): boolean {
  return state.lostSessions.size > 0 && state.lostSessions.has(`${executor}/${session}`);
}

export function fenceKey({ tenant, executor, session }: Fence): string {
  return `${tenant}/${executor}/${session}`;
}

/** Whether a call may be granted again after its executor was lost: it never began, or its effects may be repeated. */
export function mayRunAgain(spec: ToolSpec, grant: OpenGrant): boolean {
  const effects = effectsOf(spec);
  return !grant.started || effects === Effects.pure || effects === Effects.keyed;
}
