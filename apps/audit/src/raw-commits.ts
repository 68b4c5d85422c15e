/** The raw commits that are not stored yet, by tenant and in order, each with its place in the tenant's hash chain. */
import { CHAIN_HASH_BYTES, chainHash } from '@writ/contracts';
import type { StoredCommit, TenantId } from '@writ/contracts';
import { packChunk } from './chunk.ts';
import type { Chunk } from './chunk.ts';
import { CHUNK_BYTES } from './limits.ts';
import { monthOf } from './months.ts';

export interface TenantChunk extends Chunk {
  readonly tenant: TenantId;
}

/** Commits of one tenant in order, and the hash of each, one behind the other. */
class Chain {
  readonly commits: StoredCommit[] = [];
  hashes = Buffer.allocUnsafe(FIRST_HASHES * CHAIN_HASH_BYTES);

  add(commit: StoredCommit, hash: Buffer): void {
    const at = this.commits.length * CHAIN_HASH_BYTES;
    if (at === this.hashes.length) this.hashes = Buffer.concat([this.hashes], 2 * at);
    this.hashes.set(hash, at);
    this.commits.push(commit);
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
    return (
      search(this.#underway.get(tenant)?.commits, seq) ?? search(this.#pending.get(tenant)?.commits, seq)
    );
  }

  takeChunks(): readonly TenantChunk[] {
    this.#underway = this.#pending;
    this.#pending = new Map();
    const chunks: TenantChunk[] = [];
    for (const [tenant, chain] of this.#underway) {
      let start = 0;
      for (const end of ends(chain.commits)) {
        const hashes = chain.hashes.subarray(start * CHAIN_HASH_BYTES, end * CHAIN_HASH_BYTES);
        chunks.push({ tenant, ...packChunk(chain.commits.slice(start, end), hashes) });
        start = end;
      }
    }
    return chunks;
  }

  stored(): void {
    this.#underway = new Map();
  }
}

/** Where runs of commits of one month end with `CHUNK_BYTES` each, or with one commit that alone has more. */
function ends(commits: readonly StoredCommit[]): readonly number[] {
  const found: number[] = [];
  let [start, bytes] = [0, 0];
  let month = monthOf((commits[0] as StoredCommit).at);
  for (let index = 0; index < commits.length; index++) {
    const { at, data } = commits[index] as StoredCommit;
    if (index > start && (bytes + data.length > CHUNK_BYTES || monthOf(at) !== month)) {
      found.push(index);
      start = index;
      bytes = 0;
      month = monthOf(at);
    }
    bytes += data.length;
  }
  return [...found, commits.length];
}

function search(commits: readonly StoredCommit[] = [], seq: number): StoredCommit | undefined {
  let [low, high] = [0, commits.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const commit = commits[middle] as StoredCommit;
    if (commit.seq === seq) return commit;
    if (commit.seq < seq) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}
