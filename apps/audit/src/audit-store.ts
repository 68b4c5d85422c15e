/**
 * What the projection writes in Postgres. Rows, chunks and cursor change in one transaction, and only from the sequence
 * that this process believes to be stored, so that two replicas can never interleave.
 */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { PoolClient, QueryResult } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { CHAIN_GENESIS, CHAIN_HASH_BYTES, WritError } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import type { Trace } from '@writ/provenance';
import { CopyRows } from './copy-rows.ts';
import { LOOKUP_ROWS } from './limits.ts';
import type { TenantChunk } from './raw-commits.ts';
import type { AuditTables } from './tables.ts';
import { TRACE_COLUMNS, traceOf, writeTrace } from './trace-row.ts';
import type { TraceColumns } from './trace-row.ts';
import type { BreakerRow, InvocationKey, TraceBatch } from './traces.ts';

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

const BEGINNING: Cursor = { last: 0, foldFrom: 1 };

/** Everything that one transaction stores, as bytes, fixed at one moment. */
export interface PackedBatch {
  readonly to: number;
  readonly foldFrom: number;
  readonly traces: CopyRows;
  readonly again: readonly InvocationKey[];
  readonly chunks: CopyRows;
  readonly breakers: readonly BreakerRow[];
}

/** Packs one batch after another into the same bytes: a batch is there until the next one is packed. */
export class Packer {
  readonly #traces = new CopyRows();
  readonly #chunks = new CopyRows();

  pack(to: number, batch: TraceBatch, chunked: readonly TenantChunk[]): PackedBatch {
    const traces = this.#traces.clear();
    for (const trace of batch.traces) writeTrace(traces, trace);
    const chunks = this.#chunks.clear();
    for (const chunk of chunked) writeChunk(chunks, chunk);
    const { again, breakers, unstoredFrom } = batch;
    return { to, foldFrom: unstoredFrom ?? to + 1, traces, again, chunks, breakers };
  }
}

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

/** Fails when Postgres is not there. */
export async function probe(client: PoolClient): Promise<void> {
  await client.query('select 1');
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
    await sql`truncate audit.invocations, audit.chunks, audit.breaker_events, audit.cursor`.execute(trx);
    await sql`insert into audit.cursor (last_seq, fold_from) values (${last}, ${foldFrom})`.execute(trx);
  });
}

/**
 * Stores a batch and moves the cursor. @throws WritError `projection-moved` when another replica has stored in between,
 * `rows-exist` when an invocation that looked new has a row already; then nothing is stored.
 */
export async function storeBatch(client: PoolClient, batch: PackedBatch, from: number): Promise<void> {
  try {
    await moveCursor(client, batch, from);
    await removeRows(client, batch.again);
    await copy(client, `audit.invocations (${TRACE_COLUMNS})`, batch.traces);
    await copy(client, `audit.chunks (${CHUNK_COLUMNS})`, batch.chunks);
    await insertBreakers(client, batch.breakers);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw (error as { code?: unknown }).code === UNIQUE_VIOLATION ? rowsExist(error) : error;
  }
}

/** The traces of these invocations; nothing for those without a row. */
export async function loadTraces(db: Db, keys: readonly InvocationKey[]): Promise<readonly Trace[]> {
  const found: Trace[] = [];
  for (let start = 0; start < keys.length; start += LOOKUP_ROWS) {
    const part = keys.slice(start, start + LOOKUP_ROWS);
    const { rows } = await sql<TraceColumns>`select ${sql.raw(TRACE_COLUMNS)} from audit.invocations
      join unnest(${part.map((key) => key.tenant)}::text[], ${part.map((key) => key.invocation)}::text[])
        as asked (tenant, invocation) using (tenant, invocation)`.execute(db);
    for (const row of rows) found.push(traceOf(row));
  }
  return found;
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

const UNIQUE_VIOLATION = '23505';

function rowsExist(cause: unknown): WritError {
  return new WritError(
    'rows-exist',
    'an id that looked new was asked for long ago: folding again with care',
    {
      retryable: true,
      cause,
    },
  );
}

/**
 * Begins the transaction, all in one message. The projection can be folded again, so its commits need not wait for the
 * disk: a lost one takes its cursor with it.
 */
async function moveCursor(client: PoolClient, { to, foldFrom }: PackedBatch, from: number): Promise<void> {
  const results = (await client.query(
    `begin; set local synchronous_commit = off;
      update audit.cursor set last_seq = ${to}, fold_from = ${foldFrom} where last_seq = ${from}`,
  )) as unknown as readonly QueryResult[];
  if (results.at(-1)?.rowCount === 1) return;
  throw new WritError(
    'projection-moved',
    `the projection does not stand at ${from} any more; reading it again`,
    { retryable: true },
  );
}

/** Rows that are written again: `COPY` only adds. */
async function removeRows(client: PoolClient, keys: readonly InvocationKey[]): Promise<void> {
  if (keys.length === 0) return;
  await client.query(
    `delete from audit.invocations using unnest($1::text[], $2::text[]) as old (tenant, invocation)
      where invocations.tenant = old.tenant and invocations.invocation = old.invocation`,
    [keys.map(({ tenant }) => tenant), keys.map(({ invocation }) => invocation)],
  );
}

async function copy(client: PoolClient, target: string, rows: CopyRows): Promise<void> {
  if (rows.rows === 0) return;
  const stream = client.query(copyFrom(`copy ${target} from stdin (format binary)`));
  await new Promise<void>((resolve, reject) => {
    stream.on('error', reject);
    stream.on('finish', resolve);
    stream.end(rows.end());
  });
}

const CHUNK_COLUMNS =
  'first_seq, last_seq, first_at, commits, unpacked_bytes, body_crc, tenant, hashes, body';

function writeChunk(rows: CopyRows, chunk: TenantChunk): void {
  rows.begin(9);
  rows.bigint(chunk.firstSeq);
  rows.bigint(chunk.lastSeq);
  rows.time(chunk.firstAt);
  rows.int(chunk.commits);
  rows.int(chunk.unpackedBytes);
  rows.int(chunk.bodyCrc);
  rows.text(chunk.tenant);
  rows.bytes(chunk.hashes);
  rows.bytes(chunk.body);
}

async function insertBreakers(client: PoolClient, rows: readonly BreakerRow[]): Promise<void> {
  if (rows.length === 0) return;
  await client.query(
    'insert into audit.breaker_events (tenant, seq, nth, event) select * from unnest($1::text[], $2::bigint[], $3::integer[], $4::json[])',
    [
      rows.map((row) => row.tenant),
      rows.map((row) => row.event.seq),
      rows.map((row) => row.nth),
      rows.map((row) => JSON.stringify(row.event)),
    ],
  );
}
