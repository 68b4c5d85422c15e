/**
 * What the projection reads of its own in Postgres: where it stands, the lock of the one that writes, rows and hashes to go
 * on from.
 */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { PoolClient } from 'pg';
import { CHAIN_GENESIS, CHAIN_HASH_BYTES, WritError } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import type { Trace } from '@writ/provenance';
import { LOOKUP_ROWS } from './limits.ts';
import type { AuditTables } from './tables.ts';
import type { InvocationKey } from './trace-batch.ts';
import { TRACE_COLUMNS, traceOf } from './trace-row.ts';
import type { TraceColumns } from './trace-row.ts';

type Db = Kysely<AuditTables>;

/** The key of the session lock that the one writing replica holds: "writ" in ASCII, and 1 for the audit. */
const WRITER_LOCK = [0x77726974, 1] as const;

/** Where a projection stands. */
export interface Cursor {
  /** Last ledger sequence that is in chunks. */
  readonly last: number;
  /** What open invocations are missing in rows stands from here on; `last + 1` when nothing is. */
  readonly foldFrom: number;
}

/** Everything that is made from the ledger. */
const ALL_TABLES = ['cursor', 'ids', 'invocations', 'chunks', 'notes', 'usage', 'breaker_events']
  .map((table) => `audit.${table}`)
  .join(', ');

const BEGINNING: Cursor = { last: 0, foldFrom: 1 };

/** Takes the writer's lock for this connection, if nobody has it. */
export async function tryWriterLock(client: PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1, $2) as held', [
    ...WRITER_LOCK,
  ]);
  return rows[0]?.held === true;
}

/** Gives up whatever this connection holds. */
export async function releaseWriterLock(client: PoolClient): Promise<void> {
  await client.query('select pg_advisory_unlock_all()');
}

/** Fails when Postgres is not there, or the projection does not stand where this process left it. */
export async function probe(client: PoolClient, stored: number): Promise<void> {
  const { rowCount } = await client.query('select from audit.cursor where last_seq = $1', [stored]);
  if (rowCount !== 1) throw projectionMoved(stored);
}

/** Another replica has stored meanwhile, or somebody emptied the tables. */
export function projectionMoved(from: number): WritError {
  return new WritError(
    'projection-moved',
    `the projection does not stand at ${from} any more; reading it again`,
    { retryable: true },
  );
}

/** Where the projection stands. Without a row somebody emptied the tables: then it begins again. */
export async function readCursor(db: Db): Promise<Cursor> {
  const row = await db.selectFrom('audit.cursor').select(['last_seq', 'fold_from']).executeTakeFirst();
  if (row) return { last: Number(row.last_seq), foldFrom: Number(row.fold_from) };
  await clearProjection(db);
  return BEGINNING;
}

/** Forgets everything, so that the projection is made again from the whole ledger. */
export async function clearProjection(db: Db): Promise<void> {
  const { last, foldFrom } = BEGINNING;
  await db.transaction().execute(async (trx) => {
    await sql`truncate ${sql.raw(ALL_TABLES)}`.execute(trx);
    await sql`insert into audit.cursor (last_seq, fold_from) values (${last}, ${foldFrom})`.execute(trx);
  });
}

/** The traces of these invocations; nothing for those without a row. */
export async function loadTraces(db: Db, keys: readonly InvocationKey[]): Promise<readonly Trace[]> {
  const found: Trace[] = [];
  for (let start = 0; start < keys.length; start += LOOKUP_ROWS)
    found.push(...(await loadSome(db, keys.slice(start, start + LOOKUP_ROWS))));
  return found;
}

/** In two steps, so that the second one looks only at the months in which there is something to be found. */
async function loadSome(db: Db, keys: readonly InvocationKey[]): Promise<readonly Trace[]> {
  const { rows: places } = await sql<AuditTables['audit.ids']>`
    select tenant, invocation, first_seq, first_at from audit.ids
    join unnest(${keys.map(({ tenant }) => tenant)}::text[], ${keys.map(({ invocation }) => invocation)}::text[])
      as asked (tenant, invocation) using (tenant, invocation)`.execute(db);
  if (places.length === 0) return [];
  const times = places.map((place) => place.first_at.getTime());
  const { rows } = await sql<TraceColumns>`
    select ${sql.raw(TRACE_COLUMNS)} from audit.invocations join unnest(
      ${places.map(({ tenant }) => tenant)}::text[], ${places.map((place) => place.first_seq)}::bigint[],
      ${places.map(({ invocation }) => invocation)}::text[]
    ) as place (tenant, first_seq, invocation) using (tenant, first_seq, invocation)
    where first_at between ${new Date(Math.min(...times))} and ${new Date(Math.max(...times))}`.execute(db);
  return rows.map(traceOf);
}

/** The hash with which each tenant's chain ends in Postgres, at the latest at sequence `upTo`. */
export async function loadHeads(
  db: Db,
  tenants: readonly TenantId[],
  upTo = Number.MAX_SAFE_INTEGER,
): Promise<Map<TenantId, Uint8Array>> {
  const { rows } = await sql<{ tenant: TenantId; hashes: Buffer }>`
    select tenant, hashes from unnest(${tenants}::text[]) as asked (tenant),
      lateral (select hashes from audit.chunks where chunks.tenant = asked.tenant and last_seq <= ${upTo}
        order by last_seq desc limit 1) as last`.execute(db);
  const heads = new Map<TenantId, Uint8Array>(tenants.map((tenant) => [tenant, CHAIN_GENESIS]));
  for (const { tenant, hashes } of rows) heads.set(tenant, hashes.subarray(-CHAIN_HASH_BYTES));
  return heads;
}
