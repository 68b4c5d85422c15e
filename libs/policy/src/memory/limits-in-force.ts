/**
 * Rate limits: how many calls each limit has let through. Counted from the recorded decisions, by rule and by whose
 * calls it counts together; a rule that is published again with another window begins anew.
 */
import { LimitScope, PolicyAction, PolicyMode } from '@writ/contracts';
import type { Instant, LimitRule, PolicyDecided, PolicyRule } from '@writ/contracts';
import { countKey, isFull } from './keyed-counts.ts';
import type { KeyedCounts } from './keyed-counts.ts';
import { belowFrom, countWithin } from './sliding-count.ts';

type Counted = Pick<PolicyDecided, 'agent' | 'tool' | 'project'>;

/** Why a limit stops a call: how many it has counted, and when it will let one through again. */
export interface Exceeded {
  readonly counted: number;
  readonly freeFrom: Instant;
}

const MS_PER_SECOND = 1_000;

/** How long a limit refuses what it has no room to count. */
const NO_ROOM_RETRY_MS = 60_000;

export function exceeded(
  counts: KeyedCounts,
  { name, limit }: PolicyRule,
  call: Counted,
  now: Instant,
): Exceeded | undefined {
  if (!limit) return { counted: 0, freeFrom: now };
  const windowMs = limit.windowSeconds * MS_PER_SECOND;
  const sliding = counts.get(windowMs)?.get(keyOf(name, limit, call));
  if (!sliding) {
    return isFull(counts, windowMs, now)
      ? { counted: limit.calls, freeFrom: now + NO_ROOM_RETRY_MS }
      : undefined;
  }
  const counted = countWithin(sliding, now);
  return counted < limit.calls ? undefined : { counted, freeFrom: belowFrom(sliding, limit.calls, now) };
}

/** Counts a call that was allowed under the limits that its decision names. */
export function countAllowed(
  counts: KeyedCounts,
  limits: ReadonlyMap<string, LimitRule>,
  decided: PolicyDecided,
  at: Instant,
): void {
  for (const { policy, action, mode } of decided.rules) {
    const limit =
      action === PolicyAction.limit && mode === PolicyMode.enforce ? limits.get(policy) : undefined;
    if (limit) countKey(counts, limit.windowSeconds * MS_PER_SECOND, keyOf(policy, limit, decided), at);
  }
}

/** Forgets what limits counted that are not in force any more. */
export function keepOnly(counts: KeyedCounts, limits: ReadonlyMap<string, LimitRule>): void {
  const kept = new Set([...limits].map(([name, limit]) => prefixOf(name, limit)));
  for (const [windowMs, byKey] of counts) {
    for (const key of byKey.keys()) if (!kept.has(key.slice(0, key.indexOf('|')))) byKey.delete(key);
    if (byKey.size === 0) counts.delete(windowMs);
  }
}

function keyOf(name: string, limit: LimitRule, { agent, tool, project }: Counted): string {
  const whose = {
    [LimitScope.agent]: agent,
    [LimitScope.tool]: tool,
    [LimitScope.project]: project,
    [LimitScope.agentTool]: `${agent} ${tool}`,
  }[limit.per];
  return `${prefixOf(name, limit)}|${whose}`;
}

function prefixOf(name: string, { per, windowSeconds }: LimitRule): string {
  return `${name} ${per} ${windowSeconds}`;
}
