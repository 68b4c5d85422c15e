/**
 * Walks the raw commits of a tenant for what led to a call, or what it led to. No table is kept for it, so that a call which
 * names no causes costs nothing; a chunk is looked through for the words that a link has before anything is decoded.
 */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { decodeCommit } from '@writ/contracts';
import type { StoredCommit, TenantId } from '@writ/contracts';
import type { Ledger } from '@writ/ledger';
import { LINKING_FACTS, LineageWalk } from '@writ/provenance';
import type { LineagePage, LineageRequest } from '@writ/provenance';
import { caughtUp } from './caught-up.ts';
import { unpackChunk } from './chunk.ts';
import { LINEAGE_CHUNKS } from './limits.ts';
import type { Projection } from './projection.ts';
import type { AuditTables } from './tables.ts';

type ChunkRow = Pick<
  AuditTables['audit.chunks'],
  'first_seq' | 'last_seq' | 'hashes' | 'unpacked_bytes' | 'body_crc' | 'body'
>;

export class LineageSearch {
  readonly #db: Kysely<AuditTables>;
  readonly #ledger: Ledger;
  readonly #projection: Pick<Projection, 'storedUpTo'>;

  readonly #chunksAtOnce: number;

  constructor(
    db: Kysely<AuditTables>,
    ledger: Ledger,
    projection: Pick<Projection, 'storedUpTo'>,
    chunksAtOnce = LINEAGE_CHUNKS,
  ) {
    this.#chunksAtOnce = chunksAtOnce;
    this.#db = db;
    this.#ledger = ledger;
    this.#projection = projection;
  }

  /** A part of the walk; it goes on from `next`, with what was found added to what is asked. @throws WritError `projection-behind` */
  async page(tenant: TenantId, request: LineageRequest): Promise<LineagePage> {
    if (!request.asItStands) await caughtUp(this.#ledger, this.#projection);
    const forward = request.towards === 'effects';
    const walk = new LineageWalk(request);
    const rows = await this.#chunks(tenant, request.from, forward);
    for (const row of rows) {
      const commits = linkingCommits(row);
      for (const commit of forward ? commits : commits.toReversed()) {
        if (forward ? commit.seq < request.from : commit.seq > request.from) continue;
        for (const fact of decodeCommit(commit)) walk.fold(fact);
      }
      if (walk.done) return { links: walk.links };
    }
    const last = rows.at(-1);
    if (!last || rows.length < this.#chunksAtOnce) return { links: walk.links };
    return { links: walk.links, next: forward ? Number(last.last_seq) + 1 : Number(last.first_seq) - 1 };
  }

  async #chunks(tenant: TenantId, from: number, forward: boolean): Promise<readonly ChunkRow[]> {
    const place = forward
      ? sql`last_seq >= ${from} order by last_seq`
      : sql`first_seq <= ${from} order by last_seq desc`;
    const { rows } = await sql<ChunkRow>`
      select first_seq, last_seq, hashes, unpacked_bytes, body_crc, body from audit.chunks
      where tenant = ${tenant} and ${place} limit ${this.#chunksAtOnce}`.execute(this.#db);
    return rows;
  }
}

function linkingCommits({
  hashes,
  unpacked_bytes: unpackedBytes,
  body_crc: bodyCrc,
  body,
}: ChunkRow): StoredCommit[] {
  return unpackChunk({ hashes, unpackedBytes, bodyCrc, body }).filter(({ data }) => {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    return LINKING_FACTS.some((word) => bytes.includes(word));
  });
}
