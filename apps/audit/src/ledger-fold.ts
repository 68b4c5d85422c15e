/**
 * The reading half of the projection: commits out of the ledger, folded slice by slice into traces and chained raw. It is
 * the only place where these change, and a slice is folded in one go, so whoever takes a batch sees whole commits.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { Backoff, parseSubject } from '@writ/contracts';
import type { StoredCommit, TenantId } from '@writ/contracts';
import type { Ledger, LedgerCommit } from '@writ/ledger';
import type { Trace } from '@writ/provenance';
import { loadHeads, loadTraces } from './audit-store.ts';
import type { Cursor } from './audit-store.ts';
import type { Bell } from './bell.ts';
import type { CallFollower } from './call-follower.ts';
import { Intake } from './intake.ts';
import { RETRY_FIRST_MS, RETRY_LONGEST_MS, SLICE_BYTES } from './limits.ts';
import { pause } from './pause.ts';
import { RawCommits } from './raw-commits.ts';
import { sightingsOf } from './sightings.ts';
import type { Sightings } from './sightings.ts';
import { Packer } from './store-batch.ts';
import type { PackedBatch } from './store-batch.ts';
import type { AuditTables } from './tables.ts';
import type { InvocationKey } from './trace-batch.ts';
import { Traces } from './traces.ts';

export interface LedgerFoldOptions {
  readonly ledger: Ledger;
  readonly db: Kysely<AuditTables>;
  readonly onProblem: (error: unknown) => void;
  /** Most ledger bytes in memory that are not stored. */
  readonly maxUnstoredBytes?: number;
  readonly maxLiveTraces?: number;
  readonly follower?: CallFollower | undefined;
}

/** Everything folded since the batch before, and how many ledger bytes that was. */
export interface FoldedBatch extends PackedBatch {
  readonly bytes: number;
}

export class LedgerFold {
  readonly #db: Kysely<AuditTables>;
  readonly #onProblem: (error: unknown) => void;
  readonly #intake: Intake;
  readonly #traces: Traces;
  readonly #follower: CallFollower | undefined;
  readonly #raw = new RawCommits();
  readonly #packer = new Packer();
  readonly #folded: Bell;
  readonly #stop = new AbortController();
  #last = 0;
  #bytes = 0;
  /** Up to here, ids are looked up before they are believed to be new. */
  #carefulUpTo = 0;
  /** Counts restarts; a slice of an older start is dropped. */
  #epoch = 0;

  /** `folded` rings after every slice. */
  constructor(options: LedgerFoldOptions, folded: Bell) {
    const { ledger, db, onProblem, maxUnstoredBytes, maxLiveTraces, follower } = options;
    this.#db = db;
    this.#onProblem = onProblem;
    this.#folded = folded;
    this.#traces = new Traces(
      maxLiveTraces,
      follower && ((trace) => follower.ended(trace, (seq) => this.#raw.find(trace.tenant, seq))),
    );
    this.#follower = follower;
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

  get traces(): Pick<Traces, 'find' | 'size'> {
    return this.#traces;
  }

  /** A commit that is folded and not stored. */
  commit(tenant: TenantId, seq: number): StoredCommit | undefined {
    return this.#raw.find(tenant, seq);
  }

  /** Runs until `stop`. */
  async run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const commits = this.#intake.take(SLICE_BYTES);
      if (commits.length === 0) {
        await this.#intake.arrived.heard();
        continue;
      }
      if (!(await this.#fold(commits, this.#epoch))) continue;
      this.#folded.ring();
      await breathe();
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#intake.stop();
    this.#intake.arrived.ring();
  }

  /**
   * Forgets everything in memory and folds on from what is stored. `careful`: every id is looked up until a batch is
   * stored, because rows exist of ids that looked new.
   */
  async restartAfter({ last, foldFrom }: Cursor, careful: boolean): Promise<void> {
    await this.forget();
    this.#last = last;
    this.#carefulUpTo = careful ? Number.POSITIVE_INFINITY : last;
    await this.#intake.startFrom(Math.min(foldFrom, last + 1));
  }

  /** Forgets everything in memory and reads nothing until it is restarted. */
  async forget(): Promise<void> {
    this.#epoch += 1;
    this.#traces.clear();
    this.#raw.clear();
    this.#bytes = 0;
    await this.#intake.stop();
  }

  /** Packed at once: what is folded later is not in it. `all`: also what is open only for a moment. */
  takeBatch(all: boolean): FoldedBatch {
    const taken = this.#traces.takeBatch(performance.now(), all);
    // With care, any of them may have a row already, or an id without one.
    const batch = this.#carefulUpTo === Number.POSITIVE_INFINITY ? { ...taken, again: taken.written } : taken;
    const packed = { ...this.#packer.pack(this.#last, batch, this.#raw.takeChunks()), bytes: this.#bytes };
    this.#bytes = 0;
    return packed;
  }

  stored(batch: FoldedBatch): void {
    this.#traces.stored();
    this.#raw.stored();
    this.#carefulUpTo = Math.min(this.#carefulUpTo, batch.to);
    this.#intake.release(batch.bytes);
  }

  /** False when the fold was stopped or restarted meanwhile; then nothing of these commits is folded. */
  async #fold(commits: readonly LedgerCommit[], epoch: number): Promise<boolean> {
    const tenants = new Set<TenantId>();
    for (const { subject } of commits) {
      const tenant = parseSubject(subject)?.tenant;
      if (tenant !== undefined && !this.#raw.knows(tenant)) tenants.add(tenant);
    }
    if (tenants.size > 0) {
      const heads = await this.#retrying(() => loadHeads(this.#db, [...tenants]));
      if (!heads || epoch !== this.#epoch) return false;
      for (const [tenant, head] of heads) this.#raw.goOn(tenant, head);
    }
    if (!(await this.#foldTraces(commits, epoch))) return false;
    for (const commit of commits) this.#keep(commit);
    this.#traces.writeEnded();
    return true;
  }

  async #foldTraces(commits: readonly LedgerCommit[], epoch: number): Promise<boolean> {
    const sightings: Sightings[] = [];
    for (const commit of commits) {
      const seen = sightingsOf(commit);
      if (seen && seen.glimpses.length + seen.noted.length + seen.breakers.length > 0) sightings.push(seen);
    }
    const careful = (commits[0] as LedgerCommit).seq <= this.#carefulUpTo;
    const absent = new Set<string>();
    for (;;) {
      const options = { careful, absent, nowMs: performance.now(), storedUpTo: this.#last };
      const missing = this.#traces.fold(sightings, options);
      if (missing.length === 0) {
        this.#follower?.folded(sightings);
        return true;
      }
      const stored = await this.#lookUp(missing, absent);
      if (!stored || epoch !== this.#epoch) return false;
      this.#traces.adopt(stored);
    }
  }

  /** What is stored of these; the keys of the others are added to `absent`. */
  async #lookUp(
    missing: readonly InvocationKey[],
    absent: Set<string>,
  ): Promise<readonly Trace[] | undefined> {
    const wanted = new Map(missing.map((key) => [`${key.tenant}/${key.invocation}`, key]));
    const stored = await this.#retrying(() => loadTraces(this.#db, [...wanted.values()]));
    for (const { tenant, invocation } of stored ?? []) wanted.delete(`${tenant}/${invocation}`);
    for (const key of wanted.keys()) absent.add(key);
    return stored;
  }

  /** Chains what is not stored yet. */
  #keep(commit: LedgerCommit): void {
    if (commit.seq <= this.#last) return this.#intake.release(commit.data.length);
    this.#last = commit.seq;
    this.#bytes += commit.data.length;
    const tenant = parseSubject(commit.subject)?.tenant;
    if (tenant !== undefined) this.#raw.add(tenant, commit);
  }

  /** Asks until Postgres answers; undefined when told to stop. */
  async #retrying<T>(ask: () => Promise<T>): Promise<T | undefined> {
    const backoff = new Backoff(RETRY_FIRST_MS, RETRY_LONGEST_MS);
    while (!this.#stop.signal.aborted) {
      try {
        return await ask();
      } catch (error) {
        this.#onProblem(error);
        await pause(backoff.pauseMs(), this.#stop.signal);
      }
    }
    return undefined;
  }
}
