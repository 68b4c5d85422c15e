/**
 * `writ.<tenant>.api.audit.search` and `.show`: invocations that match, newest first and page by page, and the whole
 * record of one.
 */
import { digest, invocationId } from '@writ/contracts';
import { z } from 'zod';
import type { Circumstances } from './circumstances.ts';
import type { InvocationRecord } from './record.ts';

/** Most rows of one page. */
export const MAX_LISTED = 500;

const name = z.string().min(1).max(256);
const time = z.iso.datetime({ offset: true });

export const searchRequest = z.strictObject({
  project: name.optional(),
  campaign: name.optional(),
  agent: name.optional(),
  tool: name.optional(),
  /** An outcome, or how far an open call has come. */
  stage: name.optional(),
  /** Words that all stand in its inputs, outputs, or in what was said about it. */
  text: z.string().min(1).max(256).optional(),
  /** Digest of the arguments. */
  argsDigest: digest.optional(),
  /** Asked for at this time or later, and before. */
  since: time.optional(),
  until: time.optional(),
  limit: z.number().int().min(1).max(MAX_LISTED).default(50),
  /** `next` of the page before. */
  after: z.string().max(256).optional(),
});
export type SearchRequest = z.input<typeof searchRequest>;

export const listedInvocation = z.object({
  invocation: z.string(),
  seq: z.number(),
  agent: z.string(),
  tool: z.string().nullable(),
  project: z.string().nullable(),
  campaign: z.string().nullable(),
  stage: z.string(),
  executor: z.string().nullable(),
  attempts: z.number(),
  asked: z.string().nullable(),
  ended: z.string().nullable(),
});
export type ListedInvocation = z.infer<typeof listedInvocation>;

export const searchPage = z.object({
  invocations: z.array(listedInvocation),
  /** Absent on the last page. */
  next: z.string().optional(),
});
export type SearchPage = z.infer<typeof searchPage>;

export const showRequest = z.strictObject({ invocation: invocationId });

/** Nothing when nobody asked for such an invocation. */
export interface ShowReply {
  readonly record?: InvocationRecord;
  /** One for each of `livesOf(record)`. */
  readonly circumstances?: readonly Circumstances[];
}
