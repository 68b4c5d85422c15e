/** The folds of breaker facts: circuits turn as the ledger says, and the queues of their tools follow them. */
import type { RecordedFact, ToolName } from '@writ/contracts';
import { configure, toolOfScope, turnOwed, windowOf } from './breaker.ts';
import type { Breaker, Circuit } from './breaker.ts';
import { breakerOf } from './catalog.ts';
import { settleLanes } from './queue.ts';
import type { SchedulerState } from './state.ts';

export function onBreakerConfigured(state: SchedulerState, fact: RecordedFact<'breaker.configured'>): void {
  const spec = fact.data.breaker;
  const breaker = breakerOf(state, fact.tenant, spec.tool as ToolName);
  configure(breaker, spec);
  review(state, breaker);
}

export function onBreakerOpened(state: SchedulerState, fact: RecordedFact<'breaker.opened'>): void {
  const { untilMs, evidence } = fact.data;
  turn(state, fact, () => ({ status: 'open', untilMs, evidence }));
}

export function onBreakerHalfOpened(state: SchedulerState, fact: RecordedFact<'breaker.half-opened'>): void {
  const { permits } = fact.data;
  turn(state, fact, (breaker) => {
    breaker.round++;
    return { status: 'half-open', permits, window: windowOf(permits), probing: 0 };
  });
}

export function onBreakerClosed(state: SchedulerState, fact: RecordedFact<'breaker.closed'>): void {
  turn(state, fact, ({ spec }) => ({ status: 'closed', window: windowOf(spec.window) }));
}

/** Keeps the debt of a turn in step with what the circuit has seen. */
export function review(state: SchedulerState, breaker: Breaker): void {
  if (turnOwed(breaker)) state.turning.add(breaker);
  else if (state.turning.size > 0) state.turning.delete(breaker);
}

/** Turns a circuit as the fact says, and moves the queues of its tool to where they belong now. */
function turn(
  state: SchedulerState,
  { tenant, data: { scope } }: RecordedFact<'breaker.opened' | 'breaker.half-opened' | 'breaker.closed'>,
  next: (breaker: Breaker) => Circuit,
): void {
  const tool = toolOfScope(scope);
  if (tool === undefined) return;
  const breaker = breakerOf(state, tenant, tool);
  state.openBreakers.remove(breaker);
  breaker.circuit = next(breaker);
  if (breaker.circuit.status === 'open') state.openBreakers.push(breaker);
  review(state, breaker);
  settleLanes(state, breaker);
}
