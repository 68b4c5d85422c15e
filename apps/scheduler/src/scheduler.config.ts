/** Configuration of the scheduler besides what every service reads. */
import { z } from 'zod';

export const SCHEDULER_CONFIG = Symbol('scheduler config');

const WEBHOOK_SECRET = /^whsec_[A-Za-z0-9+/]{16,}={0,2}$/;

export const schedulerEnvironment = z
  .object({
    /** How long a pull is held open before it is answered without grants. */
    WRIT_PULL_HOLD_MS: z.coerce.number().int().min(100).max(60_000).default(5_000),
    /** An executor that has not pulled for this long is declared lost; well above the hold. */
    WRIT_EXECUTOR_SILENT_MS: z.coerce.number().int().min(1_000).max(3_600_000).default(12_000),
    /** URLs that alerts are sent to, comma separated. */
    WRIT_ALERT_WEBHOOKS: z
      .string()
      .default('')
      .transform((urls) =>
        urls
          .split(',')
          .map((url) => url.trim())
          .filter(Boolean),
      )
      .pipe(z.array(z.url({ protocol: /^https?$/ })).max(16)),
    /** What webhooks check signatures with (Standard Webhooks). */
    WRIT_ALERT_SECRET: z.string().regex(WEBHOOK_SECRET, 'must be "whsec_" and base64 text').optional(),
  })
  .refine(({ WRIT_ALERT_WEBHOOKS: urls, WRIT_ALERT_SECRET: secret }) => urls.length === 0 || secret, {
    path: ['WRIT_ALERT_SECRET'],
    message: 'is missing: alerts are signed, so webhooks need a secret',
  });
export type SchedulerConfig = z.infer<typeof schedulerEnvironment>;
