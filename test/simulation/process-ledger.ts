/**
 * The ledger as one simulated process sees it. Killing the process cuts it off in the middle of whatever it does: its
 * appends that are under way may have landed, but it never learns of it and never does anything again.
 */
import type { Append, AppendResult, Fold, Ledger, LedgerCommit, ReadOptions } from '@writ/ledger';

const NEVER = new Promise<never>(() => {});

export class ProcessLedger implements Ledger {
  readonly #ledger: Ledger;
  readonly #folds: Fold[] = [];
  #dead = false;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  kill(): void {
    this.#dead = true;
    for (const fold of this.#folds) void fold.stop();
  }

  append(request: Append): Promise<AppendResult> {
    return this.#alive(() => this.#ledger.append(request));
  }

  tail(subject: string): Promise<LedgerCommit | undefined> {
    return this.#alive(() => this.#ledger.tail(subject));
  }

  lastSequence(): Promise<number> {
    return this.#alive(() => this.#ledger.lastSequence());
  }

  read(options?: ReadOptions): AsyncIterable<LedgerCommit> {
    return this.#ledger.read(options);
  }

  async fold(from: number, sink: (commits: readonly LedgerCommit[]) => void): Promise<Fold> {
    const fold = await this.#alive(() =>
      this.#ledger.fold(from, (commits) => {
        if (!this.#dead) sink(commits);
      }),
    );
    this.#folds.push(fold);
    return fold;
  }

  burst(from: number, maxBytes: number): Promise<readonly LedgerCommit[]> {
    return this.#alive(() => this.#ledger.burst(from, maxBytes));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** A dead process neither asks nor hears an answer. */
  async #alive<T>(ask: () => Promise<T>): Promise<T> {
    if (this.#dead) return NEVER;
    const answer = await ask();
    return this.#dead ? NEVER : answer;
  }
}
