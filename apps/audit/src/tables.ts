/** The tables of the projection as kysely knows them. All of them can be dropped: the ledger makes them again. */

export interface AuditTables {
  /** One row: how far the other tables are. See `migrations.ts` for what the columns mean. */
  readonly 'audit.cursor': { readonly last_seq: string; readonly fold_from: string };
  /** Where an invocation's row stands; a key over all months. */
  readonly 'audit.ids': {
    readonly tenant: string;
    readonly invocation: string;
    readonly first_seq: string;
    readonly first_at: Date;
  };
  /** One row an invocation: what it is found and listed by. The rest is read from its facts. */
  readonly 'audit.invocations': {
    readonly tenant: string;
    readonly invocation: string;
    readonly first_seq: string;
    readonly last_seq: string;
    readonly stage: string;
    readonly agent: string;
    readonly tool: string | null;
    readonly project: string | null;
    readonly campaign: string | null;
    readonly log: string | null;
    readonly executor: string | null;
    readonly verdict: string | null;
    readonly args_digest: Buffer | null;
    readonly attempts: number;
    readonly attempt: number | null;
    readonly repeats: number;
    readonly earlier: number;
    readonly first_at: Date;
    readonly asked_at: Date | null;
    readonly decided_at: Date | null;
    readonly opened_at: Date | null;
    readonly closed_at: Date | null;
    readonly reserved_at: Date | null;
    readonly dispatched_at: Date | null;
    readonly started_at: Date | null;
    readonly ended_at: Date | null;
    readonly facts: Buffer;
    readonly asked_again: string | null;
    readonly holds: string | null;
    readonly words: string;
  };
  /** Raw commits of one tenant, some together. */
  readonly 'audit.chunks': {
    readonly tenant: string;
    readonly first_seq: string;
    readonly last_seq: string;
    readonly first_at: Date;
    readonly commits: number;
    readonly hashes: Buffer;
    readonly unpacked_bytes: number;
    readonly body_crc: number;
    readonly body: Buffer;
  };
  readonly 'audit.breaker_events': {
    readonly tenant: string;
    readonly seq: string;
    readonly nth: number;
    readonly event: unknown;
  };
}
