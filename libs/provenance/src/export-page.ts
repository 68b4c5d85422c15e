/**
 * `writ.<tenant>.api.audit.export`: the records of a campaign, page by page, so that an export of any size fits in
 * messages and in memory. The caller asks again with `next` until there is none, and makes the report itself.
 */
import { z } from 'zod';
import type { BreakerEvent } from './breaker-event.ts';
import type { InvocationRecord } from './record.ts';

const name = z.string().min(1).max(256);

export const exportRequest = z.object({
  campaign: name.optional(),
  /** Name of the audit log that the calls asked for. */
  log: name.optional(),
  /** `next` of the page before. */
  after: z.string().max(256).optional(),
});
export type ExportRequest = z.infer<typeof exportRequest>;

/** In order of request; after the last record come the tenant's breaker transitions in ledger order. */
export interface ExportPage {
  readonly records: readonly InvocationRecord[];
  readonly breakers: readonly BreakerEvent[];
  /** The page holds every fact up to this ledger sequence, and may hold later ones. */
  readonly asOf: number;
  /** Absent on the last page. */
  readonly next?: string;
}
