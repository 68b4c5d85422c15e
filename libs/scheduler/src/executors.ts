/**
 * Executor sessions and their loss. A session is known while it holds grants. A lost one gets no new grants and keeps
 * its old ones until the fence stands on its subject in that tenant: only then is it certain what had started.
 */
import { Effects, effectsOf } from '@writ/contracts';
import type { ExecutorId, SessionId, ToolSpec } from '@writ/contracts';
import { MAX_LOST_SESSIONS } from './limits.ts';
import type { ExecutorSession, OpenGrant } from './attempt.ts';
import type { Fence, SchedulerState, Session } from './state.ts';
import type { Call } from './model.ts';

export function sessionIn(
  state: SchedulerState,
  executor: ExecutorId,
  session: SessionId,
): Session | undefined {
  return state.sessions.get(executor)?.get(session);
}

/** Gives the call's executors what it takes of them. */
export function holdGrant(state: SchedulerState, grant: OpenGrant, call: Call): void {
  const slots = slotsOf(call);
  const held = makeSession(state, grant);
  held.grants.add(call);
  held.slots += slots;
  for (const one of grant.beside ?? []) {
    const other = makeSession(state, one);
    other.guests.add(call);
    other.slots += slots;
  }
}

export function dropGrant(state: SchedulerState, grant: OpenGrant, call: Call): void {
  leaveSession(state, grant, call);
  for (const one of grant.beside ?? []) leaveSession(state, one, call);
}

function makeSession(state: SchedulerState, { executor, session }: ExecutorSession): Session {
  let sessions = state.sessions.get(executor);
  if (!sessions) {
    sessions = new Map();
    state.sessions.set(executor, sessions);
  }
  let held = sessions.get(session);
  if (!held) {
    held = { executor, session, grants: new Set(), guests: new Set(), slots: 0 };
    sessions.set(session, held);
  }
  return held;
}

function leaveSession(state: SchedulerState, { executor, session }: ExecutorSession, call: Call): void {
  const sessions = state.sessions.get(executor);
  const held = sessions?.get(session);
  if (!sessions || !held) return;
  if (held.grants.delete(call) || held.guests.delete(call)) held.slots -= slotsOf(call);
  if (held.grants.size + held.guests.size === 0) sessions.delete(session);
  if (sessions.size === 0) state.sessions.delete(executor);
}

function slotsOf({ version }: Call): number {
  return version?.spec.requires?.slots ?? 1;
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
