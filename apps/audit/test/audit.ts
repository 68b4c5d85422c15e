/** An audit as its service runs it, over a ledger in memory and a real Postgres. */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { Ledger } from '@writ/ledger';
import { unpackChunk } from '../src/chunk.ts';
import { openDatabase } from '../src/database.ts';
import { Projection } from '../src/projection.ts';
import type { ProjectionOptions } from '../src/projection.ts';
import type { AuditTables } from '../src/tables.ts';

export interface Audit {
  readonly projection: Projection;
  readonly db: Kysely<AuditTables>;
  /** What went wrong and was tried again. */
  readonly problems: unknown[];
  stop(): Promise<void>;
}

/** Waits long enough for a machine that does other things as well. */
export const PATIENCE_MS = 30_000;

export function startAudit(ledger: Ledger, url: string, options: Partial<ProjectionOptions> = {}): Audit {
  const problems: unknown[] = [];
  const onProblem = (problem: unknown): void => void problems.push(problem);
  const database = openDatabase(url, onProblem);
  const { db } = database;
  const projection = new Projection({ ledger, database, onProblem, flushIntervalMs: 20, ...options });
  projection.start();
  return {
    projection,
    db,
    problems,
    stop: async () => {
      await projection.stop();
      await db.destroy();
    },
  };
}

type ChunkColumns = Pick<
  AuditTables['audit.chunks'],
  'tenant' | 'hashes' | 'unpacked_bytes' | 'body_crc' | 'body'
>;

/** Raw commits one by one: how they are cut into chunks depends on when they were stored. */
function commitsIn({
  tenant,
  hashes,
  unpacked_bytes: unpackedBytes,
  body_crc: bodyCrc,
  body,
}: ChunkColumns): unknown[] {
  return unpackChunk({ hashes, unpackedBytes, bodyCrc, body }).map(({ seq, at, subject, data, hash }) => [
    tenant,
    seq,
    at,
    subject,
    Buffer.from(data).toString('base64'),
    hash.toString('hex'),
  ]);
}

/** Everything the projection holds, as one digest. */
export async function contentOf(db: Kysely<AuditTables>): Promise<string> {
  const hash = createHash('sha256');
  const invocations = await sql`select * from audit.invocations order by tenant, invocation`.execute(db);
  const chunks =
    await sql<ChunkColumns>`select tenant, hashes, unpacked_bytes, body_crc, body from audit.chunks order by tenant, first_seq`.execute(
      db,
    );
  const raw = chunks.rows.flatMap(commitsIn);
  const ids = await sql`select * from audit.ids order by tenant, invocation`.execute(db);
  const notes = await sql`select * from audit.notes order by tenant, seq, nth`.execute(db);
  const usage = await sql`select * from audit.usage order by tenant, day, account, tool, agent, unit`.execute(
    db,
  );
  const breakers = await sql`select * from audit.breaker_events order by tenant, seq, nth`.execute(db);
  hash.update(JSON.stringify([invocations.rows, raw, ids.rows, notes.rows, usage.rows, breakers.rows]));
  return hash.digest('hex');
}
