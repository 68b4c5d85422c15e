/** What a service's new leader writes before anything else: an older leader's next append then conflicts. */
import { z } from 'zod';

export const leaderElected = z.object({
  service: z.string(),
  leader: z.string(),
  term: z.number().int().nonnegative(),
  /** Of the fold that it decides by. */
  version: z.number().int().nonnegative().optional(),
});
