/**
 * Which breakers stand before a queue, and what they want of it together. A queue of one tool of one tenant in one pool
 * has six places for them: the tool, the pool and everything, each for its tenant and for the whole cell. Only the
 * first is always there, so an ordinary call asks one breaker.
 */
import { CELL } from '@writ/contracts';
import type { TenantId, ToolName } from '@writ/contracts';
import { gateOf, isProbing, permitsLeft } from './breaker.ts';
import type { Breaker, Gate } from './breaker.ts';
import type { Lane } from './queue.ts';
import type { SchedulerState } from './state.ts';

/** The breakers of a queue, its tool's own first. */
export function breakersBefore(
  state: SchedulerState,
  own: Breaker,
  tool: ToolName,
  pool: string,
): readonly Breaker[] {
  const wider = [`pool:${pool}`, 'all'].map((scope) => breakerAt(state, own.tenant, scope));
  const cells = [`tool:${tool}`, `pool:${pool}`, 'all'].map((scope) => breakerAt(state, CELL, scope));
  const all = [own, ...wider, ...cells];
  return all.filter((breaker) => breaker !== undefined);
}

/** Every queue that a new breaker of this scope stands before. */
export function* lanesBehind(state: SchedulerState, { tenant, scope }: Breaker): Generator<Lane, undefined> {
  for (const pool of state.pools.values()) {
    if (scope.startsWith('pool:') && scope !== `pool:${pool.name}`) continue;
    for (const lane of pool.lanes.values()) {
      if (tenant !== CELL && tenant !== lane.tenant) continue;
      if (scope.startsWith('tool:') && scope !== `tool:${lane.tool}`) continue;
      yield lane;
    }
  }
}

/** The strictest of what the breakers want. */
export function gateBefore(breakers: readonly Breaker[]): Gate {
  let gate: Gate = 'pass';
  for (const breaker of breakers) {
    const wanted = gateOf(breaker);
    if (wanted === 'refuse') return wanted;
    if (wanted === 'wait') gate = wanted;
  }
  return gate;
}

/** Of the breakers that refuse, the one that does so for longest. */
export function refusingBreaker(breakers: readonly Breaker[]): Breaker | undefined {
  const refusing = breakers.filter((breaker) => gateOf(breaker) === 'refuse');
  return refusing.reduce<Breaker | undefined>(
    (longest, breaker) => (longest && refusedUntilMs(longest) >= refusedUntilMs(breaker) ? longest : breaker),
    undefined,
  );
}

/** When a breaker that refuses calls may let one through again; `Infinity` when only an operator can say. */
export function refusedUntilMs({ force, circuit }: Breaker): number {
  if (force !== undefined) return force.untilMs ?? Infinity;
  return circuit.status === 'open' ? circuit.untilMs : Infinity;
}

/** Meters the grants of one answer: an answer of many is made before any of them is folded. */
export class ProbeMeter {
  readonly #left = new Map<Breaker, number>();

  /** Whether a call behind these breakers may be granted; takes a permit of each that is on probation. */
  admits(breakers: readonly Breaker[]): boolean {
    for (const breaker of breakers) if (this.#permits(breaker) <= 0) return false;
    for (const breaker of breakers) {
      if (isProbing(breaker)) this.#left.set(breaker, this.#permits(breaker) - 1);
    }
    return true;
  }

  #permits(breaker: Breaker): number {
    return isProbing(breaker) ? (this.#left.get(breaker) ?? permitsLeft(breaker)) : Infinity;
  }
}

function breakerAt(state: SchedulerState, tenant: TenantId, scope: string): Breaker | undefined {
  return state.tenants.get(tenant)?.breakers.get(scope);
}
