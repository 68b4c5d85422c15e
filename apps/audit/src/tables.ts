/** The tables of the projection as kysely knows them. All of them can be dropped: the ledger makes them again. */

export interface AuditTables {
  /** One row: the last ledger sequence whose facts are in the other tables. */
  readonly 'audit.cursor': { readonly last_seq: string };
  /** One row an invocation; see `invocation-row.ts` for the columns' meaning. */
  readonly 'audit.invocations': {
    readonly tenant: string;
    readonly invocation: string;
    readonly first_seq: string;
    readonly last_seq: string;
    readonly agent: string;
    readonly tool: string | null;
    readonly project: string | null;
    readonly campaign: string | null;
    readonly log: string | null;
    readonly stage: string;
    readonly requested_at: Date | null;
    readonly ended_at: Date | null;
    readonly record: string;
  };
  readonly 'audit.breaker_events': {
    readonly tenant: string;
    readonly seq: string;
    readonly nth: number;
    readonly event: unknown;
  };
}
