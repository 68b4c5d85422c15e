/**
 * Steps of several calls: the plan is made when the step is first seen, and holds as it was recorded, even if tools
 * or the rules of planning change later. No call of the step is granted before its plan is a fact.
 */
import type { StepId } from '@writ/contracts';
import { parallelEnabled, rulesOf, tenantIn } from './catalog.ts';
import { openWaves } from './lifecycle.ts';
import { MAX_PLAN_KEY_CHARACTERS } from './limits.ts';
import type { Call, SchedulerState, Step } from './state.ts';
import { schedule } from './waves.ts';
import type { Wave } from './waves.ts';

const NO_RULES = new Map();

/** Makes one step of `calls` (two or more), whose plan is owed from now on. */
export function beginStep(state: SchedulerState, id: StepId, calls: readonly Call[]): void {
  const [first] = calls;
  if (!first) return;
  const { tenant, agent, arrival } = first;
  const step = {
    tenant,
    agent,
    id,
    arrival,
    owed: planFor(state, calls),
    living: [new Set(calls)],
    open: -1,
  };
  state.unplanned.set(stepKey(step.owed, first.tenant), step);
  for (const call of calls) call.step = step;
}

/** Takes the recorded plan over and opens its first wave. */
export function adoptPlan(state: SchedulerState, tenant: Call['tenant'], waves: readonly Wave[]): void {
  const key = stepKey(waves, tenant);
  const step = state.unplanned.get(key);
  if (!step) return;
  state.unplanned.delete(key);
  step.owed = undefined;
  const calls = new Map([...(step.living[0] ?? [])].map((call) => [call.invocation, call]));
  step.living.length = 0;
  for (const [index, wave] of waves.entries()) {
    const living = wave.calls.map((id) => calls.get(id)).filter((call) => call !== undefined);
    for (const call of living) call.wave = index;
    step.living.push(new Set(living));
  }
  openWaves(state, step);
}

/** Names a step by its first call: the step id is the agent's and may be used again. */
export function stepKey(waves: readonly Wave[], tenant: Call['tenant']): string {
  return `${tenant}/${waves[0]?.calls[0]}`;
}

/** Steps in the order in which they came. */
export function byArrival(a: Step, b: Step): number {
  return a.arrival - b.arrival;
}

function planFor(state: SchedulerState, calls: readonly Call[]): Wave[] {
  const [first] = calls;
  const tenant = tenantIn(state, (first as Call).tenant);
  const waves = schedule(calls, rulesOf(tenant), { parallelEnabled: parallelEnabled(state, tenant) });
  let characters = 0;
  for (const wave of waves) for (const key of wave.resourceKeys) characters += key.length;
  // A plan has to fit one commit; keys so long that it would not are worth no parallelism.
  return characters <= MAX_PLAN_KEY_CHARACTERS
    ? waves
    : schedule(calls, NO_RULES, { parallelEnabled: false });
}
