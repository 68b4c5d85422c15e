/**
 * The ledger in memory, for unit tests and simulation: the same contract as JetStream, with faults on demand. It has
 * no clock and no randomness of its own, so a seed decides everything that happens on it.
 */
import { MAX_COMMIT_BYTES, WritError } from '@writ/contracts';
import type { Append, AppendResult, Fold, Ledger, LedgerCommit, ReadOptions } from '../port.ts';
import { subjectMatches } from './subject-matches.ts';

/** What happens to one append: nothing special, it is lost, or it is stored and its answer is lost. */
export type AppendFault = 'none' | 'lost' | 'answer-lost';

export interface MemoryLedgerOptions {
  /** Ledger time, epoch milliseconds. */
  readonly now: () => number;
  readonly fault?: (request: Append) => AppendFault;
  /** When a delivery to a fold runs; a simulation delays and reorders folds against each other here. */
  readonly deliver?: (run: () => void) => void;
  /** Most commits that fit; more is `stream-full`. */
  readonly maxCommits?: number;
}

export interface MemoryLedger extends Ledger {
  /** Everything stored, in order. */
  readonly commits: readonly LedgerCommit[];
}

export function memoryLedger(options: MemoryLedgerOptions): MemoryLedger {
  return new InMemoryLedger(options);
}

class InMemoryLedger implements MemoryLedger {
  readonly commits: LedgerCommit[] = [];
  readonly #tails = new Map<string, LedgerCommit>();
  readonly #folds = new Set<MemoryFold>();
  readonly #options: MemoryLedgerOptions;

  constructor(options: MemoryLedgerOptions) {
    this.#options = options;
  }

  append(request: Append): Promise<AppendResult> {
    try {
      return Promise.resolve(this.#append(request));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  tail(subject: string): Promise<LedgerCommit | undefined> {
    return Promise.resolve(this.#tails.get(subject));
  }

  lastSequence(): Promise<number> {
    return Promise.resolve(this.commits.length);
  }

  async *read(options: ReadOptions = {}): AsyncIterable<LedgerCommit> {
    const end = this.commits.length;
    for (let index = (options.from ?? 1) - 1; index < end; index++) {
      const commit = this.commits[index] as LedgerCommit;
      if (options.subject === undefined || subjectMatches(options.subject, commit.subject)) yield commit;
    }
  }

  fold(from: number, sink: (commits: readonly LedgerCommit[]) => void): Promise<Fold> {
    const fold = new MemoryFold(this.commits, from, sink, this.#options.deliver ?? queueMicrotask, (gone) =>
      this.#folds.delete(gone),
    );
    this.#folds.add(fold);
    fold.wake();
    return Promise.resolve(fold);
  }

  burst(from: number, maxBytes: number): Promise<readonly LedgerCommit[]> {
    const first = Math.max(from, 1) - 1;
    let end = first;
    for (let bytes = 0; end < this.commits.length && bytes < maxBytes; end++) {
      bytes += this.commits[end]?.data.length ?? 0;
      if (bytes > maxBytes && end > first) break;
    }
    return Promise.resolve(this.commits.slice(first, end));
  }

  close(): Promise<void> {
    for (const fold of this.#folds) void fold.stop();
    return Promise.resolve();
  }

  #append(request: Append): AppendResult {
    if (request.data.length > MAX_COMMIT_BYTES) {
      throw new WritError(
        'too-large',
        `a commit of ${request.data.length} bytes; at most ${MAX_COMMIT_BYTES} fit`,
      );
    }
    if (this.commits.length >= (this.#options.maxCommits ?? Number.POSITIVE_INFINITY)) {
      throw new WritError('stream-full', 'the ledger is full; make room or raise its limit', {
        retryable: true,
      });
    }
    const fault = this.#options.fault?.(request) ?? 'none';
    if (fault === 'lost') return { status: 'unknown', cause: 'lost' };
    const result = this.#store(request);
    return fault === 'answer-lost' ? { status: 'unknown', cause: 'answer lost' } : result;
  }

  #store(request: Append): AppendResult {
    const last = this.#tails.get(request.subject)?.seq ?? 0;
    if (request.expected !== undefined && request.expected !== last) return { status: 'conflict' };
    const headers = request.headers ?? {};
    const commit: LedgerCommit = {
      seq: this.commits.length + 1,
      subject: request.subject,
      at: this.#options.now(),
      data: request.data,
      id: request.id,
      header: (name) => headers[name],
    };
    this.commits.push(commit);
    this.#tails.set(request.subject, commit);
    for (const fold of this.#folds) fold.wake();
    return { status: 'committed', seq: commit.seq };
  }
}

/** Hands each commit once, in order; whatever has gathered by the time a delivery runs goes out together. */
class MemoryFold implements Fold {
  readonly #commits: readonly LedgerCommit[];
  readonly #sink: (commits: readonly LedgerCommit[]) => void;
  readonly #deliver: (run: () => void) => void;
  readonly #onStop: (fold: MemoryFold) => void;
  #next: number;
  #scheduled = false;
  #stopped = false;

  constructor(
    commits: readonly LedgerCommit[],
    from: number,
    sink: (commits: readonly LedgerCommit[]) => void,
    deliver: (run: () => void) => void,
    onStop: (fold: MemoryFold) => void,
  ) {
    this.#commits = commits;
    this.#next = Math.max(from, 1);
    this.#sink = sink;
    this.#deliver = deliver;
    this.#onStop = onStop;
  }

  wake(): void {
    if (this.#scheduled || this.#stopped || this.#next > this.#commits.length) return;
    this.#scheduled = true;
    this.#deliver(() => this.#run());
  }

  stop(): Promise<void> {
    this.#stopped = true;
    this.#onStop(this);
    return Promise.resolve();
  }

  #run(): void {
    this.#scheduled = false;
    if (this.#stopped) return;
    const batch = this.#commits.slice(this.#next - 1);
    this.#next += batch.length;
    if (batch.length > 0) this.#sink(batch);
  }
}
