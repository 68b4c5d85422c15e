/** Commits of one tenant, from its first on, as the projection chains them. */
import { CHAIN_GENESIS, chainHash } from '@writ/contracts';
import type { StoredCommit } from '@writ/contracts';
import type { ChainedCommit } from '../src/chunk.ts';

export function chained(commits: readonly StoredCommit[]): ChainedCommit[] {
  let head: Uint8Array = CHAIN_GENESIS;
  return commits.map(({ seq, at, subject, data }) => {
    const hash = chainHash(head, seq, subject, data);
    head = hash;
    return { seq, at, subject, data, hash };
  });
}
