/** A run in which everything can be lied about: one node of each kind, all open at once. */
import type { Fact, WorkflowSpecInput } from '@writ/contracts';
import type { World } from './scenario.ts';

/** What the agent does, the rule that must name it, and how it is played; the answer to its last submission is returned. */
export type Cheat = readonly [cheat: string, rule: string, play: (world: World) => readonly Fact[]];

const node = (
  name: string,
  type: string,
  tools: string[],
  sla: object = {},
): WorkflowSpecInput['nodes'][number] => ({ name, type, tools, sla: { maxRetries: 5, ...sla } });

/** One node of each kind, all open at once, and a place that a decision can lead to. */
export const ALL: WorkflowSpecInput = {
  name: 'all',
  nodes: [
    node('decide', 'decision', ['get_price', 'conditional_gate', 'boolean_gate']),
    node('fetch', 'data', ['get_price', 'get_news'], { freshnessSeconds: 60 }),
    node('act', 'executor', ['place_order', 'get_price'], { maxToolCalls: 3 }),
    node('strict', 'agent', [], {
      requiredTools: ['get_price', 'get_news'],
      forbiddenTools: ['purge'],
      minToolCalls: 3,
      timeoutSeconds: 30,
      outputSchema: { type: 'object', properties: { ok: { const: true } }, required: ['ok'] },
    }),
    { name: 'yes' },
    { name: 'no' },
  ],
  edges: [
    { from: 'decide', to: 'yes', when: 'yes' },
    { from: 'decide', to: 'no', when: 'no' },
  ],
};

export const YES = { output: { routedTo: 'yes' } };
export const at = (name: string, attempt = 1, run = 'r1') => ({ run, node: name, attempt });
export const fresh = (world: World) => new Date(world.now).toISOString();
