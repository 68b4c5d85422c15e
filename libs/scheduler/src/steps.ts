/**
 * Steps of several calls: the plan is made when the step is first seen, and holds as it was recorded, even if tools
 * or the rules of planning change later. No call of the step is granted before its plan is a fact.
 */
import type { PlanMode, StepId } from '@writ/contracts';
import { parallelEnabled, planModeOf, rulesOf, tenantIn } from './catalog.ts';
import { openWaves } from './lifecycle.ts';
import { planStep } from './plan.ts';
import type { Plan } from './conflicts.ts';
import type { SchedulerState } from './state.ts';
import type { Call, Step } from './model.ts';

/** Makes one step of `calls` (two or more), whose plan is owed from now on. */
export function beginStep(
  state: SchedulerState,
  id: StepId,
  calls: readonly Call[],
  mode: PlanMode | undefined,
): void {
  const [first] = calls;
  if (!first) return;
  const { agent, arrival } = first;
  const tenant = tenantIn(state, first.tenant);
  const options = { parallelEnabled: parallelEnabled(state, tenant) };
  const owed = planStep(calls, rulesOf(tenant), options, mode ?? planModeOf(state, tenant));
  const step: Step = {
    tenant: first.tenant,
    agent,
    id,
    arrival,
    owed,
    living: [new Set(calls)],
    open: -1,
    after: undefined,
  };
  state.unplanned.set(stepKey(owed, first.tenant), step);
  for (const call of calls) call.step = step;
}

/** Takes the recorded plan over and opens what it opens first. */
export function adoptPlan(state: SchedulerState, tenant: Call['tenant'], plan: Plan): void {
  const key = stepKey(plan, tenant);
  const step = state.unplanned.get(key);
  if (!step) return;
  state.unplanned.delete(key);
  step.owed = undefined;
  const calls = new Map([...(step.living[0] ?? [])].map((call) => [call.invocation, call]));
  if (plan.after) {
    const order = plan.waves.flatMap((wave) => wave.calls).map((id) => calls.get(id));
    step.after = waitingFor(order, plan.after);
  } else {
    step.living.length = 0;
    for (const wave of plan.waves)
      step.living.push(new Set(wave.calls.map((id) => calls.get(id)).filter((call) => call !== undefined)));
  }
  openWaves(state, step);
}

/** Names a step by its first call: the step id is the agent's and may be used again. */
export function stepKey({ waves }: Plan, tenant: Call['tenant']): string {
  return `${tenant}/${waves[0]?.calls[0]}`;
}

/** Steps in the order in which they came. */
export function byArrival(a: Step, b: Step): number {
  return a.arrival - b.arrival;
}

/** The living calls that each living call waits for. */
function waitingFor(
  order: readonly (Call | undefined)[],
  after: NonNullable<Plan['after']>,
): Map<Call, Set<Call>> {
  const waiting = new Map<Call, Set<Call>>();
  for (const [place, call] of order.entries()) {
    if (!call) continue;
    const before = livingBefore(order, after, place);
    waiting.set(call, before);
  }
  return waiting;
}

/** Calls that must end before the one at `place`; in place of one that has ended already, what that one waited for. */
function livingBefore(
  order: readonly (Call | undefined)[],
  after: NonNullable<Plan['after']>,
  place: number,
): Set<Call> {
  const living = new Set<Call>();
  const seen = new Set<number>();
  const next = [...(after[place] ?? [])];
  for (let earlier = next.pop(); earlier !== undefined; earlier = next.pop()) {
    if (seen.has(earlier)) continue;
    seen.add(earlier);
    const call = order[earlier];
    if (call) living.add(call);
    else next.push(...(after[earlier] ?? []));
  }
  return living;
}
