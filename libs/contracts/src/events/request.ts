/** What agents publish on `writ.<tenant>.requests.<agent>`. Strict: an unknown field is a mistake worth an answer. */
import { z } from 'zod';
import { digest } from '../digest.ts';
import { invocationId, stepId, token, toolName } from '../ids.ts';
import { jsonObject } from '../json.ts';
import { MAX_CALLS_PER_STEP, MAX_CAUSES, MAX_PERSON_LENGTH, MAX_TEXT_LENGTH } from '../limits.ts';
import { planMode } from '../plan-mode.ts';
import { traceparent } from '../trace-context.ts';
import { flowOfCall } from './workflow.ts';

export const URGENCIES = ['urgent', 'normal', 'background'] as const;
/** Urgency by name, or 0 (most urgent) to 1000. */
export const priority = z.union([z.enum(URGENCIES), z.number().int().min(0).max(1000)]);
export type Priority = z.infer<typeof priority>;

/** A payload in the object store. */
export const payloadRef = z.strictObject({
  digest,
  bytes: z.number().int().nonnegative(),
  mediaType: z.string().max(128).default('application/json'),
});
export type PayloadRef = z.infer<typeof payloadRef>;

export const toolCall = z.strictObject({
  /** Chosen by the agent; repeating it with the same arguments has no second effect. */
  invocation: invocationId,
  tool: toolName,
  inputs: jsonObject.default({}),
  /** Digest of `inputs`; checked when given. */
  argsDigest: digest.optional(),
});
export type ToolCall = z.infer<typeof toolCall>;

/** A step: the calls of one LLM generation, in model order. */
export const toolRequested = z.strictObject({
  /** Absent: the event's own id. */
  step: stepId.optional(),
  calls: z.array(toolCall).min(1).max(MAX_CALLS_PER_STEP),
  project: token.default('default'),
  /** The budget tag. */
  campaign: token.optional(),
  priority: priority.default('normal'),
  /** RFC 3339; a call that cannot end by then any more, as far as runs of its tool are known, is refused. */
  deadline: z.iso.datetime({ offset: true }).optional(),
  /** How a step of several calls is planned; absent: as the catalog says. */
  plan: planMode.optional(),
  /** `run`: a call that cannot meet its deadline runs all the same, before others. */
  whenLate: z.enum(['refuse', 'run']).optional(),
  justification: z.string().max(MAX_TEXT_LENGTH).optional(),
  /** Name of the audit log that this run exports. */
  log: token.optional(),
  /** The attempt of a workflow's node that these calls belong to. */
  flow: flowOfCall.optional(),
  /** Absent: the event's own `traceparent`. */
  traceparent: traceparent.optional(),
  /** Earlier calls whose results led to this request, as its agent says. */
  causedBy: z.array(invocationId).min(1).max(MAX_CAUSES).optional(),
  /** The user that the agent acts for, as the agent says. */
  onBehalfOf: z.string().min(1).max(MAX_PERSON_LENGTH).optional(),
});
export type ToolRequested = z.infer<typeof toolRequested>;

export const cancelRequested = z.strictObject({
  invocation: invocationId,
  reason: z.string().max(MAX_TEXT_LENGTH).optional(),
});
