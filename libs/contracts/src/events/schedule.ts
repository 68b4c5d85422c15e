/** What the scheduler writes on `writ.<tenant>.schedule`. */
import { z } from 'zod';
import { digest } from '../digest.ts';
import { agentId, executorId, invocationId, sessionId, stepId, token, toolName } from '../ids.ts';
import { amounts } from '../quantities.ts';

export const wave = z.object({
  calls: z.array(invocationId),
  parallel: z.boolean(),
  resourceKeys: z.array(z.string()),
});

/** The order in which the calls of a step of several calls may run. */
export const schedulePlanned = z.object({
  step: stepId,
  agent: agentId,
  waves: z.array(wave),
  /**
   * Given for a step planned as `dag`: what each call waits for, in the order of the calls in `waves`, as places in
   * that order. The waves then only show which calls could run at once.
   */
  after: z.array(z.array(z.number().int().nonnegative())).optional(),
});

/** A grant: this executor may run this call, once, in this session. Its ledger sequence is the fencing token. */
export const scheduleDispatched = z.object({
  invocation: invocationId,
  /** 1 for the first grant of the invocation. */
  attempt: z.number().int().positive(),
  executor: executorId,
  session: sessionId,
  argsDigest: digest,
  /** The grant is to ask the tool what became of an earlier attempt, not to run it. */
  query: z.literal(true).optional(),
  /** The other executors of a call that runs on several; it is `executor` that is told to run it. */
  beside: z.array(z.object({ executor: executorId, session: sessionId })).optional(),
});

export const scheduleRefused = z.object({
  invocation: invocationId,
  agent: agentId,
  reason: z.enum(['breaker-open', 'deadline', 'approval-expired', 'approval-revoked']),
  detail: z.string(),
  /** With reason `deadline`: when it had to end, and the run that was expected at least. */
  deadlineMs: z.number().optional(),
  expectedRunMs: z.number().optional(),
  /** Earliest time (epoch milliseconds) at which asking again makes sense. */
  retryAtMs: z.number().int().optional(),
});

/** `tool:<name>`, `pool:<name>` or `all`: of the tenant, or of all tenants when the tenant is `_cell`. */
const scope = z.string();

/** What the window held when the circuit turned. */
const evidence = z.object({
  calls: z.number().int(),
  failures: z.number().int(),
  /** Executors on which calls failed. */
  executors: z.number().int(),
  /** Slow calls, when there were any, and the executors that they ran on. */
  slow: z.number().int().optional(),
  slowExecutors: z.number().int().optional(),
});

export const breakerOpened = z.object({ scope, evidence, untilMs: z.number().int() });
export const breakerHalfOpened = z.object({ scope, permits: z.number().int() });
export const breakerClosed = z.object({ scope, evidence });
/** The time of what an operator forced is over. */
export const breakerForceExpired = z.object({ scope, mode: z.string() });

/** What people have to hear of. Sent to the webhooks of the cell until each of them took it. */
export const alertRaised = z.object({
  /** Unique in the cell. */
  alert: z.string(),
  kind: z.enum(['breaker-opened', 'undeclared-write']),
  detail: z.string(),
  /** The breaker that opened. */
  scope: z.string().optional(),
  /** The tool that is registered READ_ONLY and wrote, and in which call. */
  tool: toolName.optional(),
  invocation: invocationId.optional(),
});
/** Nothing has to be sent any more: every webhook took it, or it is too old. */
export const alertClosed = z.object({
  alert: z.string(),
  outcome: z.enum(['delivered', 'abandoned']),
});

/** The executor was silent past its bound (or began a new session); its unstarted grants will be granted again. */
export const executorLost = z.object({
  executor: executorId,
  session: sessionId,
  reason: z.enum(['silent', 'new-session']),
});

/** The pause before another attempt is over: the call may be granted. */
export const scheduleResumed = z.object({ invocation: invocationId });

/** A person said what became of an indeterminate call: it ends here. */
export const scheduleResolved = z.object({
  invocation: invocationId,
  /** The attempt that nobody saw the end of. */
  attempt: z.number().int().positive(),
  agent: agentId,
  outcome: z.enum(['succeeded', 'failed']),
  by: token,
  reason: z.string().optional(),
  /** What the person said that it used; absent: its whole hold is charged. */
  used: amounts.optional(),
});

/** The call had started on a lost executor and is not safe to repeat: a person or the tool's own record must say. */
export const scheduleIndeterminate = z.object({
  invocation: invocationId,
  attempt: z.number().int().positive(),
  agent: agentId,
  executor: executorId,
});
