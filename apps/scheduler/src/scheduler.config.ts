/** Configuration of the scheduler besides what every service reads. */
import { z } from 'zod';

export const SCHEDULER_CONFIG = Symbol('scheduler config');

export const schedulerEnvironment = z.object({
  /** How long a pull is held open before it is answered without grants. */
  WRIT_PULL_HOLD_MS: z.coerce.number().int().min(100).max(60_000).default(5_000),
  /** An executor that has not pulled for this long is declared lost; well above the hold. */
  WRIT_EXECUTOR_SILENT_MS: z.coerce.number().int().min(1_000).max(3_600_000).default(12_000),
});
export type SchedulerConfig = z.infer<typeof schedulerEnvironment>;
