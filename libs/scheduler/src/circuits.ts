/** The folds of breaker facts: circuits turn as the ledger says, and the queues behind them follow. */
import { breakerScopeOf, breakerSpec } from '@writ/contracts';
import type { RecordedFact } from '@writ/contracts';
import { closedCircuit, configure, halfOpenCircuit, turnOwed } from './breaker.ts';
import { breakerOf, isOwnTool } from './catalog.ts';
import { settleLanes } from './queue.ts';
import type { SchedulerState } from './state.ts';
import type { Breaker, Circuit } from './model.ts';

export function onBreakerConfigured(state: SchedulerState, fact: RecordedFact<'breaker.configured'>): void {
  const spec = fact.data.breaker;
  const breaker = breakerOf(state, fact.tenant, breakerScopeOf(spec));
  configure(breaker, spec);
  review(state, breaker);
}

/** A tool of a tenant goes on with default terms; any other scope is watched no more, and its circuit is closed. */
export function onBreakerRetired(
  state: SchedulerState,
  { tenant, data: { scope } }: RecordedFact<'breaker.retired'>,
): void {
  const breaker = breakerOf(state, tenant, scope);
  configure(breaker, breakerSpec.parse({ tool: 'any' }));
  breaker.watching = isOwnTool(tenant, scope);
  if (breaker.watching) review(state, breaker);
  else turn(state, breaker, closedCircuit(breaker.spec));
}

export function onBreakerOpened(state: SchedulerState, fact: RecordedFact<'breaker.opened'>): void {
  const { scope, untilMs, evidence } = fact.data;
  turn(state, breakerOf(state, fact.tenant, scope), { status: 'open', untilMs, evidence });
}

export function onBreakerHalfOpened(
  state: SchedulerState,
  { tenant, data: { scope, permits } }: RecordedFact<'breaker.half-opened'>,
): void {
  const breaker = breakerOf(state, tenant, scope);
  breaker.round++;
  turn(state, breaker, halfOpenCircuit(permits));
}

export function onBreakerClosed(state: SchedulerState, fact: RecordedFact<'breaker.closed'>): void {
  const breaker = breakerOf(state, fact.tenant, fact.data.scope);
  turn(state, breaker, closedCircuit(breaker.spec));
}

export function onBreakerForced(
  state: SchedulerState,
  { tenant, at, seq, data: { scope, mode, reason, ttlSeconds } }: RecordedFact<'breaker.forced'>,
): void {
  const breaker = breakerOf(state, tenant, scope);
  unlist(state, breaker);
  const untilMs = ttlSeconds === undefined ? undefined : at + Math.ceil(1_000 * ttlSeconds);
  breaker.force = { mode, reason, untilMs, seq };
  list(state, breaker);
}

export function onForceEnded(
  state: SchedulerState,
  { tenant, data: { scope } }: RecordedFact<'breaker.released' | 'breaker.force-expired'>,
): void {
  const breaker = breakerOf(state, tenant, scope);
  unlist(state, breaker);
  breaker.force = undefined;
  list(state, breaker);
}

/** Keeps the debt of a turn in step with what the circuit has seen. */
export function review(state: SchedulerState, breaker: Breaker): void {
  if (turnOwed(breaker)) state.turning.add(breaker);
  else if (state.turning.size > 0) state.turning.delete(breaker);
}

/** Puts a breaker into the views of its state: those it owes a turn, those it waits for, the queues behind it. */
export function list(state: SchedulerState, breaker: Breaker): void {
  if (breaker.force?.untilMs !== undefined) state.forcedBreakers.push(breaker);
  // What is forced does not turn by itself: its circuit waits beneath.
  if (breaker.force === undefined && breaker.circuit.status === 'open') state.openBreakers.push(breaker);
  review(state, breaker);
  settleLanes(state, breaker);
}

function unlist(state: SchedulerState, breaker: Breaker): void {
  state.openBreakers.remove(breaker);
  state.forcedBreakers.remove(breaker);
}

function turn(state: SchedulerState, breaker: Breaker, circuit: Circuit): void {
  unlist(state, breaker);
  breaker.circuit = circuit;
  list(state, breaker);
}
