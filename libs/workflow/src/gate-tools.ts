/**
 * The decision tools that every tenant has: a comparison or a fact decides which path is taken, and the ledger records
 * what was compared. They run on executors like every other tool, as `writ:gates`.
 */
import { OTHER_UNITS, toolSpec } from '@writ/contracts';
import type { ToolSpec } from '@writ/contracts';

/** The module that executors bring with them. */
export const GATES_MODULE = 'writ:gates';

const PATH = { type: 'string', minLength: 1, maxLength: 64 };
const ROUTE = {
  type: 'object',
  properties: { routedTo: PATH, because: { type: 'string' } },
  required: ['routedTo'],
};

const gateTool = (
  name: string,
  run: string,
  description: string,
  inputs: object,
  patterns: string[],
): ToolSpec =>
  toolSpec.parse({
    name,
    version: '1',
    description,
    class: 'READ_ONLY',
    adapter: { kind: 'module', module: GATES_MODULE, export: run },
    inputs: { type: 'object', additionalProperties: false, ...inputs },
    outputs: ROUTE,
    cost: { [OTHER_UNITS]: 0 },
    planning: { roles: ['decision'], requiresSla: { toolUsageRequired: true, minToolCalls: 1 }, patterns },
  });

export const GATE_TOOLS: readonly ToolSpec[] = [
  gateTool(
    'conditional_gate',
    'conditionalGate',
    'Routes by a comparison: to `ifTrue` when `value operator threshold` holds, else to `ifFalse`.',
    {
      properties: {
        value: { type: ['number', 'string'] },
        operator: { enum: ['<', '<=', '>', '>=', '==', '!='] },
        threshold: { type: ['number', 'string'] },
        ifTrue: PATH,
        ifFalse: PATH,
      },
      required: ['value', 'operator', 'threshold', 'ifTrue', 'ifFalse'],
    },
    [
      'after a data tool: conditional_gate(value: the price, operator: "<", threshold: 100, ifTrue: "buy", ifFalse: "hold")',
    ],
  ),
  gateTool(
    'boolean_gate',
    'booleanGate',
    'Routes by a fact: to `ifTrue` when `condition` is true, else to `ifFalse`.',
    {
      properties: {
        condition: { type: 'boolean' },
        ifTrue: PATH,
        ifFalse: PATH,
        reason: { type: 'string', maxLength: 500 },
      },
      required: ['condition', 'ifTrue', 'ifFalse'],
    },
    ['boolean_gate(condition: the order is complete, ifTrue: "ship", ifFalse: "wait")'],
  ),
];
