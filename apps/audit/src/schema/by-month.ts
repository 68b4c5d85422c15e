/**
 * The tables. `cursor`: commits up to `last_seq` are in chunks, and what they say is in rows, but for invocations that are
 * still open and not stored yet: those are folded again from `fold_from` on. Rows and chunks are kept apart by month (UTC),
 * so `ids` is what makes an invocation unique and tells where its row stands. Everything that people search by has an
 * index in the order of the ledger, because that is the order of the pages.
 */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

type Db = Kysely<unknown>;

/** Columns with an index of their own; most calls have them all. */
const SEARCHED = ['agent', 'tool', 'project', 'stage', 'args_digest'];
/** Those that many calls do not have. */
const SEARCHED_IF_GIVEN = ['campaign', 'log'];

export const byMonth: Migration = {
  async up(db: Db) {
    await sql`drop table if exists audit.cursor, audit.invocations, audit.chunks, audit.breaker_events`.execute(
      db,
    );
    await makeCursor(db);
    await makeInvocations(db);
    await makeChunks(db);
    await makeFacts(db);
    await makeWatch(db);
    await makeMonths(db);
  },
};

async function makeCursor(db: Db): Promise<void> {
  await sql`create table audit.cursor (
    id boolean primary key default true check (id),
    last_seq bigint not null,
    fold_from bigint not null
  )`.execute(db);
  await sql`insert into audit.cursor (last_seq, fold_from) values (0, 1)`.execute(db);
}

async function makeInvocations(db: Db): Promise<void> {
  await sql`create table audit.ids (
    tenant text not null,
    invocation text not null,
    first_seq bigint not null,
    first_at timestamptz not null,
    primary key (tenant, invocation)
  )`.execute(db);
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
    holds text,
    words tsvector not null
  ) partition by range (first_at)`.execute(db);
  await sql`create index on audit.invocations (tenant, first_seq, invocation)`.execute(db);
  await sql`create index on audit.invocations using gin (words)`.execute(db);
  for (const column of SEARCHED)
    await sql`create index on audit.invocations (tenant, ${sql.ref(column)}, first_seq)`.execute(db);
  for (const column of SEARCHED_IF_GIVEN) {
    await sql`create index on audit.invocations (tenant, ${sql.ref(column)}, first_seq, invocation)
      where ${sql.ref(column)} is not null`.execute(db);
  }
}

/** Bodies are compressed already, so Postgres is told not to try. */
async function makeChunks(db: Db): Promise<void> {
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
    primary key (tenant, last_seq, first_at)
  ) partition by range (first_at)`.execute(db);
  await sql`create index on audit.chunks (tenant, first_at)`.execute(db);
  await sql`alter table audit.chunks alter hashes set storage external, alter body set storage external`.execute(
    db,
  );
}

/** Rare facts, each as it stands in the ledger, and sums. */
async function makeFacts(db: Db): Promise<void> {
  await sql`create table audit.notes (
    tenant text not null,
    seq bigint not null,
    nth integer not null,
    at timestamptz not null,
    type text not null,
    origin text not null,
    invocation text not null,
    data json not null,
    primary key (tenant, seq, nth)
  )`.execute(db);
  await sql`create index on audit.notes (tenant, invocation, seq)`.execute(db);
  await sql`create table audit.breaker_events (
    tenant text not null,
    seq bigint not null,
    nth integer not null,
    event json not null,
    primary key (tenant, seq, nth)
  )`.execute(db);
  await sql`create table audit.usage (
    tenant text not null,
    day date not null,
    account text not null,
    tool text not null,
    agent text not null,
    unit text not null,
    attempts bigint not null,
    held numeric not null,
    used numeric not null,
    charged numeric not null,
    primary key (tenant, day, account, tool, agent, unit)
  )`.execute(db);
}

/** Whoever empties one of the tables makes the projection begin anew: without a cursor nothing counts as stored. */
async function makeWatch(db: Db): Promise<void> {
  await sql`create function audit.begin_anew() returns trigger language plpgsql as $$
    begin
      delete from audit.cursor;
      return null;
    end $$`.execute(db);
  for (const table of ['ids', 'invocations', 'chunks', 'notes', 'breaker_events', 'usage']) {
    await sql`create trigger emptied after truncate on ${sql.table(`audit.${table}`)}
      execute function audit.begin_anew()`.execute(db);
  }
}

/** Made apart and then attached, because that does not wait for anybody who reads. */
async function makeMonths(db: Db): Promise<void> {
  await sql`create function audit.add_month(month date) returns void language plpgsql as $$
    declare
      parent text;
      part text;
    begin
      foreach parent in array array['invocations', 'chunks'] loop
        part := parent || to_char(month, '_YYYY_MM');
        if to_regclass('audit.' || part) is null then
          execute format('create table audit.%I (like audit.%I including storage)', part, parent);
          execute format('create trigger emptied after truncate on audit.%I execute function audit.begin_anew()', part);
          execute format('alter table audit.%I attach partition audit.%I for values from (%L) to (%L)', parent, part,
            month::timestamp at time zone 'UTC', (month + interval '1 month')::timestamp at time zone 'UTC');
        end if;
      end loop;
    end $$`.execute(db);
}
