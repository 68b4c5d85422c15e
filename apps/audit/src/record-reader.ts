/**
 * Whole records, made when somebody asks: the trace says at which ledger sequences an invocation's facts stand, the raw
 * commits hold them, and the same fold that defines a record folds them. Chunks that were unpacked stay for the next
 * record, because neighbours share them.
 */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { WritError, decodeCommit } from '@writ/contracts';
import type { InvocationId, StoredCommit, TenantId } from '@writ/contracts';
import { foldRecord, invocationsOf } from '@writ/provenance';
import type { InvocationRecord, Trace } from '@writ/provenance';
import { factsOf } from './call-events.ts';
import type { OwnFact } from './call-events.ts';
import { unpackChunk } from './chunk.ts';
import { UNPACKED_CHUNKS } from './limits.ts';
import type { Projection } from './projection.ts';
import type { AuditTables } from './tables.ts';

type Mention = Pick<OwnFact, 'fact' | 'nth'>;

type Mentions = ReadonlyMap<InvocationId, readonly Mention[]>;

export class RecordReader {
  readonly #db: Kysely<AuditTables>;
  readonly #projection: Pick<Projection, 'commit'>;
  /** Least recently used first. */
  #unpacked: UnpackedChunk[] = [];

  constructor(db: Kysely<AuditTables>, projection: Pick<Projection, 'commit'>) {
    this.#db = db;
    this.#projection = projection;
  }

  /** @throws WritError `projection-broken` when a commit that the trace names is not there */
  async record(trace: Trace): Promise<InvocationRecord> {
    const { tenant, invocation } = trace;
    let record: InvocationRecord | undefined;
    for (const seq of trace.facts) {
      for (const { fact, nth } of await this.#mentions(tenant, seq, invocation))
        record = foldRecord(record, fact, nth);
    }
    if (record) return record;
    throw new WritError('projection-broken', `the facts of ${invocation} are not where its row says`);
  }

  /** A raw commit. @throws WritError `projection-broken` when it is not there */
  async commit(tenant: TenantId, seq: number): Promise<StoredCommit> {
    const commit = this.#projection.commit(tenant, seq) ?? (await this.#chunk(tenant, seq))?.commit(seq);
    if (commit) return commit;
    throw missing(tenant, seq);
  }

  async #mentions(tenant: TenantId, seq: number, invocation: InvocationId): Promise<readonly Mention[]> {
    const pending = this.#projection.commit(tenant, seq);
    if (pending) return factsOf(invocation, pending);
    const mentions = (await this.#chunk(tenant, seq))?.mentions(seq, invocation);
    if (mentions) return mentions;
    throw missing(tenant, seq);
  }

  async #chunk(tenant: TenantId, seq: number): Promise<UnpackedChunk | undefined> {
    const known = this.#unpacked.findLastIndex((chunk) => chunk.covers(tenant, seq));
    if (known >= 0) {
      const [chunk] = this.#unpacked.splice(known, 1) as [UnpackedChunk];
      this.#unpacked.push(chunk);
      return chunk;
    }
    const { rows } = await sql<
      Pick<AuditTables['audit.chunks'], 'hashes' | 'unpacked_bytes' | 'body_crc' | 'body'>
    >`
      select hashes, unpacked_bytes, body_crc, body from audit.chunks
      where tenant = ${tenant} and last_seq >= ${seq} order by last_seq limit 1`.execute(this.#db);
    if (!rows[0]) return undefined;
    const { hashes, unpacked_bytes: unpackedBytes, body_crc: bodyCrc, body } = rows[0];
    const chunk = new UnpackedChunk(tenant, unpackChunk({ hashes, unpackedBytes, bodyCrc, body }));
    this.#unpacked.push(chunk);
    if (this.#unpacked.length > UNPACKED_CHUNKS) this.#unpacked.shift();
    return chunk;
  }
}

class UnpackedChunk {
  readonly #tenant: TenantId;
  readonly #commits: readonly StoredCommit[];
  /** Undefined for a commit that was asked for once. */
  readonly #mentions = new Map<number, Mentions | undefined>();

  constructor(tenant: TenantId, commits: readonly StoredCommit[]) {
    this.#tenant = tenant;
    this.#commits = commits;
  }

  covers(tenant: TenantId, seq: number): boolean {
    const first = this.#commits[0]?.seq ?? Number.POSITIVE_INFINITY;
    return tenant === this.#tenant && first <= seq && seq <= (this.#commits.at(-1)?.seq ?? 0);
  }

  commit(seq: number): StoredCommit | undefined {
    return this.#commits.find((one) => one.seq === seq);
  }

  /** Where one invocation is wanted, only its events are read; who asks again wants more of them, and then all are. */
  mentions(seq: number, invocation: InvocationId): readonly Mention[] | undefined {
    const known = this.#mentions.get(seq);
    if (known) return known.get(invocation) ?? [];
    const commit = this.commit(seq);
    if (!commit) return undefined;
    const askedBefore = this.#mentions.has(seq);
    const all = askedBefore ? mentionsIn(commit) : undefined;
    this.#mentions.set(seq, all);
    return all ? (all.get(invocation) ?? []) : factsOf(invocation, commit);
  }
}

function missing(tenant: TenantId, seq: number): WritError {
  return new WritError(
    'projection-broken',
    `commit ${seq} of ${tenant} is in no chunk: rebuild the projection`,
  );
}

function mentionsIn(commit: StoredCommit): Mentions {
  const mentions = new Map<InvocationId, Mention[]>();
  for (const fact of decodeCommit(commit)) {
    for (const [nth, invocation] of invocationsOf(fact).entries()) {
      const known = mentions.get(invocation);
      if (known) known.push({ fact, nth });
      else mentions.set(invocation, [{ fact, nth }]);
    }
  }
  return mentions;
}
