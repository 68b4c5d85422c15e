/**
 * What one transaction of the projection writes. Rows, chunks, sums and cursor change together, and only from the sequence
 * that this process believes to be stored, so that two replicas can never interleave and nothing is counted twice.
 */
import { escapeLiteral } from 'pg';
import type { PoolClient } from 'pg';
import { WritError } from '@writ/contracts';
import type { UsageLine } from '@writ/provenance';
import { projectionMoved } from './audit-store.ts';
import { CopyRows } from './copy-rows.ts';
import { monthOf } from './months.ts';
import type { MonthTables } from './months.ts';
import { plainJson } from './plain-json.ts';
import type { TenantChunk } from './raw-commits.ts';
import { TRACE_COLUMNS } from './trace-row.ts';
import type { BreakerRow, InvocationKey, NoteRow, TraceBatch } from './trace-batch.ts';
import { runTransaction } from './transaction.ts';

/** Everything that one transaction stores, fixed at one moment. */
export interface PackedBatch extends Omit<TraceBatch, 'written' | 'unstoredFrom'> {
  readonly to: number;
  readonly foldFrom: number;
  readonly months: ReadonlySet<number>;
  readonly chunks: CopyRows;
}

/** Packs the chunks of one batch after another into the same bytes: they are there until the next ones are packed. */
export class Packer {
  readonly #chunks = new CopyRows();

  pack(to: number, { unstoredFrom, ...batch }: TraceBatch, chunked: readonly TenantChunk[]): PackedBatch {
    const months = new Set(batch.rows.months);
    const chunks = this.#chunks.clear();
    for (const chunk of chunked) {
      months.add(monthOf(chunk.firstAt));
      writeChunk(chunks, chunk);
    }
    return { ...batch, to, foldFrom: unstoredFrom ?? to + 1, months, chunks };
  }
}

/**
 * Stores a batch and moves the cursor. @throws WritError `projection-moved` when another replica has stored in between,
 * `rows-exist` when an invocation that looked new has a row already; then nothing is stored.
 */
export async function storeBatch(
  client: PoolClient,
  batch: PackedBatch,
  from: number,
  tables: MonthTables,
): Promise<void> {
  await tables.ensure(client, batch.months);
  try {
    await runTransaction(
      client,
      [ASYNCHRONOUS, moveCursor(batch, from), ...removeRows(batch.again)],
      [
        { into: 'audit.ids (tenant, invocation, first_seq, first_at)', rows: batch.rows.ids },
        { into: `audit.invocations (${TRACE_COLUMNS})`, rows: batch.rows.invocations },
        { into: `audit.chunks (${CHUNK_COLUMNS})`, rows: batch.chunks },
      ],
      [...addUsage(batch.usage), ...insertNotes(batch.notes), ...insertBreakers(batch.breakers)],
    );
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (code === CURSOR_MOVED) throw projectionMoved(from);
    throw code === UNIQUE_VIOLATION ? rowsExist(error) : error;
  }
}

const UNIQUE_VIOLATION = '23505';
/** A code of our own. */
const CURSOR_MOVED = 'WR001';

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

/** The projection can be folded again, so its commits need not wait for the disk: a lost one takes its cursor with it. */
const ASYNCHRONOUS = 'set local synchronous_commit = off';

function moveCursor({ to, foldFrom }: PackedBatch, from: number): string {
  return `do $$ begin
    update audit.cursor set last_seq = ${to}, fold_from = ${foldFrom} where last_seq = ${from};
    if not found then raise exception using errcode = '${CURSOR_MOVED}'; end if;
  end $$`;
}

/** Rows that are written again: `COPY` only adds. */
function removeRows(keys: readonly InvocationKey[]): string[] {
  if (keys.length === 0) return [];
  const again = keys.map(({ tenant, invocation }) => ({ tenant, invocation }));
  return [
    `with old as (
      delete from audit.ids using ${recordset(again)} as again (tenant text, invocation text)
      where ids.tenant = again.tenant and ids.invocation = again.invocation
      returning ids.tenant, ids.invocation, ids.first_seq, ids.first_at
    ) delete from audit.invocations using old
    where invocations.tenant = old.tenant and invocations.first_at = old.first_at
      and invocations.first_seq = old.first_seq and invocations.invocation = old.invocation`,
  ];
}

/** A few rows in the text of a statement; many go by COPY. */
function recordset(rows: readonly object[]): string {
  return `json_to_recordset(${escapeLiteral(plainJson(rows))})`;
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

function addUsage(lines: readonly UsageLine[]): string[] {
  if (lines.length === 0) return [];
  const more = lines.map((line) => ({
    ...line,
    held: String(line.held),
    used: String(line.used),
    charged: String(line.charged),
  }));
  return [
    `insert into audit.usage (tenant, day, account, tool, agent, unit, attempts, held, used, charged)
      select tenant, date '1970-01-01' + day, account, tool, agent, unit, attempts, held, used, charged
      from ${recordset(more)} as more (tenant text, day integer, account text, tool text, agent text, unit text,
        attempts bigint, held numeric, used numeric, charged numeric)
      on conflict (tenant, day, account, tool, agent, unit) do update set
        attempts = usage.attempts + excluded.attempts, held = usage.held + excluded.held,
        used = usage.used + excluded.used, charged = usage.charged + excluded.charged`,
  ];
}

function insertNotes(notes: readonly NoteRow[]): string[] {
  if (notes.length === 0) return [];
  const rows = notes.map(({ fact: { tenant, seq, at, type, origin, data }, nth, invocation }) => {
    return { tenant, seq, nth, at: new Date(at), type, origin, invocation, data };
  });
  return [
    `insert into audit.notes select * from ${recordset(rows)} as more (tenant text, seq bigint, nth integer,
      at timestamptz, type text, origin text, invocation text, data json)`,
  ];
}

function insertBreakers(rows: readonly BreakerRow[]): string[] {
  if (rows.length === 0) return [];
  const events = rows.map(({ tenant, nth, event }) => ({ tenant, seq: event.seq, nth, event }));
  return [
    `insert into audit.breaker_events select * from ${recordset(events)}
      as more (tenant text, seq bigint, nth integer, event json)`,
  ];
}
