/**
 * What executors and the workers of a `nats` tool say to each other, over core NATS; nothing of it is stored. An
 * executor asks on `writ.<tenant>.workers.<worker>`; one worker of the queue group answers on the reply subject, with
 * as many messages as it likes, the last of them `result` or `error`. While it works it is heard of at least every 5 s.
 */
import { z } from 'zod';
import { digest } from './digest.ts';
import { agentId, invocationId, toolName } from './ids.ts';
import { traceparent } from './trace-context.ts';

/** The queue group that all workers of one name are in. */
export const WORKER_QUEUE = 'writ-workers';

/** How often a working worker says that it lives. */
export const WORKER_ALIVE_MS = 5_000;

export const workerRequest = z.object({
  invocation: invocationId,
  attempt: z.number().int().positive(),
  tool: toolName,
  agent: agentId,
  /** The arguments. In the bytes of a request from Writ they are canonical JSON, and `argsDigest` is of exactly that text. */
  inputs: z.record(z.string(), z.unknown()),
  argsDigest: digest,
  /** The same over all attempts. */
  idempotencyKey: z.string(),
  /** Rises with every grant. */
  fencingToken: z.number().int(),
  /** Epoch milliseconds after which nobody waits. */
  deadlineMs: z.number(),
  /** The span that the worker's own spans are children of; absent when nothing is traced. */
  traceparent: traceparent.optional(),
});
export type WorkerRequest = z.infer<typeof workerRequest>;

const usage = z.record(z.string(), z.number().nonnegative()).optional();

export const workerMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('alive') }),
  /** Any small JSON value; told to the agent. */
  z.object({ type: z.literal('progress'), note: z.unknown() }),
  z.object({ type: z.literal('result'), output: z.unknown().optional(), usage }),
  z.object({
    type: z.literal('error'),
    error: z.object({ code: z.string().max(64), message: z.string().max(4_000) }),
    usage,
  }),
]);
export type WorkerMessage = z.infer<typeof workerMessage>;

/** On `writ.<tenant>.workers.<worker>.cancel`: to every worker, because the executor does not know which one has the call. */
export const workerCancel = z.object({ invocation: invocationId, attempt: z.number().int().positive() });
