/**
 * The reading half of the projection: commits out of the ledger, folded slice by slice into records. It is the only
 * place where records change, and a slice is folded in one go, so whoever takes a batch sees whole commits.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { SubjectKind, decodeCommit, parseSubject } from '@writ/contracts';
import type { RecordedFact } from '@writ/contracts';
import type { Ledger, LedgerCommit } from '@writ/ledger';
import type { InvocationRecord } from '@writ/provenance';
import { Backoff } from './backoff.ts';
import type { Bell } from './bell.ts';
import { Intake } from './intake.ts';
import { loadRecords } from './invocation-store.ts';
import { RETRY_FIRST_MS, RETRY_LONGEST_MS, SLICE_BYTES } from './limits.ts';
import { pause } from './pause.ts';
import { Records } from './records.ts';
import type { Batch, InvocationKey } from './records.ts';
import type { AuditTables } from './tables.ts';

export interface LedgerFoldOptions {
  readonly ledger: Ledger;
  readonly db: Kysely<AuditTables>;
  readonly onProblem: (error: unknown) => void;
  /** Most ledger bytes in memory that are not stored. */
  readonly maxUnstoredBytes?: number;
  readonly maxLiveRecords?: number;
}

/** Everything folded since the batch before; `to` is the last ledger sequence in it. */
export interface FoldedBatch extends Batch {
  readonly to: number;
  readonly bytes: number;
}

/** Nothing else says anything about an invocation or a breaker: the catalog is not even parsed. */
const READS: ReadonlySet<SubjectKind> = new Set(
  Object.values(SubjectKind).filter((kind) => kind !== SubjectKind.catalog),
);

export class LedgerFold {
  readonly #db: Kysely<AuditTables>;
  readonly #onProblem: (error: unknown) => void;
  readonly #intake: Intake;
  readonly #records: Records;
  readonly #folded: Bell;
  readonly #stop = new AbortController();
  #last = 0;
  #bytes = 0;
  /** The commits that are folded and not stored, for a record that turns out to have begun long ago. */
  #window: LedgerCommit[] = [];
  /** Counts restarts; a slice of an older start is dropped. */
  #epoch = 0;

  /** `folded` rings after every slice. */
  constructor(options: LedgerFoldOptions, folded: Bell) {
    const { ledger, db, onProblem, maxUnstoredBytes, maxLiveRecords } = options;
    this.#db = db;
    this.#onProblem = onProblem;
    this.#folded = folded;
    this.#records = new Records(maxLiveRecords);
    this.#intake = new Intake({ ledger, onProblem, maxBytes: maxUnstoredBytes });
  }

  /** Last ledger sequence that is folded. */
  get last(): number {
    return this.#last;
  }

  /** Ledger bytes that are folded and not taken. */
  get bytes(): number {
    return this.#bytes;
  }

  get unstoredBytes(): number {
    return this.#intake.heldBytes;
  }

  get records(): Pick<Records, 'find' | 'size'> {
    return this.#records;
  }

  /** Runs until `stop`. */
  async run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const commits = this.#intake.take(SLICE_BYTES);
      if (commits.length === 0) {
        await this.#intake.arrived.heard();
        continue;
      }
      const epoch = this.#epoch;
      if (!(await this.#fold(factsOf(commits), epoch))) continue;
      this.#last = (commits.at(-1) as LedgerCommit).seq;
      for (const commit of commits) {
        this.#bytes += commit.data.length;
        this.#window.push(commit);
      }
      this.#folded.ring();
      await breathe();
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#intake.stop();
    this.#intake.arrived.ring();
  }

  /** Forgets everything in memory and folds on from what stands after `seq`. */
  async restartAfter(seq: number): Promise<void> {
    this.#epoch += 1;
    this.#records.clear();
    this.#last = seq;
    this.#bytes = 0;
    this.#window = [];
    await this.#intake.startFrom(seq + 1);
  }

  takeBatch(): FoldedBatch {
    const batch = { ...this.#records.takeBatch(), to: this.#last, bytes: this.#bytes };
    this.#bytes = 0;
    return batch;
  }

  giveBack(batch: FoldedBatch): void {
    this.#records.giveBack(batch);
    this.#bytes += batch.bytes;
  }

  /** Nothing of the batch was stored: these records have rows although their requests looked new. */
  rebase(batch: FoldedBatch, stored: readonly InvocationRecord[]): void {
    this.#records.rebase(stored, factsOf(this.#window));
    this.giveBack(batch);
  }

  stored(batch: FoldedBatch): void {
    this.#records.stored(batch);
    this.#window = this.#window.filter(({ seq }) => seq > batch.to);
    this.#intake.release(batch.bytes);
  }

  /** False when the fold was stopped or restarted meanwhile; then nothing of these facts is in the records. */
  async #fold(facts: readonly RecordedFact[], epoch: number): Promise<boolean> {
    const absent = new Set<string>();
    for (;;) {
      const missing = this.#records.fold(facts, absent);
      if (missing.length === 0) return true;
      const wanted = new Map(missing.map((key) => [`${key.tenant}/${key.invocation}`, key]));
      const stored = await this.#load([...wanted.values()]);
      if (!stored || epoch !== this.#epoch) return false;
      this.#records.adopt(stored);
      for (const { tenant, invocation } of stored) wanted.delete(`${tenant}/${invocation}`);
      for (const key of wanted.keys()) absent.add(key);
    }
  }

  /** Reads back until Postgres answers; undefined when told to stop. */
  async #load(keys: readonly InvocationKey[]): Promise<readonly InvocationRecord[] | undefined> {
    const backoff = new Backoff(RETRY_FIRST_MS, RETRY_LONGEST_MS);
    while (!this.#stop.signal.aborted) {
      try {
        return await loadRecords(this.#db, keys);
      } catch (error) {
        this.#onProblem(error);
        await pause(backoff.next(), this.#stop.signal);
      }
    }
    return undefined;
  }
}

function factsOf(commits: readonly LedgerCommit[]): readonly RecordedFact[] {
  const facts: RecordedFact[] = [];
  for (const commit of commits) {
    const kind = parseSubject(commit.subject)?.kind;
    if (kind === undefined || !READS.has(kind)) continue;
    for (const fact of decodeCommit(commit)) facts.push(fact);
  }
  return facts;
}
