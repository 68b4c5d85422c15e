/** What the scheduler writes on `writ.<tenant>.schedule`. */
import { z } from 'zod';
import { digest } from '../digest.ts';
import { agentId, executorId, invocationId, sessionId, stepId } from '../ids.ts';

export const wave = z.object({
  calls: z.array(invocationId),
  parallel: z.boolean(),
  resourceKeys: z.array(z.string()),
});

/** The order in which the calls of a step of several calls may run. */
export const schedulePlanned = z.object({ step: stepId, agent: agentId, waves: z.array(wave) });

/** A grant: this executor may run this call, once, in this session. Its ledger sequence is the fencing token. */
export const scheduleDispatched = z.object({
  invocation: invocationId,
  /** 1 for the first grant of the invocation. */
  attempt: z.number().int().positive(),
  executor: executorId,
  session: sessionId,
  argsDigest: digest,
});

export const scheduleRefused = z.object({
  invocation: invocationId,
  agent: agentId,
  reason: z.enum(['breaker-open', 'deadline']),
  detail: z.string(),
  /** Earliest time (epoch milliseconds) at which asking again makes sense. */
  retryAtMs: z.number().int().optional(),
});

/** `tool:<name>`; other scopes are told by their prefix. */
const scope = z.string();
const evidence = z.object({
  calls: z.number().int(),
  failures: z.number().int(),
  executors: z.number().int(),
});

export const breakerOpened = z.object({ scope, evidence, untilMs: z.number().int() });
export const breakerHalfOpened = z.object({ scope, permits: z.number().int() });
export const breakerClosed = z.object({ scope, evidence });

/** The executor was silent past its bound (or began a new session); its unstarted grants will be granted again. */
export const executorLost = z.object({
  executor: executorId,
  session: sessionId,
  reason: z.enum(['silent', 'new-session']),
});

/** The call had started on a lost executor and is not safe to repeat: a person or the tool's own record must say. */
export const scheduleIndeterminate = z.object({
  invocation: invocationId,
  attempt: z.number().int().positive(),
  agent: agentId,
  executor: executorId,
});
