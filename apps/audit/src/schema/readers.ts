/**
 * Who may read with SQL: a role that is in the group `audit_reader` and stands in `audit.readers` sees the rows of the one
 * tenant that stands there beside it, and nothing without. The tenant belongs to the role that is logged in, because a
 * setting of the session could be changed by whoever it is meant to bound.
 */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

const TABLES = ['ids', 'invocations', 'chunks', 'notes', 'breaker_events', 'usage'];
const VIEWS = ['waits', 'approvals', 'votes', 'attempts', 'breakers'];

export const readers: Migration = {
  async up(db) {
    await sql`create table audit.readers (role name primary key, tenant text not null)`.execute(db);
    for (const table of [...TABLES, 'readers'])
      await sql`alter table ${sql.table(`audit.${table}`)} enable row level security`.execute(db);
    if (!(await hasGroup(db))) return;
    await sql`create policy own on audit.readers for select to audit_reader using (role = current_user)`.execute(
      db,
    );
    for (const table of TABLES) {
      await sql`create policy own_tenant on ${sql.table(`audit.${table}`)} for select to audit_reader
        using (tenant = (select readers.tenant from audit.readers where readers.role = current_user))`.execute(
        db,
      );
    }
    await sql`grant usage on schema audit to audit_reader`.execute(db);
    for (const name of [...TABLES, ...VIEWS, 'readers'])
      await sql`grant select on ${sql.table(`audit.${name}`)} to audit_reader`.execute(db);
  },
};

/**
 * Makes the group unless it is there. Roles are shared by the databases of a server, and another audit may be making it
 * right now; where this service may not make roles, nobody but itself reads until somebody has made the group before.
 */
async function hasGroup(db: Kysely<unknown>): Promise<boolean> {
  await sql`do $$ begin
    create role audit_reader nologin;
  exception when duplicate_object or unique_violation or insufficient_privilege then null;
  end $$`.execute(db);
  const { rows } = await sql`select from pg_roles where rolname = 'audit_reader'`.execute(db);
  return rows.length === 1;
}
