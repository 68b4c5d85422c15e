/** What an operator says when storage is free again; what was stored is said by `execution.completed`. */
import { z } from 'zod';
import { digest } from '../digest.ts';
import { token } from '../ids.ts';
import { micros } from '../quantities.ts';

const reason = z.enum(['expired', 'deleted']);

/** The payload is no longer in the object store: its bytes are given back to the accounts that hold them. */
export const payloadRemoved = z.strictObject({ digest, reason });

/** Storage outside of Writ, which tools reported as usage, is free again. */
export const storageReturned = z.strictObject({
  project: token,
  campaign: token.optional(),
  /** Millionths of a byte; accounts give back at most what they have. */
  amount: micros,
  reason,
});
