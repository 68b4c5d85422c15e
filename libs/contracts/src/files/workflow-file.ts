/**
 * A workflow as its planner writes it: nodes, each under a contract, and the edges on which data flows. A node's contract
 * is what its type guarantees, what its tools demand and what the node itself adds: every part may only make it stricter.
 */
import { z } from 'zod';
import { toolName, token } from '../ids.ts';
import { jsonObject } from '../json.ts';
import { MAX_TEXT_LENGTH } from '../limits.ts';

const MAX_NODES = 256;
const MAX_EDGES = 2_048;
const MAX_TOOLS = 64;
/** Most calls that one attempt of a node may make, whatever its contract says. */
export const MAX_CALLS_PER_ATTEMPT = 1_000;
const DAY_SECONDS = 86_400;

/** What a node owes before its data may flow on. */
export const nodeSla = z.strictObject({
  /** At least one tool call must have succeeded. */
  toolUsageRequired: z.boolean().optional(),
  /** The last call of the attempt must be one of this tool. */
  requiredFinalTool: toolName.optional(),
  minToolCalls: z.number().int().min(0).max(MAX_CALLS_PER_ATTEMPT).optional(),
  maxToolCalls: z.number().int().min(0).max(MAX_CALLS_PER_ATTEMPT).optional(),
  requiredTools: z.array(toolName).max(MAX_TOOLS).optional(),
  forbiddenTools: z.array(toolName).max(MAX_TOOLS).optional(),
  /** Bounds one whole attempt; 120 when nothing says otherwise. */
  timeoutSeconds: z.number().positive().max(DAY_SECONDS).optional(),
  /** How often the node is asked again; 2 when nothing says otherwise. */
  maxRetries: z.number().int().min(0).max(32).optional(),
  /** Oldest that fetched data may be when it is submitted, by the ledger's clock. */
  freshnessSeconds: z
    .number()
    .positive()
    .max(30 * DAY_SECONDS)
    .optional(),
  /** JSON Schema of the node's output. */
  outputSchema: jsonObject.optional(),
});
export type NodeSla = z.infer<typeof nodeSla>;

/** What a tool is good for in a workflow. */
export const ToolRole = { decision: 'decision', data: 'data', action: 'action' } as const;
export type ToolRole = (typeof ToolRole)[keyof typeof ToolRole];

/** `planning:` of a tool: what a planner has to know of it. */
export const toolPlanning = z.strictObject({
  /** Absent: READ_ONLY tools fetch data, all others act. */
  roles: z.array(z.enum(ToolRole)).min(1).max(3).optional(),
  /** Every node that has this tool gets this requirement. */
  requiresSla: nodeSla.optional(),
  /** A node that has this tool ends with a call of it. */
  mustBeFinalTool: z.boolean().optional(),
  /** How it is typically used, a line each. */
  patterns: z.array(z.string().min(1).max(300)).max(16).optional(),
});

/** `nodeTypes:` of a governance file: a type of its own, or a stricter form of a built-in one under the same name. */
export const nodeType = z.strictObject({
  name: token,
  /** The type that it begins with; not for a built-in name. */
  extends: token.optional(),
  /** What a node of this type promises, for people. */
  guarantee: z.string().max(MAX_TEXT_LENGTH).optional(),
  sla: nodeSla.default({}),
});
export type NodeType = z.infer<typeof nodeType>;

export const workflowNode = z.strictObject({
  name: token,
  /** `decision`, `data`, `executor`, `agent` or a type of the catalog. */
  type: token.default('agent'),
  /** What the agent is asked to do. */
  task: z.string().max(MAX_TEXT_LENGTH).optional(),
  /** The only tools that it may call; empty: any. */
  tools: z.array(toolName).max(MAX_TOOLS).default([]),
  sla: nodeSla.optional(),
  /** JSON Schema of `{input, from: {<node>: output}}`; checked before the node starts. */
  inputSchema: jsonObject.optional(),
  /** `retry` asks the node again that has just handed over; `block` ends this node. */
  onInvalidInput: z.enum(['retry', 'block']).default('retry'),
  /** When its attempts are used up. `person`: somebody decides whether it is asked once more. */
  onFailure: z.union([z.enum(['fail', 'person']), z.strictObject({ fallback: token })]).default('fail'),
});
export type WorkflowNode = z.infer<typeof workflowNode>;

export const workflowEdge = z.strictObject({
  from: token,
  to: token,
  /** The route of a decision on which this edge is taken. */
  when: token.optional(),
});
export type WorkflowEdge = z.infer<typeof workflowEdge>;

export const workflowSpec = z.strictObject({
  name: token,
  project: token.default('default'),
  description: z.string().max(MAX_TEXT_LENGTH).optional(),
  nodes: z.array(workflowNode).min(1).max(MAX_NODES),
  edges: z.array(workflowEdge).max(MAX_EDGES).default([]),
  /** A run that has not ended by then is ended. */
  timeoutSeconds: z
    .number()
    .positive()
    .max(30 * DAY_SECONDS)
    .default(DAY_SECONDS),
});
export type WorkflowSpec = z.infer<typeof workflowSpec>;
/** As people and planners write it: defaults may be left out. */
export type WorkflowSpecInput = z.input<typeof workflowSpec>;
