/**
 * Which breakers stand before a queue, and what they want of it together. The door of one tool of one tenant to one pool
 * has six places for them: the tool, the pool and everything, each for its tenant and for the whole cell. Only the
 * first is always there, so an ordinary call asks one breaker.
 */
import { CELL } from '@writ/contracts';
import type { TenantId, ToolName } from '@writ/contracts';
import { gateOf, isProbing, permitsLeft } from './breaker.ts';
import type { Gate } from './breaker.ts';
import type { SchedulerState } from './state.ts';
import type { Breaker, Door } from './model.ts';

/** The breakers of a door, its tool's own first. */
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

/** The door of a tool, whose breaker this is, to a pool. */
export function doorIn(state: SchedulerState, pool: string, tool: ToolName, own: Breaker): Door {
  const { tenant } = own;
  const key = `${pool}/${tenant}/${tool}`;
  let door = state.doors.get(key);
  if (!door) {
    door = { tenant, tool, pool, breakers: breakersBefore(state, own, tool, pool), lanes: new Set() };
    state.doors.set(key, door);
    for (const one of door.breakers) one.doors.add(door);
  }
  return door;
}

/** Every door that a new breaker of this scope stands before. */
export function* doorsBehind(state: SchedulerState, { tenant, scope }: Breaker): Generator<Door, undefined> {
  for (const door of state.doors.values()) {
    if (scope.startsWith('pool:') && scope !== `pool:${door.pool}`) continue;
    if (tenant !== CELL && tenant !== door.tenant) continue;
    if (scope.startsWith('tool:') && scope !== `tool:${door.tool}`) continue;
    yield door;
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
