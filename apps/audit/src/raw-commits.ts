/** The raw commits that are not stored yet, by tenant and in order, each with its place in the tenant's hash chain. */
import { chainHash } from '@writ/contracts';
import type { StoredCommit, TenantId } from '@writ/contracts';
import { packChunk } from './chunk.ts';
import type { ChainedCommit, Chunk } from './chunk.ts';
import { CHUNK_BYTES } from './limits.ts';
import { monthOf } from './months.ts';

export interface TenantChunk extends Chunk {
  readonly tenant: TenantId;
}

export class RawCommits {
  readonly #heads = new Map<TenantId, Uint8Array>();
  #pending = new Map<TenantId, ChainedCommit[]>();
  #underway: ReadonlyMap<TenantId, readonly ChainedCommit[]> = new Map();

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
    this.#heads.set(tenant, head);
  }

  add(tenant: TenantId, { seq, at, subject, data }: StoredCommit): void {
    const hash = chainHash(this.#heads.get(tenant) as Uint8Array, seq, subject, data);
    this.#heads.set(tenant, hash);
    const commit = { seq, at, subject, data, hash };
    const pending = this.#pending.get(tenant);
    if (pending) pending.push(commit);
    else this.#pending.set(tenant, [commit]);
  }

  /** The commit with this sequence, as long as it is not stored. */
  find(tenant: TenantId, seq: number): StoredCommit | undefined {
    return search(this.#underway.get(tenant), seq) ?? search(this.#pending.get(tenant), seq);
  }

  takeChunks(): readonly TenantChunk[] {
    this.#underway = this.#pending;
    this.#pending = new Map();
    const chunks: TenantChunk[] = [];
    for (const [tenant, commits] of this.#underway) {
      for (const part of pieces(commits)) chunks.push({ tenant, ...packChunk(part) });
    }
    return chunks;
  }

  stored(): void {
    this.#underway = new Map();
  }
}

/** Runs of commits of one month with `CHUNK_BYTES` each, or one commit that alone has more. */
function* pieces(commits: readonly ChainedCommit[]): Generator<readonly ChainedCommit[]> {
  let start = 0;
  let bytes = 0;
  let month = monthOf((commits[0] as ChainedCommit).at);
  for (const [index, { at, data }] of commits.entries()) {
    if (index > start && (bytes + data.length > CHUNK_BYTES || monthOf(at) !== month)) {
      yield commits.slice(start, index);
      start = index;
      bytes = 0;
      month = monthOf(at);
    }
    bytes += data.length;
  }
  yield commits.slice(start);
}

function search(commits: readonly ChainedCommit[] = [], seq: number): ChainedCommit | undefined {
  let [low, high] = [0, commits.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const commit = commits[middle] as ChainedCommit;
    if (commit.seq === seq) return commit;
    if (commit.seq < seq) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}
