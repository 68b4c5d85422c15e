/**
 * `writ.<tenant>.api.audit.export` and `.events`: the records, or the events as they stand in the ledger, of a campaign, an
 * audit log, one invocation, a span of time, or all of a tenant; page by page, so that an export of any size fits in
 * messages and in memory. The caller asks again with `next` until there is none, and writes the export itself.
 */
import { invocationId } from '@writ/contracts';
import { z } from 'zod';
import type { BreakerEvent } from './breaker-event.ts';
import type { Circumstances } from './circumstances.ts';
import type { ExportedEvent } from './exports/cloud-events.ts';
import type { InvocationRecord } from './record.ts';

const name = z.string().min(1).max(256);
const time = z.iso.datetime({ offset: true });

export const exportRequest = z.object({
  campaign: name.optional(),
  /** Name of the audit log that the calls asked for. */
  log: name.optional(),
  invocation: invocationId.optional(),
  /** Asked for (an event: recorded) at this time or later, and before. */
  since: time.optional(),
  until: time.optional(),
  /** `next` of the page before. */
  after: z.string().max(256).optional(),
});
export type ExportRequest = z.input<typeof exportRequest>;

interface Page {
  /** The page holds every fact up to this ledger sequence, and may hold later ones. */
  readonly asOf: number;
  /** Absent on the last page. */
  readonly next?: string;
}

/** In order of request; after the last record come the tenant's breaker transitions in ledger order. */
export interface ExportPage extends Page {
  readonly records: readonly InvocationRecord[];
  /** For each record one for each of its lives, as `livesOf` has them. */
  readonly circumstances?: readonly (readonly Circumstances[])[];
  readonly breakers: readonly BreakerEvent[];
}

/**
 * Of a whole tenant or a span of time: everything, in ledger order. Of a campaign, an audit log or an invocation: the events
 * of its calls, call by call in order of request; an event about several calls comes once.
 */
export interface EventsPage extends Page {
  readonly events: readonly ExportedEvent[];
  /** The ledger sequence up to which the export has come. */
  readonly at: number;
}
