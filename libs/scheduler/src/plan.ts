/** The plan of a step as it is recorded: its waves, and for a step planned as a graph what each call waits for. */
import type { PlanMode } from '@writ/contracts';
import { scheduleGraph } from './conflicts.ts';
import type { Plan } from './conflicts.ts';
import { MAX_PLAN_KEY_CHARACTERS } from './limits.ts';
import { schedule } from './waves.ts';
import type { ToolRules, WaveCall, WaveOptions } from './waves.ts';

const NO_RULES = new Map();

export function planStep(
  calls: readonly WaveCall[],
  registry: ToolRules,
  options: WaveOptions,
  mode: PlanMode,
): Plan {
  // Without parallel calls both modes are the same order, and that is shorter told in waves.
  const plan: Plan =
    mode === 'dag' && options.parallelEnabled
      ? scheduleGraph(calls, registry, options)
      : { waves: schedule(calls, registry, options) };
  let characters = 0;
  for (const wave of plan.waves) for (const key of wave.resourceKeys) characters += key.length;
  if (characters <= MAX_PLAN_KEY_CHARACTERS) return plan;
  // A plan has to fit one commit; keys so long that it would not are worth no parallelism.
  return { waves: schedule(calls, NO_RULES, { parallelEnabled: false }) };
}
