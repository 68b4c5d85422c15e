/** Who hears of calls as they are folded, while their commits are at hand. */
import type { StoredCommit } from '@writ/contracts';
import type { Trace } from '@writ/provenance';
import type { Sightings } from './sightings.ts';

export interface CallFollower {
  /** What commits say, in order; the same again when they are folded again. */
  folded(sightings: readonly Sightings[]): void;
  /**
   * It has ended; each end is told once. What it returns is called when the end is stored; `commit` finds those that are
   * not stored yet.
   */
  ended(trace: Trace, commit: (seq: number) => StoredCommit | undefined): (() => void) | undefined;
}
