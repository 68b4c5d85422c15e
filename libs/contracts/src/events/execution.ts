/** What an executor writes on `writ.<tenant>.executions.<executor>`; the fence alone is the scheduler's. */
import { z } from 'zod';
import { digest } from '../digest.ts';
import { agentId, executorId, invocationId, sessionId } from '../ids.ts';
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

/** Moves the subject's sequence, so that nothing the lost session still wants to write can land. */
export const executionFenced = z.object({ executor: executorId, session: sessionId });
