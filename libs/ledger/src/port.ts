/**
 * The ledger as everything above it sees it: append one commit, read, fold. Two adapters keep the same contract
 * (`contract.ts`): JetStream in production, memory in simulation.
 */
import type { StoredCommit } from '@writ/contracts';

/** A commit to append. Its `id` is how a later read-back recognises it. */
export interface Append {
  readonly subject: string;
  /** A CloudEvents batch of at most `MAX_COMMIT_BYTES`. */
  readonly data: Uint8Array;
  /** Unique per commit; derive it from what is being committed, so that a retry carries the same one. */
  readonly id: string;
  /** Last ledger sequence on exactly this subject (0: none); absent: append whatever stands there. */
  readonly expected?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * `unknown` is no failure: the commit may be stored, or be stored later. Read the subject's tail before deciding
 * (`appendResolved` does).
 */
export type AppendResult =
  | { readonly status: 'committed'; readonly seq: number }
  | { readonly status: 'conflict' }
  | { readonly status: 'unknown'; readonly cause: unknown };

/** A stored commit with its headers. */
export interface LedgerCommit extends StoredCommit {
  /** The id it was appended under; undefined for a message published without one. */
  readonly id: string | undefined;
  readonly header: (name: string) => string | undefined;
}

export interface ReadOptions {
  /** Only this subject (wildcards allowed). */
  readonly subject?: string;
  /** First sequence wanted; 1 by default. */
  readonly from?: number;
}

/** A running fold; `stop` resolves when its sink will not be called again. */
export interface Fold {
  stop(): Promise<void>;
}

export interface Ledger {
  /** @throws WritError `stream-full`, `too-large` when the ledger can never take it as it stands. */
  append(request: Append): Promise<AppendResult>;
  /** The last commit on exactly this subject, from the leader of the stream. */
  tail(subject: string): Promise<LedgerCommit | undefined>;
  /** Sequence of the last commit of the whole ledger; 0 when empty. */
  lastSequence(): Promise<number>;
  /** Everything stored up to now, in order. */
  read(options?: ReadOptions): AsyncIterable<LedgerCommit>;
  /**
   * The whole ledger from sequence `from` on, in order, without a gap, for ever. The sink gets what arrived together;
   * commits keep arriving while it runs, so a sink that cannot keep up must queue.
   */
  fold(from: number, sink: (commits: readonly LedgerCommit[]) => void): Promise<Fold>;
  /**
   * What stands in the ledger from sequence `from` on, in order, until it has `maxBytes` together, and at least one commit
   * when there is any; nothing when there is none. For a reader that asks for more when it has room: going on where the last
   * burst ended is cheap.
   */
  burst(from: number, maxBytes: number): Promise<readonly LedgerCommit[]>;
  close(): Promise<void>;
}
