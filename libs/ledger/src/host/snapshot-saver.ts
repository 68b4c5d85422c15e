/** Stores snapshots of a path beside deciding: the text of the state is taken at once, what follows is not waited for. */
import { messageOf } from '@writ/contracts';
import type { Snapshot, SnapshotStore } from './snapshots.ts';

/** A restart folds at most so many commits, and those that were written while the last snapshot was stored. */
const SNAPSHOT_EVERY = 200_000;

/** A path; it has no snapshot in the middle of a reaction. */
interface Saved {
  snapshot(): Snapshot | undefined;
}

export class SnapshotSaver {
  readonly #store: SnapshotStore | undefined;
  readonly #every: number;
  readonly #log: (sentence: string) => void;
  #since = 0;
  #saving: Promise<void> | undefined;

  constructor(store: SnapshotStore | undefined, every = SNAPSHOT_EVERY, log: (sentence: string) => void) {
    this.#store = store;
    this.#every = every;
    this.#log = log;
  }

  /** Counts commits that were read. */
  read(commits: number): void {
    this.#since += commits;
  }

  /** Takes a snapshot when it is time for one. One at a time: none while another is being stored. */
  saveInTurn(path: Saved): void {
    if (this.#since >= this.#every && !this.#saving) this.#save(path);
  }

  /** Resolves when a snapshot of this very state is stored. */
  async saveLast(path: Saved): Promise<void> {
    await this.#saving;
    this.#save(path);
    await this.#saving;
  }

  #save(path: Saved): void {
    const snapshot = this.#store && path.snapshot();
    if (!snapshot) return;
    this.#since = 0;
    this.#saving = this.#store
      ?.save(snapshot)
      .catch((error: unknown) => this.#log(`snapshot not saved: ${messageOf(error)}`))
      .finally(() => (this.#saving = undefined));
  }
}
