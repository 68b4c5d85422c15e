/**
 * What one agent did with one tool. Two indexes of one column each are no substitute: both begin with the tenant, and Postgres
 * does not combine indexes that answer the same condition; so a page of a common agent's calls of a common tool that ended
 * in a rare way read all of the tool's rows (10,000,000 calls: 138 ms at the 95th percentile, 940 ms at the 99th).
 */
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const agentsTools: Migration = {
  async up(db) {
    await sql`create index on audit.invocations (tenant, agent, tool, first_seq)`.execute(db);
  },
};
