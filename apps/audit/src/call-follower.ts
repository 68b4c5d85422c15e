/** Who hears of calls as they are folded and stored, while their commits are at hand. */
import type { StoredCommit } from '@writ/contracts';
import type { Trace } from '@writ/provenance';
import type { Sightings } from './sightings.ts';

export interface CallFollower {
  /** What commits say, in order; the same again when they are folded again. */
  folded(sightings: readonly Sightings[]): void;
  /** It has ended, and is stored; each end is told once. */
  ended(trace: Trace, commit: (seq: number) => StoredCommit | undefined): void;
}
