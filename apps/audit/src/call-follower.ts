/** Who hears of calls as they are folded and stored, while their commits are at hand. */
import type { StoredCommit } from '@writ/contracts';
import type { Trace } from '@writ/provenance';
import type { InvocationKey } from './traces.ts';

export interface CallFollower {
  /** The agent of this call records its own part of the trace. */
  sampled(call: InvocationKey): void;
  /** It has ended, and is stored; each end is told once. */
  ended(trace: Trace, commit: (seq: number) => StoredCommit | undefined): void;
}
