/** A call for the specs of this lib: what a condition sees of it, with some of it replaced. */
import type { Bindings } from './field.ts';

export interface Sample {
  readonly cost?: bigint;
  readonly args?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, unknown>>;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A destructive call of the tool `relax` by the agent `planner`. */
export function callWith({ cost = 0n, args = {}, env = {}, labels = {} }: Sample): Bindings {
  return {
    tool: {
      name: 'relax',
      class: 'DESTRUCTIVE',
      effects: 'once',
      destructive: true,
      cost,
      price: 5_000_000n,
      labels,
    },
    args,
    agent: { name: 'planner' },
    request: { project: 'screening', priority: 'normal' },
    env,
  };
}
