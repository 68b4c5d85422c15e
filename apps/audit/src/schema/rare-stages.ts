/**
 * Nearly every call succeeds, so an index says nothing that the order of the ledger does not: those that succeeded are found
 * by reading the latest calls. The others are found by an index of their own, which a call that succeeds does not pay for.
 */
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const rareStages: Migration = {
  async up(db) {
    await sql`drop index audit.invocations_tenant_stage_first_seq_idx`.execute(db);
    await sql`create index on audit.invocations (tenant, stage, first_seq) where stage <> 'succeeded'`.execute(
      db,
    );
  },
};
