/** What an executor writes on `writ.<tenant>.executions.<executor>`; the fence alone is the scheduler's. */
import { z } from 'zod';
import { digest } from '../digest.ts';
import { agentId, executorId, invocationId, sessionId, token } from '../ids.ts';
import { RunOutcome } from '../outcome.ts';
import { amounts } from '../quantities.ts';
import { payloadRef } from './request.ts';

/** Committed before a tool that is not READ_ONLY runs. */
export const executionStarted = z.object({
  invocation: invocationId,
  attempt: z.number().int().positive(),
  executor: executorId,
  session: sessionId,
  argsDigest: digest,
});

export const executionError = z.object({
  code: z.string().max(64),
  message: z.string().max(4_000),
});

export const executionCompleted = z.object({
  invocation: invocationId,
  attempt: z.number().int().positive(),
  agent: agentId,
  executor: executorId,
  session: sessionId,
  /** Recomputed over the arguments that were really handed to the tool. */
  argsDigest: digest,
  outcome: z.enum(RunOutcome),
  output: z.unknown().optional(),
  outputRef: payloadRef.optional(),
  outputDigest: digest.optional(),
  error: executionError.optional(),
  /** What was measured or reported; the budget settles at this. */
  usage: amounts,
  /** Files or keys that the call was seen to change; absent when nothing was seen, or nobody looked. */
  writes: z.array(z.string().max(512)).max(16).optional(),
  startedAtMs: z.number(),
  endedAtMs: z.number(),
});

/** Why an attempt was not the last one. */
export const AttemptCause = {
  /** It failed, and will be tried again. */
  failed: 'failed',
  /** An operator wanted its place; it goes on from where it was. */
  preempted: 'preempted',
} as const;
export type AttemptCause = (typeof AttemptCause)[keyof typeof AttemptCause];

/**
 * One attempt has ended and is not the last word: the call is tried again. What the attempt used is settled, and the
 * next one is held for anew. The last attempt of a call ends with `execution.completed`.
 */
export const executionAttempted = executionCompleted
  .pick({
    invocation: true,
    attempt: true,
    agent: true,
    executor: true,
    session: true,
    argsDigest: true,
    outcome: true,
    error: true,
    usage: true,
    writes: true,
    startedAtMs: true,
    endedAtMs: true,
  })
  .extend({
    cause: z.enum(AttemptCause),
    /** How long the call waits before it may be granted again. */
    waitMs: z.number().int().nonnegative(),
  });

/** What a tool's own query said of a call whose executor was lost, when it was not "done" (`execution.completed`). */
export const executionQueried = z.object({
  invocation: invocationId,
  attempt: z.number().int().positive(),
  executor: executorId,
  session: sessionId,
  /** `not-done`: it had no effect, so it may run again; `unknown`: a person has to say. */
  answer: z.enum(['not-done', 'unknown']),
  detail: z.string().max(4_000).optional(),
});

/** A grant that this executor got and will not begin, because it is stopping: somebody else may have it. */
export const executionReturned = z.object({
  invocation: invocationId,
  attempt: z.number().int().positive(),
  executor: executorId,
  session: sessionId,
});

/** Moves the subject's sequence, so that nothing the lost session still wants to write can land. */
export const executionFenced = z.object({ executor: executorId, session: sessionId });

/** Where a session runs; written once as it begins, under the tenant `_cell`, so that no fact of a call has to say it. */
export const executorJoined = z.object({
  executor: executorId,
  session: sessionId,
  pool: token,
  /** The machine's own name. */
  node: z.string().min(1).max(256),
  labels: z.record(z.string(), z.string()),
});
