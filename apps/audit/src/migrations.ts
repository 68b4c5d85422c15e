/**
 * The steps that make the tables, in code, so that a service brings its own schema. Kysely runs them under a session
 * advisory lock, so replicas that boot together do not run them twice.
 */
import { sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import type { Kysely } from 'kysely';
import type { Migration, MigrationProvider } from 'kysely/migration';
import { WritError, messageOf } from '@writ/contracts';
import type { AuditTables } from './tables.ts';

/**
 * `record` is `text`, not `jsonb`: it keeps the bytes as written, costs Postgres half of the CPU, and takes `\u0000` and
 * lone surrogates, which agents may send and which `jsonb` refuses; cast it to `json` to look inside. The storage
 * parameters keep a record in its row uncompressed up to a page, and leave room for the update that some rows get.
 */
const invocations: Migration = {
  async up(db) {
    await sql`create table audit.cursor (
      id boolean primary key default true check (id),
      last_seq bigint not null
    )`.execute(db);
    await sql`insert into audit.cursor (last_seq) values (0)`.execute(db);
    await sql`create table audit.invocations (
      tenant text not null,
      invocation text not null,
      first_seq bigint not null,
      last_seq bigint not null,
      agent text not null,
      tool text,
      project text,
      campaign text,
      log text,
      stage text not null,
      requested_at timestamptz,
      ended_at timestamptz,
      record text not null,
      primary key (tenant, invocation)
    ) with (fillfactor = 85, toast_tuple_target = 8160)`.execute(db);
    await sql`create index on audit.invocations (tenant, first_seq, invocation)`.execute(db);
    await sql`create index on audit.invocations (tenant, campaign, first_seq, invocation)
      where campaign is not null`.execute(db);
    await sql`create index on audit.invocations (tenant, log, first_seq, invocation)
      where log is not null`.execute(db);
    await sql`create table audit.breaker_events (
      tenant text not null,
      seq bigint not null,
      nth integer not null,
      event json not null,
      primary key (tenant, seq, nth)
    )`.execute(db);
  },
};

const STEPS: MigrationProvider = {
  getMigrations: () => Promise.resolve({ '001-invocations': invocations }),
};

/** Brings the schema up to this version. @throws WritError `migration-failed` with the step that failed. */
export async function migrate(db: Kysely<AuditTables>): Promise<void> {
  const migrator = new Migrator({ db, provider: STEPS, migrationTableSchema: 'audit' });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const failed = results?.find(({ status }) => status === 'Error')?.migrationName ?? 'before the first step';
  throw new WritError(
    'migration-failed',
    `the audit schema could not be made (${failed}): ${messageOf(error)}`,
    {
      retryable: true,
      cause: error,
    },
  );
}
