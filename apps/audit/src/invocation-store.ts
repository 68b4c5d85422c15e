/**
 * What the projection reads and writes in Postgres. Rows and cursor change in one transaction, and only from the
 * sequence that this process believes to be stored, so that two replicas can never interleave.
 */
import { sql } from 'kysely';
import type { Kysely, Transaction } from 'kysely';
import { WritError } from '@writ/contracts';
import type { AgentId, InvocationId, TenantId } from '@writ/contracts';
import { restoreRecord } from '@writ/provenance';
import type { InvocationRecord } from '@writ/provenance';
import type { InvocationRow } from './invocation-row.ts';
import { LOOKUP_ROWS, MAX_ROWS_PER_STATEMENT, MAX_STATEMENT_LENGTH } from './limits.ts';
import type { Batch, BreakerRow, InvocationKey } from './records.ts';
import type { AuditTables } from './tables.ts';

type Db = Kysely<AuditTables>;

/** The key of the session lock that the one writing replica holds: "writ" in ASCII, and 1 for the audit. */
const WRITER_LOCK = [0x77726974, 1] as const;

/** Takes the writer's lock for this connection, if nobody has it. */
export async function tryWriterLock(connection: Db): Promise<boolean> {
  const [space, key] = WRITER_LOCK;
  const { rows } = await sql<{
    held: boolean;
  }>`select pg_try_advisory_lock(${space}, ${key}) as held`.execute(connection);
  return rows[0]?.held === true;
}

/** Gives up whatever this connection holds. */
export async function releaseWriterLock(connection: Db): Promise<void> {
  await sql`select pg_advisory_unlock_all()`.execute(connection);
}

/** Fails when Postgres is not there. */
export async function probe(connection: Db): Promise<void> {
  await sql`select 1`.execute(connection);
}

/** The last ledger sequence whose facts are stored. */
export async function readCursor(db: Db): Promise<number> {
  const row = await db.selectFrom('audit.cursor').select('last_seq').executeTakeFirst();
  if (row) return Number(row.last_seq);
  throw new WritError(
    'projection-broken',
    'audit.cursor has no row: drop the schema "audit" and start again',
    {
      retryable: true,
    },
  );
}

/** Forgets everything, so that the projection is made again from the whole ledger. */
export async function clearProjection(db: Db): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await sql`truncate audit.invocations, audit.breaker_events`.execute(trx);
    await sql`update audit.cursor set last_seq = 0`.execute(trx);
  });
}

/**
 * Stores a batch and moves the cursor. Returns the stored records of invocations that looked new and are not; then
 * nothing was stored. @throws WritError `projection-moved` when another replica has stored in between.
 */
export async function storeBatch(
  connection: Db,
  batch: Batch,
  from: number,
  to: number,
): Promise<readonly InvocationRecord[]> {
  let known: readonly InvocationRecord[] = [];
  try {
    await connection.transaction().execute(async (trx) => {
      await moveCursor(trx, from, to);
      for (const rows of statements(batch.rows)) {
        if ((await upsert(trx, rows)) < rows.length) known = [...known, ...(await storedOthers(trx, rows))];
      }
      for (const rows of chunks(batch.breakers, MAX_ROWS_PER_STATEMENT)) await insertBreakers(trx, rows);
      if (known.length > 0) throw ROLL_BACK;
    });
  } catch (error) {
    if (error !== ROLL_BACK) throw error;
  }
  return known;
}

/** What a record is made of again, as Postgres returns it (bigint as text). */
export const STORED_COLUMNS = sql.raw('tenant, invocation, agent, first_seq, last_seq, record');

export interface StoredColumns {
  readonly tenant: TenantId;
  readonly invocation: InvocationId;
  readonly agent: AgentId;
  readonly first_seq: string;
  readonly last_seq: string;
  readonly record: string;
}

export function recordOfColumns({
  first_seq,
  last_seq,
  record: text,
  ...names
}: StoredColumns): InvocationRecord {
  return restoreRecord({ ...names, firstSeq: Number(first_seq), lastSeq: Number(last_seq), text });
}

/** The stored records of these invocations; nothing for those without a row. */
export async function loadRecords(
  db: Db,
  keys: readonly Record<keyof InvocationKey, string>[],
): Promise<readonly InvocationRecord[]> {
  const found: InvocationRecord[] = [];
  for (const chunk of chunks(keys, LOOKUP_ROWS)) {
    const { rows } = await sql<StoredColumns>`select ${STORED_COLUMNS} from audit.invocations
      join unnest(${chunk.map((key) => key.tenant)}::text[], ${chunk.map((key) => key.invocation)}::text[])
        as asked (tenant, invocation) using (tenant, invocation)`.execute(db);
    for (const row of rows) found.push(recordOfColumns(row));
  }
  return found;
}

/** Between the records of one parameter: JSON text has no line break of its own, and an array literal would escape each quote. */
const LINE = '\n';

/** Ends the transaction without being a failure. */
const ROLL_BACK = new WritError('rolled-back', 'rows exist that looked new');

async function moveCursor(trx: Transaction<AuditTables>, from: number, to: number): Promise<void> {
  // The projection can be folded again, so its commits need not wait for the disk: a lost one takes its cursor with it.
  await sql`set local synchronous_commit = off`.execute(trx);
  const { numAffectedRows } =
    await sql`update audit.cursor set last_seq = ${to} where last_seq = ${from}`.execute(trx);
  if (numAffectedRows === 1n) return;
  throw new WritError(
    'projection-moved',
    `the projection does not stand at ${from} any more; reading it again`,
    {
      retryable: true,
    },
  );
}

/** Writes the rows whole; a row of another first request is left alone and not counted. */
async function upsert(trx: Transaction<AuditTables>, rows: readonly InvocationRow[]): Promise<number> {
  const { numAffectedRows } = await sql`insert into audit.invocations
      (tenant, invocation, first_seq, last_seq, agent, tool, project, campaign, log, stage,
        requested_at, ended_at, record)
    select tenant, invocation, first_seq, last_seq, agent, tool, project, campaign, log, stage,
        to_timestamp(requested_ms / 1000.0), to_timestamp(ended_ms / 1000.0), record
      from unnest(
        ${rows.map((row) => row.tenant)}::text[],
        ${rows.map((row) => row.invocation)}::text[],
        ${rows.map((row) => row.firstSeq)}::bigint[],
        ${rows.map((row) => row.lastSeq)}::bigint[],
        ${rows.map((row) => row.agent)}::text[],
        ${rows.map((row) => row.tool)}::text[],
        ${rows.map((row) => row.project)}::text[],
        ${rows.map((row) => row.campaign)}::text[],
        ${rows.map((row) => row.log)}::text[],
        ${rows.map((row) => row.stage)}::text[],
        ${rows.map((row) => row.requestedAtMs)}::float8[],
        ${rows.map((row) => row.endedAtMs)}::float8[],
        string_to_array(${rows.map((row) => row.text).join(LINE)}, ${LINE})
      ) as row (tenant, invocation, first_seq, last_seq, agent, tool, project, campaign, log, stage,
        requested_ms, ended_ms, record)
    on conflict (tenant, invocation) do update set
      last_seq = excluded.last_seq, tool = excluded.tool, project = excluded.project,
      campaign = excluded.campaign, log = excluded.log, stage = excluded.stage,
      requested_at = excluded.requested_at, ended_at = excluded.ended_at, record = excluded.record
      where invocations.first_seq = excluded.first_seq`.execute(trx);
  return Number(numAffectedRows ?? 0);
}

/** Of these invocations, the stored records that began with another request. */
async function storedOthers(
  trx: Transaction<AuditTables>,
  rows: readonly InvocationRow[],
): Promise<readonly InvocationRecord[]> {
  const first = new Map(rows.map((row) => [`${row.tenant}/${row.invocation}`, row.firstSeq]));
  const stored = await loadRecords(trx, rows);
  return stored.filter((record) => first.get(`${record.tenant}/${record.invocation}`) !== record.firstSeq);
}

async function insertBreakers(trx: Transaction<AuditTables>, rows: readonly BreakerRow[]): Promise<void> {
  await sql`insert into audit.breaker_events (tenant, seq, nth, event)
    select * from unnest(
      ${rows.map((row) => row.tenant)}::text[],
      ${rows.map((row) => row.event.seq)}::bigint[],
      ${rows.map((row) => row.nth)}::integer[],
      ${rows.map((row) => JSON.stringify(row.event))}::json[]
    )`.execute(trx);
}

/** Statements' worth of rows: bounded in number and in text. */
function* statements(rows: readonly InvocationRow[]): Generator<readonly InvocationRow[]> {
  let start = 0;
  let length = 0;
  for (let end = 0; end < rows.length; end++) {
    length += (rows[end] as InvocationRow).text.length;
    if (end + 1 - start < MAX_ROWS_PER_STATEMENT && length < MAX_STATEMENT_LENGTH) continue;
    yield rows.slice(start, end + 1);
    start = end + 1;
    length = 0;
  }
  if (start < rows.length) yield rows.slice(start);
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let start = 0; start < items.length; start += size) parts.push(items.slice(start, start + size));
  return parts;
}
