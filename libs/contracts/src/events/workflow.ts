/**
 * The facts of workflow runs: what agents submit, what the gate answers, what flows on. A node's data flows on only by
 * `contract.accepted`; `flow.released` is the copy that downstream nodes read, written by the gate alone.
 */
import { z } from 'zod';
import { digest } from '../digest.ts';
import { nodeType, workflowSpec } from '../files/workflow-file.ts';
import { agentId, invocationId, runId, token } from '../ids.ts';
import { jsonValue } from '../json.ts';
import { MAX_TEXT_LENGTH } from '../limits.ts';

const attempt = z.number().int().positive();
const MAX_CLAIMED_CALLS = 1_000;

/** An agent begins a run; its contracts are fixed from here on. */
export const runRequested = z.strictObject({
  run: runId,
  workflow: workflowSpec,
  /** What the first nodes get. */
  input: jsonValue.optional(),
});

/** A node's output, or why there is none, with the calls that it claims to rest on. */
export const nodeSubmitted = z.strictObject({
  run: runId,
  node: token,
  attempt,
  output: jsonValue.optional(),
  /** Digest of `output`; checked. */
  outputDigest: digest.optional(),
  used: z.array(invocationId).max(MAX_CLAIMED_CALLS).default([]),
  failure: z
    .strictObject({ code: z.enum(['timed-out', 'agent-failed']), message: z.string().max(MAX_TEXT_LENGTH) })
    .optional(),
});

export const runCancelRequested = z.strictObject({
  run: runId,
  reason: z.string().max(MAX_TEXT_LENGTH).optional(),
});

/** A person's word on a node whose attempts are used up. */
export const nodeRuled = z.strictObject({
  run: runId,
  node: token,
  ruling: z.enum(['retry', 'fail']),
  reason: z.string().max(MAX_TEXT_LENGTH).optional(),
});

export const nodeTypeDefined = z.object({ nodeType });
export const nodeTypeRetired = z.object({ nodeType: token });

/** A node may be worked on from here; calls of an attempt that is not open do not count. */
const opening = z.object({
  node: token,
  attempt,
  timeoutSeconds: z.number(),
  /** What only the ledger can confirm of it. */
  guarantee: z.enum(['routes', 'fetches', 'acts', 'none']),
});
export type NodeOpening = z.infer<typeof opening>;

export const runOpened = z.object({ run: runId, agent: agentId, opens: z.array(opening) });

/** What is wrong with a workflow, and where. */
export const workflowProblem = z.object({
  code: z.string(),
  node: z.string().optional(),
  message: z.string(),
});
export type WorkflowProblem = z.infer<typeof workflowProblem>;

export const runRefused = z.object({ run: runId, agent: agentId, problems: z.array(workflowProblem) });

/** One broken promise, by the name of its rule. */
export const violation = z.object({ rule: z.string(), detail: z.string() });
export type Violation = z.infer<typeof violation>;

export const contractAccepted = z.object({
  run: runId,
  agent: agentId,
  node: token,
  attempt,
  outputDigest: digest,
  /** The calls that kept the promise. */
  calls: z.array(invocationId),
  /** What the ledger, not the agent, says the node produced. */
  routedTo: z.string().optional(),
  /** Ledger time (epoch milliseconds) of its oldest fetched data. */
  dataAsOfMs: z.number().optional(),
  /** The action that was carried out. */
  confirmed: invocationId.optional(),
  opens: z.array(opening),
  /** Nodes that will not run, because no edge to them is taken. */
  skips: z.array(token),
});

export const contractRejected = z.object({
  run: runId,
  agent: agentId,
  node: token,
  attempt: z.number().int().nonnegative(),
  /** `input`: what flowed in does not fit; `output`: what the node promised is not kept. */
  side: z.enum(['input', 'output']),
  violations: z.array(violation),
  /** The violations as an instruction for the agent. */
  feedback: z.string(),
  /** `ignored`: the submission met no open attempt and changes nothing. */
  next: z.enum(['retry', 'fail', 'fallback', 'person', 'ignored']),
  opens: z.array(opening),
  skips: z.array(token),
});

/** A person's ruling took effect. */
export const nodeReopened = z.object({
  run: runId,
  agent: agentId,
  node: token,
  by: token,
  ruling: z.enum(['retry', 'fail']),
  opens: z.array(opening),
  skips: z.array(token),
});

export const NodeEnd = {
  accepted: 'accepted',
  skipped: 'skipped',
  failed: 'failed',
  /** The run ended before it did. */
  unfinished: 'unfinished',
} as const;
export type NodeEnd = (typeof NodeEnd)[keyof typeof NodeEnd];

/** Failures of one kind, for a planner: what was tried, how often, and what worked in the end. */
export const failureSummary = z.object({
  nodeType: z.string(),
  tools: z.array(z.string()),
  reason: z.string(),
  count: z.number().int(),
  /** An example of what was said. */
  detail: z.string(),
  /** Calls of attempts that were accepted after this failure, with how often. */
  fixes: z.array(z.object({ calls: z.array(z.string()), count: z.number().int() })),
});
export type FailureSummary = z.infer<typeof failureSummary>;

export const runCompleted = z.object({
  run: runId,
  agent: agentId,
  status: z.enum(['succeeded', 'failed', 'cancelled', 'expired']),
  nodes: z.record(token, z.enum(NodeEnd)),
  reason: z.string().optional(),
  failures: z.array(failureSummary),
});

/** An accepted output, readable for downstream nodes. */
export const flowReleased = z.object({
  node: token,
  attempt,
  output: z.unknown(),
  outputDigest: digest,
  routedTo: z.string().optional(),
  dataAsOfMs: z.number().optional(),
});

export const flowEnded = runCompleted;

/** To which attempt of which node a tool call belongs. */
export const flowOfCall = z.strictObject({ run: runId, node: token, attempt });
export type FlowOfCall = z.infer<typeof flowOfCall>;
