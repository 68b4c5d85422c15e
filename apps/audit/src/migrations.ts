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
 * `cursor`: commits up to `last_seq` are in chunks, and what they say is in rows, but for invocations that are still open
 * and not stored yet: those are folded again from `fold_from` on. Bodies are compressed already, so Postgres is told not
 * to try. Rows are written once and rarely changed, so pages are filled.
 */
const invocations: Migration = {
  async up(db) {
    await sql`drop table if exists audit.cursor, audit.invocations, audit.breaker_events`.execute(db);
    await sql`create table audit.cursor (
      id boolean primary key default true check (id),
      last_seq bigint not null,
      fold_from bigint not null
    )`.execute(db);
    await sql`insert into audit.cursor (last_seq, fold_from) values (0, 1)`.execute(db);
    await sql`create table audit.invocations (
      first_seq bigint not null,
      last_seq bigint not null,
      first_at timestamptz not null,
      asked_at timestamptz,
      decided_at timestamptz,
      opened_at timestamptz,
      closed_at timestamptz,
      reserved_at timestamptz,
      dispatched_at timestamptz,
      started_at timestamptz,
      ended_at timestamptz,
      attempts integer not null,
      attempt integer,
      repeats integer not null,
      earlier integer not null,
      tenant text not null,
      invocation text not null,
      stage text not null,
      agent text not null,
      tool text,
      project text,
      campaign text,
      log text,
      executor text,
      verdict text,
      args_digest bytea,
      facts bytea not null,
      asked_again text,
      primary key (tenant, invocation)
    )`.execute(db);
    await sql`create index on audit.invocations (tenant, first_seq, invocation)`.execute(db);
    await sql`create index on audit.invocations (tenant, campaign, first_seq, invocation)
      where campaign is not null`.execute(db);
    await sql`create index on audit.invocations (tenant, log, first_seq, invocation)
      where log is not null`.execute(db);
  },
};

const evidence: Migration = {
  async up(db) {
    await sql`create table audit.chunks (
      first_seq bigint not null,
      last_seq bigint not null,
      first_at timestamptz not null,
      commits integer not null,
      unpacked_bytes integer not null,
      body_crc integer not null,
      tenant text not null,
      hashes bytea not null,
      body bytea not null,
      primary key (tenant, last_seq)
    )`.execute(db);
    await sql`alter table audit.chunks alter hashes set storage external, alter body set storage external`.execute(
      db,
    );
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
  getMigrations: () =>
    Promise.resolve({
      // Whole records as text, in databases made before there were narrow rows.
      '001-invocations': { up: () => Promise.resolve() },
      '002-narrow-rows': invocations,
      '003-raw-commits': evidence,
    }),
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
