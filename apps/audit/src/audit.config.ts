/** Configuration of the audit besides what every service reads. */
import { z } from 'zod';

export const AUDIT_CONFIG = Symbol('audit config');

export const auditEnvironment = z.object({
  WRIT_POSTGRES_URL: z.string().default('postgres://postgres@127.0.0.1:5432/postgres'),
  /** Scheduling priority of the process (0 normal to 19 lowest): deciding goes before recording when cores are short. */
  WRIT_AUDIT_NICE: z.coerce.number().int().min(0).max(19).default(15),
});
export type AuditConfig = z.infer<typeof auditEnvironment>;
