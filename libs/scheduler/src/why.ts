/**
 * Why a call does not run yet: everything that holds it, the most binding first (policy, breaker, approval, budget,
 * capacity, then its own step and its resource keys), each with the ledger sequence of the fact that says so.
 */
import type { Instant, InvocationId, TenantId, ToolName } from '@writ/contracts';
import { pathOf } from './accounts.ts';
import { isQueued } from './call-queue.ts';
import { tenantIn, versionAt } from './catalog.ts';
import { gateBefore } from './gates.ts';
import { blockersOf, holdsKeys } from './leases.ts';
import { usualRunMs } from './lifecycle.ts';
import { quotasLeft } from './quotas.ts';
import { Standing } from './standing.ts';
import type { Slots } from './standing.ts';
import type { SchedulerState } from './state.ts';
import type { Call } from './model.ts';

export interface Blocker {
  readonly kind: 'policy' | 'breaker' | 'approval' | 'budget' | 'retry' | 'capacity' | 'wave' | 'lease';
  readonly detail: string;
  /** Ledger sequence of the fact behind it; absent for what is no fact, like a free executor. */
  readonly seq?: number;
}

export interface QueuedCall {
  readonly invocation: InvocationId;
  readonly tool: ToolName;
  readonly project: string;
  readonly campaign: string;
  readonly status: Call['phase']['status'];
  /** The first one is what it waits for now. */
  readonly blockers: readonly Blocker[];
  /** Calls that are granted before it, as things stand; only for one that is queued. */
  readonly position?: number;
  readonly expectedStartMs?: Instant;
  readonly expectedRunMs?: number;
  readonly deadlineMs?: Instant;
}

/** Everything about one living call; undefined for a call that has ended or was never asked for. */
export function why(
  state: SchedulerState,
  tenant: TenantId,
  invocation: InvocationId,
  slots: Slots,
  now: Instant,
): QueuedCall | undefined {
  const call = state.tenants.get(tenant)?.calls.get(invocation);
  return call && reportOf(state, call, new Standing(state, slots, now));
}

/** The calls of a tenant that do not run yet, most urgent first, `most` of them. */
export function queue(
  state: SchedulerState,
  tenant: TenantId,
  slots: Slots,
  now: Instant,
  most: number,
): QueuedCall[] {
  const standing = new Standing(state, slots, now);
  const waiting = [...(state.tenants.get(tenant)?.calls.values() ?? [])].filter(
    ({ phase: { status } }) =>
      status === 'waiting' || status === 'cleared' || status === 'ready' || status === 'pausing',
  );
  waiting.sort((a, b) => a.berth.band - b.berth.band || a.arrival - b.arrival);
  const calls = waiting.slice(0, most).map((call) => reportOf(state, call, standing));
  return calls.sort((a, b) => (a.position ?? Infinity) - (b.position ?? Infinity) || 0);
}

function reportOf(state: SchedulerState, call: Call, standing: Standing): QueuedCall {
  const { invocation, tool, phase, version, due, berth } = call;
  const [, project, campaign] = pathOf(berth.account);
  const pool = version?.spec.pool ?? '';
  const runMs = version && usualRunMs(version);
  const position = isQueued(call) ? standing.ahead(call) : undefined;
  const start = position === undefined ? undefined : standing.startAfter(pool, position, runMs ?? 0);
  return {
    invocation,
    tool,
    project,
    campaign,
    status: phase.status,
    blockers: blockers(state, call, position),
    ...(position === undefined ? {} : { position }),
    ...(start === undefined ? {} : { expectedStartMs: start }),
    ...(runMs === undefined ? {} : { expectedRunMs: Math.round(runMs) }),
    ...(due ? { deadlineMs: due.deadlineMs } : {}),
  };
}

function blockers(state: SchedulerState, call: Call, position: number | undefined): Blocker[] {
  const { phase, seq } = call;
  const found: Blocker[] = [];
  if (phase.status === 'granted' || phase.status === 'indeterminate') return found;
  const waiting = phase.status === 'waiting' ? phase : { allowed: true, reserved: true, approval: false };
  if (!waiting.allowed && !waiting.approval) found.push(policy(state, call));
  found.push(...breakersBefore(state, call));
  if (!waiting.allowed && waiting.approval)
    found.push({ kind: 'approval', detail: 'people are asked whether it may run', seq });
  if (!waiting.reserved && (waiting.allowed || waiting.approval))
    found.push({ kind: 'budget', detail: 'the budget has not set its cost aside', seq });
  if (phase.status === 'pausing') found.push(pause(call));
  if (position !== undefined) found.push(capacity(call, position));
  if (phase.status === 'cleared') found.push(wave(call));
  if (!holdsKeys(call)) found.push(...leases(state, call));
  return found;
}

function policy(state: SchedulerState, { tenant, approval, seq }: Call): Blocker {
  if (!approval) return { kind: 'policy', detail: 'policy has not decided on it', seq };
  const detail =
    'the catalog has changed since it was approved, and policy has not said again that it may run';
  return { kind: 'policy', detail, seq: tenantIn(state, tenant).governedAt };
}

/** The circuits that keep its tool from running, whichever version it will be. */
function breakersBefore(state: SchedulerState, { tenant, tool, version }: Call): Blocker[] {
  const known = state.tenants.get(tenant);
  const bound = version ?? (known && versionAt(known, tool, Infinity));
  const all = bound?.door.breakers ?? [];
  if (gateBefore(all) === 'pass') return [];
  return all
    .filter((breaker) => gateBefore([breaker]) !== 'pass')
    .map(({ scope, circuit, force, seq }) => ({
      kind: 'breaker',
      seq: force?.seq ?? seq,
      detail: `the circuit of ${scope} is ${force ? `${force.mode} by an operator: ${force.reason}` : circuit.status}`,
    }));
}

function capacity({ lane, version, seq }: Call, position: number): Blocker {
  const pool = version?.spec.pool ?? '';
  if (lane && !quotasLeft(lane)) {
    const full = lane.quotas.filter(({ running, most }) => running >= most);
    const limits = full.map(({ name, most }) => `${name} may run ${most} at once`).join(', ');
    return { kind: 'capacity', detail: `a concurrency limit is reached: ${limits}`, seq };
  }
  const calls = position === 1 ? 'one call is' : `${position} calls are`;
  const ahead = position === 0 ? 'it is next' : `${calls} ahead of it`;
  return { kind: 'capacity', detail: `it waits for an executor of pool "${pool}"; ${ahead}`, seq };
}

function pause({ again, seq }: Call): Blocker {
  const at = new Date(again?.resumeMs ?? 0).toISOString();
  const failed = again?.failures === 1 ? 'its first attempt' : `${again?.failures ?? 0} attempts of it`;
  return { kind: 'retry', detail: `${failed} failed; it is tried again at ${at}`, seq };
}

function wave(call: Call): Blocker {
  const { step, seq } = call;
  const own = step?.living.findIndex((calls) => calls.has(call)) ?? 0;
  const earlier = step?.living.slice(0, Math.max(0, own)).flatMap((calls) => [...calls]) ?? [];
  const names = earlier.slice(0, 5).map(({ invocation }) => invocation);
  const more = earlier.length > names.length ? `, and ${earlier.length - names.length} more` : '';
  const detail = `calls of its step come before it${names.length > 0 ? `: ${names.join(', ')}${more}` : ''}`;
  return { kind: 'wave', detail, seq };
}

function leases(state: SchedulerState, call: Call): Blocker[] {
  return blockersOf(state, call).map(({ key, by }) => {
    const holds =
      by.phase.status === 'granted' || by.phase.status === 'indeterminate' ? 'holds' : 'asked before for';
    const what = key === '' ? 'every key' : `the key "${key}"`;
    return { kind: 'lease', detail: `call ${by.invocation} ${holds} ${what}`, seq: by.seq };
  });
}
