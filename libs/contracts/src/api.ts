/** Request/reply on `writ.<tenant>.api.<service>.<call>`; nothing of this is stored. */
import { z } from 'zod';
import { digest } from './digest.ts';
import { agentId, executorId, invocationId, sessionId, tenantId, token, toolName } from './ids.ts';
import { priority } from './events/request.ts';
import { breakerScope } from './files/breaker-file.ts';
import { toolSpec } from './files/tool-file.ts';
import { traceparent } from './trace-context.ts';

/** An executor asks the scheduler's leader for work (`writ._cell.api.scheduler.pull`). */
export const pullRequest = z.object({
  executor: executorId,
  session: sessionId,
  /** How many calls it can run at once, the running ones included. */
  slots: z.number().int().positive().max(100_000),
  pool: z.string().default('default'),
  labels: z.record(z.string(), z.string()).default({}),
  /** What its calls share besides slots; absent means none. */
  gpus: z.number().int().nonnegative().optional(),
  memoryGb: z.number().nonnegative().optional(),
  /** How many grants it holds: taken, and their end not yet committed. */
  holding: z.number().int().nonnegative(),
  /** Which ones, as `tenant/invocation/attempt`; only in answer to `resync`, because the list may be long. */
  running: z.array(z.string()).max(100_000).optional(),
  /** Ledger sequence of its last commit: grants finished before it are not sent again. */
  asOf: z.number().int().nonnegative(),
});
export type PullRequest = z.infer<typeof pullRequest>;

/** What an executor needs to run one call. */
export const grant = z.object({
  tenant: tenantId,
  invocation: invocationId,
  attempt: z.number().int().positive(),
  agent: agentId,
  tool: toolName,
  /** Digest of the tool's spec; fetched once by `scheduler.tool` and kept. */
  toolDigest: digest,
  inputs: z.record(z.string(), z.unknown()),
  argsDigest: digest,
  /** Ledger sequence of `schedule.dispatched`: rises with every grant. */
  fencingToken: z.number().int(),
  /** The executors that a call of several nodes runs on, this one first. */
  nodes: z.array(executorId).optional(),
  /** Ask the tool what became of an earlier attempt; do not run it. */
  query: z.literal(true).optional(),
  /** Attempts of this call that have failed before; absent: none. */
  failures: z.number().int().positive().optional(),
  /** The agent's, as the request had it. */
  traceparent: traceparent.optional(),
});
export type Grant = z.infer<typeof grant>;

/** A grant that its executor should end: its agent cancelled the call, or an operator wants its place. */
export const stopOrder = z.object({
  /** `tenant/invocation/attempt`. */
  grant: z.string(),
  cause: z.enum(['cancelled', 'preempted']),
  reason: z.string().optional(),
});
export type StopOrder = z.infer<typeof stopOrder>;

/** A pull may be answered several times: every answer but the last one says `more`. */
export const pullReply = z.object({
  grants: z.array(grant),
  /** The pull stays open; what comes next for its executor comes in answer to it, too. */
  more: z.literal(true).optional(),
  stops: z.array(stopOrder).optional(),
  /** The scheduler knows of more grants than the executor holds: a reply was lost. Pull again and list them. */
  resync: z.boolean().optional(),
  /** This session was declared lost: nothing it wants to write can land; begin a new one. */
  lost: z.boolean().optional(),
});
export type PullReply = z.infer<typeof pullReply>;

/** `writ._cell.api.scheduler.tool`: a spec by tenant and digest. */
export const toolRequest = z.object({ tenant: tenantId, digest });
export const toolReply = z.object({ tool: toolSpec.optional() });

/** `writ.<tenant>.api.scheduler.running`: the calls behind a breaker's scope that executors have now. */
export const runningRequest = z.object({ scope: breakerScope });

/** `writ.<tenant>.api.scheduler.queue`: the calls that do not run yet. */
export const queueRequest = z.object({ most: z.number().int().min(1).max(1_000).default(50) });

/** `writ.<tenant>.api.scheduler.indeterminate`: a page of the calls whose end nobody saw, behind the last one of the page before. */
export const indeterminateRequest = z.object({
  after: z.object({ since: z.number().int(), invocation: invocationId }).optional(),
  /** A thousand calls of the longest names stay well below what a reply may have. */
  most: z.number().int().min(1).max(1_000).default(500),
});

/** `writ.<tenant>.api.scheduler.why`: what holds one call. */
export const whyRequest = z.object({ invocation: invocationId });

/** `writ.<tenant>.api.scheduler.admission`: whether a call that is asked for now should meet its deadline. */
export const admissionRequest = z.object({
  tool: toolName,
  project: token.default('default'),
  campaign: token.optional(),
  priority: priority.default('normal'),
  deadline: z.iso.datetime({ offset: true }).optional(),
});

/** `writ.<tenant>.api.audit.status`: how far some invocations have come; for callers that missed a notice. */
export const statusRequest = z.object({ invocations: z.array(invocationId).max(10_000) });
export type StatusRequest = z.infer<typeof statusRequest>;

/** The last word on one invocation: its terminal fact as it stands in the ledger, or nothing yet. */
export const statusReply = z.object({
  terminal: z.array(z.object({ type: z.string(), data: z.unknown() })),
});
export type StatusReply = z.infer<typeof statusReply>;

/** Any api call that could not be answered. */
export const apiError = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
