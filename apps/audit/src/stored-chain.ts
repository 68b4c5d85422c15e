/**
 * The hash chain as it is stored: every commit's hash, and whether the stored bytes have it. What cannot be read at all is
 * told at the first commit that it should hold.
 */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { CHAIN_GENESIS, CHAIN_HASH_BYTES, chainHash, messageOf } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import type { Ledger } from '@writ/ledger';
import { MAX_LINKS } from '@writ/provenance';
import type { ChainLink, ChainPage } from '@writ/provenance';
import { loadHeads, readCursor } from './audit-store.ts';
import { caughtUp } from './caught-up.ts';
import { unpackChunk } from './chunk.ts';
import type { ChainedCommit } from './chunk.ts';
import type { Projection } from './projection.ts';
import type { AuditTables } from './tables.ts';

/** Chunks that are read for one page. */
const CHUNKS_PER_PAGE = 16;

export type ChunkRow = Pick<
  AuditTables['audit.chunks'],
  'first_seq' | 'last_seq' | 'commits' | 'unpacked_bytes' | 'body_crc' | 'hashes' | 'body'
>;

export class StoredChain {
  readonly #db: Kysely<AuditTables>;
  readonly #ledger: Ledger;
  readonly #projection: Pick<Projection, 'storedUpTo'>;

  constructor(db: Kysely<AuditTables>, ledger: Ledger, projection: Pick<Projection, 'storedUpTo'>) {
    this.#db = db;
    this.#ledger = ledger;
    this.#projection = projection;
  }

  /** The links after a sequence, whole chunks at a time. @throws WritError `projection-behind` */
  async page(tenant: TenantId, after: number): Promise<ChainPage> {
    if (after === 0) await caughtUp(this.#ledger, this.#projection);
    const { last: asOf } = await readCursor(this.#db);
    const { rows } = await sql<ChunkRow>`
      select first_seq, last_seq, commits, unpacked_bytes, body_crc, hashes, body from audit.chunks
      where tenant = ${tenant} and last_seq > ${after} order by last_seq limit ${CHUNKS_PER_PAGE}`.execute(
      this.#db,
    );
    let head = after === 0 ? CHAIN_GENESIS : (await loadHeads(this.#db, [tenant], after)).get(tenant);
    const links: ChainLink[] = [];
    let read = 0;
    for (const row of rows) {
      if (links.length > 0 && links.length + row.commits > MAX_LINKS) break;
      const chunk = linksOf(row, head ?? CHAIN_GENESIS);
      links.push(...chunk.links);
      head = chunk.head;
      read += 1;
    }
    return { links, asOf, more: read < rows.length || rows.length === CHUNKS_PER_PAGE };
  }
}

/** The links of one chunk, and the hash that the next one goes on from. */
export function linksOf(row: ChunkRow, before: Uint8Array): { links: ChainLink[]; head: Uint8Array } {
  const commits = readable(row);
  if (typeof commits === 'string')
    return { links: [{ seq: Number(row.first_seq), at: 0, hash: '', fault: commits }], head: before };
  let head = before;
  const links: ChainLink[] = commits.map(({ seq, at, subject, data, hash }) => {
    const sound = chainHash(head, seq, subject, data).equals(hash);
    head = hash;
    const link = { seq, at, hash: hash.toString('hex') };
    return sound
      ? link
      : { ...link, fault: 'was changed after it was recorded: its stored hash is another one' };
  });
  const [first] = links;
  if (first && !columnsAgree(row, commits))
    links[0] = { ...first, fault: 'begins a chunk whose columns do not say what it holds' };
  return { links, head };
}

/** The chunk's commits, or why there are none to be had. */
function readable({
  hashes,
  unpacked_bytes: unpackedBytes,
  body_crc: bodyCrc,
  body,
}: ChunkRow): readonly ChainedCommit[] | string {
  try {
    const commits = unpackChunk({ hashes, unpackedBytes, bodyCrc, body });
    return commits.length > 0 ? commits : 'begins a chunk that holds nothing';
  } catch (error) {
    return `begins a chunk that cannot be read: ${messageOf(error)}`;
  }
}

function columnsAgree(row: ChunkRow, commits: readonly ChainedCommit[]): boolean {
  return (
    commits[0]?.seq === Number(row.first_seq) &&
    commits.at(-1)?.seq === Number(row.last_seq) &&
    commits.length === row.commits &&
    row.hashes.length === commits.length * CHAIN_HASH_BYTES
  );
}
