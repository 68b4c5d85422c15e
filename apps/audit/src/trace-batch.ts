/** What one transaction of the projection stores of calls. */
import type { InvocationId, TenantId } from '@writ/contracts';
import type { BreakerEvent, NotedFact, UsageLine } from '@writ/provenance';
import type { TraceRows } from './trace-rows.ts';

export interface InvocationKey {
  readonly tenant: TenantId;
  readonly invocation: InvocationId;
}

/** A breaker's transition; `nth` tells those of one commit apart. */
export interface BreakerRow {
  readonly tenant: TenantId;
  readonly nth: number;
  readonly event: BreakerEvent;
}

/** A fact that is kept by itself; `nth` tells those of one commit apart. */
export interface NoteRow extends NotedFact {
  readonly nth: number;
}

/** Its rows are there until the batch after it is taken. */
export interface TraceBatch {
  readonly rows: TraceRows;
  /** Whose rows these are, and where. */
  readonly written: readonly (InvocationKey & { readonly place: number })[];
  /** Of `written`, those that have a row already. */
  readonly again: readonly InvocationKey[];
  readonly breakers: readonly BreakerRow[];
  readonly notes: readonly NoteRow[];
  /** What is added to the sums. */
  readonly usage: readonly UsageLine[];
  /** First ledger sequence whose facts are not all in rows when this is stored; undefined when there is none. */
  readonly unstoredFrom: number | undefined;
}
