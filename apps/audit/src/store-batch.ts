/**
 * What one transaction of the projection writes. Rows, chunks, sums and cursor change together, and only from the sequence
 * that this process believes to be stored, so that two replicas can never interleave and nothing is counted twice.
 */
import type { PoolClient, QueryResult } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { WritError } from '@writ/contracts';
import type { UsageLine } from '@writ/provenance';
import { projectionMoved } from './audit-store.ts';
import { CopyRows } from './copy-rows.ts';
import { monthOf } from './months.ts';
import type { MonthTables } from './months.ts';
import { plainJson } from './plain-json.ts';
import type { TenantChunk } from './raw-commits.ts';
import { TRACE_COLUMNS, writeTrace } from './trace-row.ts';
import type { BreakerRow, InvocationKey, NoteRow, TraceBatch } from './traces.ts';

/** Everything that one transaction stores, as bytes, fixed at one moment. */
export interface PackedBatch {
  readonly to: number;
  readonly foldFrom: number;
  readonly months: ReadonlySet<number>;
  readonly ids: CopyRows;
  readonly traces: CopyRows;
  readonly again: readonly InvocationKey[];
  readonly chunks: CopyRows;
  readonly breakers: readonly BreakerRow[];
  readonly notes: readonly NoteRow[];
  readonly usage: readonly UsageLine[];
}

/** Packs one batch after another into the same bytes: a batch is there until the next one is packed. */
export class Packer {
  readonly #ids = new CopyRows();
  readonly #traces = new CopyRows();
  readonly #chunks = new CopyRows();

  pack(to: number, batch: TraceBatch, chunked: readonly TenantChunk[]): PackedBatch {
    const months = new Set<number>();
    const [ids, traces, chunks] = [this.#ids.clear(), this.#traces.clear(), this.#chunks.clear()];
    for (const trace of batch.traces) {
      months.add(monthOf(trace.firstAt));
      ids.begin(4);
      ids.text(trace.tenant);
      ids.text(trace.invocation);
      ids.bigint(trace.firstSeq);
      ids.time(trace.firstAt);
      writeTrace(traces, trace);
    }
    for (const chunk of chunked) {
      months.add(monthOf(chunk.firstAt));
      writeChunk(chunks, chunk);
    }
    const { again, breakers, notes, usage, unstoredFrom } = batch;
    const foldFrom = unstoredFrom ?? to + 1;
    return { to, foldFrom, months, ids, traces, again, chunks, breakers, notes, usage };
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
    await moveCursor(client, batch, from);
    await removeRows(client, batch.again);
    await copy(client, 'audit.ids (tenant, invocation, first_seq, first_at)', batch.ids);
    await copy(client, `audit.invocations (${TRACE_COLUMNS})`, batch.traces);
    await copy(client, `audit.chunks (${CHUNK_COLUMNS})`, batch.chunks);
    await addUsage(client, batch.usage);
    await insertNotes(client, batch.notes);
    await insertBreakers(client, batch.breakers);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw (error as { code?: unknown }).code === UNIQUE_VIOLATION ? rowsExist(error) : error;
  }
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
  if (results.at(-1)?.rowCount !== 1) throw projectionMoved(from);
}

/** Rows that are written again: `COPY` only adds. */
async function removeRows(client: PoolClient, keys: readonly InvocationKey[]): Promise<void> {
  if (keys.length === 0) return;
  await client.query(
    `with old as (
      delete from audit.ids using unnest($1::text[], $2::text[]) as again (tenant, invocation)
      where ids.tenant = again.tenant and ids.invocation = again.invocation
      returning ids.tenant, ids.invocation, ids.first_seq, ids.first_at
    ) delete from audit.invocations using old
    where invocations.tenant = old.tenant and invocations.first_at = old.first_at
      and invocations.first_seq = old.first_seq and invocations.invocation = old.invocation`,
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

async function addUsage(client: PoolClient, lines: readonly UsageLine[]): Promise<void> {
  if (lines.length === 0) return;
  await client.query(
    `insert into audit.usage (tenant, day, account, tool, agent, unit, attempts, held, used, charged)
      select tenant, date '1970-01-01' + day, account, tool, agent, unit, attempts, held, used, charged from unnest(
        $1::text[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::numeric[],
        $9::numeric[], $10::numeric[]
      ) as more (tenant, day, account, tool, agent, unit, attempts, held, used, charged)
      on conflict (tenant, day, account, tool, agent, unit) do update set
        attempts = usage.attempts + excluded.attempts, held = usage.held + excluded.held,
        used = usage.used + excluded.used, charged = usage.charged + excluded.charged`,
    [
      lines.map(({ tenant }) => tenant),
      lines.map(({ day }) => day),
      lines.map(({ account }) => account),
      lines.map(({ tool }) => tool),
      lines.map(({ agent }) => agent),
      lines.map(({ unit }) => unit),
      lines.map(({ attempts }) => attempts),
      lines.map(({ held }) => held),
      lines.map(({ used }) => used),
      lines.map(({ charged }) => charged),
    ],
  );
}

async function insertNotes(client: PoolClient, rows: readonly NoteRow[]): Promise<void> {
  if (rows.length === 0) return;
  await client.query(
    `insert into audit.notes (tenant, seq, nth, at, type, origin, invocation, data)
      select * from unnest($1::text[], $2::bigint[], $3::integer[], $4::timestamptz[], $5::text[], $6::text[],
        $7::text[], $8::json[])`,
    [
      rows.map(({ fact }) => fact.tenant),
      rows.map(({ fact }) => fact.seq),
      rows.map(({ nth }) => nth),
      rows.map(({ fact }) => new Date(fact.at)),
      rows.map(({ fact }) => fact.type),
      rows.map(({ fact }) => fact.origin),
      rows.map(({ invocation }) => invocation),
      rows.map(({ fact }) => plainJson(fact.data)),
    ],
  );
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
