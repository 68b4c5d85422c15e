/**
 * Comparing what is recorded with what the ledger holds: the links of a tenant's hash chain as they are stored, and the
 * commits of the stream. The first place where they part is what a verification names.
 */
import { CHAIN_GENESIS, chainHash } from '@writ/contracts';
import type { StoredCommit } from '@writ/contracts';
import { z } from 'zod';

/** Most links of one page. */
export const MAX_LINKS = 2_000;

/** `writ.<tenant>.api.audit.chain`: the stored links after a ledger sequence. */
export const chainRequest = z.strictObject({ after: z.number().int().nonnegative().default(0) });

export const chainLink = z.object({
  seq: z.number().int(),
  /** Ledger time, which the hash does not cover. */
  at: z.number(),
  /** SHA-256 as it is stored, hexadecimal. */
  hash: z.string(),
  /** What is wrong with the stored bytes themselves, whatever the stream says. */
  fault: z.string().optional(),
});
export type ChainLink = z.infer<typeof chainLink>;

export const chainPage = z.object({
  links: z.array(chainLink),
  /** The ledger is stored up to here. */
  asOf: z.number().int(),
  /** Whether there may be more. */
  more: z.boolean(),
});
export type ChainPage = z.infer<typeof chainPage>;

/** The first place where stream and record differ. */
export interface ChainFault {
  readonly seq: number;
  readonly what: string;
}

/** Walks the stored links and the tenant's commits side by side; both come in order. */
export class ChainCheck {
  /** Commits that were found as they should be. */
  checked = 0;
  fault: ChainFault | undefined;
  #head: Uint8Array = CHAIN_GENESIS;
  #last = 0;

  /** The next commit of the stream and the stored link that should belong to it; one may be missing. */
  step(commit: StoredCommit | undefined, link: ChainLink | undefined): void {
    this.fault = this.#compare(commit, link);
    if (!this.fault) this.checked += 1;
  }

  #compare(commit: StoredCommit | undefined, link: ChainLink | undefined): ChainFault | undefined {
    const seq = Math.min(commit?.seq ?? Number.POSITIVE_INFINITY, link?.seq ?? Number.POSITIVE_INFINITY);
    if (link && link.seq <= this.#last)
      return { seq: link.seq, what: `is recorded after commit ${this.#last}: out of order` };
    if (link?.fault !== undefined && link.seq === seq) return { seq, what: link.fault };
    if (!commit || (link && link.seq < commit.seq))
      return { seq, what: 'is recorded, but not in the stream' };
    if (!link || link.seq > commit.seq) return { seq, what: 'is in the stream, but not recorded' };
    this.#last = seq;
    const hash = chainHash(this.#head, commit.seq, commit.subject, commit.data);
    this.#head = hash;
    if (hexOf(hash) === link.hash && link.at === commit.at) return undefined;
    return {
      seq,
      what: 'differs: the stream and what was recorded of it do not have the same hash and time',
    };
  }
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
