/** The raw commits that are not stored yet, by tenant and in order, each with its place in the tenant's hash chain. */
import { CHAIN_HASH_BYTES, chainHash } from '@writ/contracts';
import type { StoredCommit, TenantId } from '@writ/contracts';
import { packChunk, unpackChunk } from './chunk.ts';
import type { Chunk } from './chunk.ts';
import { CHUNK_BYTES } from './limits.ts';
import { monthOf } from './months.ts';

export interface TenantChunk extends Chunk {
  readonly tenant: TenantId;
}

/** Commits of one tenant in order: chunks that are full, and what comes into the next one. */
class Chain {
  readonly #chunks: Chunk[] = [];
  #commits: StoredCommit[] = [];
  #bytes = 0;
  #month = 0;
  /** Of `#commits`, one behind the other. */
  #hashes = Buffer.allocUnsafe(FIRST_HASHES * CHAIN_HASH_BYTES);

  /** A chunk has `CHUNK_BYTES`, or one commit that alone has more, and commits of one month. */
  add(commit: StoredCommit, hash: Buffer): void {
    const month = monthOf(commit.at);
    const { length } = commit.data;
    if (this.#commits.length > 0 && (this.#bytes + length > CHUNK_BYTES || month !== this.#month))
      this.#pack();
    const at = this.#commits.length * CHAIN_HASH_BYTES;
    if (at === this.#hashes.length) this.#hashes = Buffer.concat([this.#hashes], 2 * at);
    this.#hashes.set(hash, at);
    this.#commits.push(commit);
    this.#bytes += length;
    this.#month = month;
  }

  /** All of it; nothing is added any more. */
  take(): readonly Chunk[] {
    if (this.#commits.length > 0) this.#pack();
    return this.#chunks;
  }

  find(seq: number): StoredCommit | undefined {
    const chunk = this.#chunks.find(({ firstSeq, lastSeq }) => firstSeq <= seq && seq <= lastSeq);
    return (chunk ? unpackChunk(chunk) : this.#commits).find((commit) => commit.seq === seq);
  }

  /** At once, because a commit that waits is four objects more to keep. */
  #pack(): void {
    const hashes = Buffer.from(this.#hashes.subarray(0, this.#commits.length * CHAIN_HASH_BYTES));
    this.#chunks.push(packChunk(this.#commits, hashes));
    this.#commits = [];
    this.#bytes = 0;
  }
}

const FIRST_HASHES = 64;

export class RawCommits {
  /** Each tenant's last hash, written anew for each commit. */
  readonly #heads = new Map<TenantId, Buffer>();
  #pending = new Map<TenantId, Chain>();
  #underway: ReadonlyMap<TenantId, Chain> = new Map();

  clear(): void {
    this.#heads.clear();
    this.#pending = new Map();
    this.#underway = new Map();
  }

  /** Whether it is known where the tenant's chain goes on. */
  knows(tenant: TenantId): boolean {
    return this.#heads.has(tenant);
  }

  /** The hash of the last stored commit of the tenant. */
  goOn(tenant: TenantId, head: Uint8Array): void {
    this.#heads.set(tenant, Buffer.from(head));
  }

  add(tenant: TenantId, commit: StoredCommit): void {
    const head = this.#heads.get(tenant) as Buffer;
    chainHash(head, commit.seq, commit.subject, commit.data, head);
    let pending = this.#pending.get(tenant);
    if (!pending) this.#pending.set(tenant, (pending = new Chain()));
    pending.add(commit, head);
  }

  /** The commit with this sequence, as long as it is not stored. */
  find(tenant: TenantId, seq: number): StoredCommit | undefined {
    return this.#underway.get(tenant)?.find(seq) ?? this.#pending.get(tenant)?.find(seq);
  }

  takeChunks(): readonly TenantChunk[] {
    this.#underway = this.#pending;
    this.#pending = new Map();
    const chunks: TenantChunk[] = [];
    for (const [tenant, chain] of this.#underway)
      for (const chunk of chain.take()) chunks.push({ tenant, ...chunk });
    return chunks;
  }

  stored(): void {
    this.#underway = new Map();
  }
}
