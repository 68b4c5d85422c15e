/**
 * The projection: folds the ledger into records and stores them. One replica writes (the holder of a session lock), the
 * others stand by. Nothing is lost while Postgres is away: what is folded waits in memory up to a bound, the rest waits
 * in the ledger, and the cursor in Postgres alone says what is done.
 */
import type { PoolClient } from 'pg';
import { Backoff, WritError, messageOf } from '@writ/contracts';
import type { StoredCommit, TenantId } from '@writ/contracts';
import type { Trace } from '@writ/provenance';
import type { Cursor } from './audit-store.ts';
import { probe, readCursor, releaseWriterLock, tryWriterLock } from './audit-store.ts';
import { Bell } from './bell.ts';
import type { Database } from './database.ts';
import { LedgerFold } from './ledger-fold.ts';
import type { LedgerFoldOptions } from './ledger-fold.ts';
import {
  FLUSH_BYTES,
  FLUSH_INTERVAL_MS,
  OPEN_STORED_AFTER_MS,
  PROBE_INTERVAL_MS,
  RETRY_FIRST_MS,
  RETRY_LONGEST_MS,
  STANDBY_POLL_MS,
} from './limits.ts';
import { migrate } from './migrations.ts';
import { MonthTables } from './months.ts';
import { pause } from './pause.ts';
import { storeBatch } from './store-batch.ts';
import type { InvocationKey } from './trace-batch.ts';

export interface ProjectionOptions extends Omit<LedgerFoldOptions, 'db'> {
  readonly database: Database;
  /** Pause between two transactions. */
  readonly flushIntervalMs?: number;
}

export interface ProjectionHealth {
  readonly ready: boolean;
  /** Why it is not ready. */
  readonly reason?: string;
  /** A standby is ready as well: it takes over when the writer's connection ends. */
  readonly role: 'writer' | 'standby';
  /** Last ledger sequences that are stored, and that are folded in memory. */
  readonly stored: number;
  readonly folded: number;
  readonly unstoredBytes: number;
  readonly liveTraces: number;
}

/** Stands for a cursor that was never read; below every sequence. */
const NOWHERE = -1;

export class Projection {
  readonly #options: ProjectionOptions;
  readonly #due = new Bell();
  readonly #fold: LedgerFold;
  readonly #stop = new AbortController();
  readonly #waiters = new Set<{ readonly seq: number; readonly reached: () => void }>();
  #careful = false;
  #stored = NOWHERE;
  /** Up to here invocations that are still open are stored as well. */
  #complete = NOWHERE;
  #storedAt = 0;
  #role: ProjectionHealth['role'] = 'standby';
  #reason: string | undefined = 'starting';
  #running: Promise<unknown> | undefined;

  constructor(options: ProjectionOptions) {
    this.#options = options;
    this.#fold = new LedgerFold({ ...options, db: options.database.db }, this.#due);
  }

  /** Begins in the background; `health` tells how far it is. */
  start(): void {
    this.#running ??= Promise.all([this.#fold.run(), this.#write()]);
  }

  /** Stores what is folded, if Postgres lets it, and ends. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#fold.stop();
    this.#due.ring();
    await this.#running;
  }

  health(): ProjectionHealth {
    return {
      ready: this.#reason === undefined,
      ...(this.#reason === undefined ? {} : { reason: this.#reason }),
      role: this.#role,
      stored: Math.max(this.#stored, 0),
      folded: this.#fold.last,
      unstoredBytes: this.#fold.unstoredBytes,
      liveTraces: this.#fold.traces.size,
    };
  }

  /** How many ledger sequences are not stored yet. */
  async lag(): Promise<number> {
    return Math.max((await this.#options.ledger.lastSequence()) - Math.max(this.#stored, 0), 0);
  }

  /** The trace in memory, which is as new as any; undefined when Postgres has it, or nobody. */
  find(key: InvocationKey): Trace | undefined {
    return this.#fold.traces.find(key);
  }

  /** A commit that is folded and not stored yet. */
  commit(tenant: TenantId, seq: number): StoredCommit | undefined {
    return this.#fold.commit(tenant, seq);
  }

  /**
   * True as soon as everything up to `seq` is stored, what is open for a moment only included; false when that takes longer
   * than `withinMs`.
   */
  async storedUpTo(seq: number, withinMs: number): Promise<boolean> {
    if (this.#complete >= seq) return true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(false), withinMs);
      const waiter = { seq, reached: () => settle(true) };
      const settle = (reached: boolean): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        resolve(reached);
      };
      this.#waiters.add(waiter);
      this.#due.ring();
    });
  }

  /** One session with Postgres after another, until it is told to stop. */
  async #write(): Promise<void> {
    const backoff = new Backoff(RETRY_FIRST_MS, RETRY_LONGEST_MS);
    const { database, onProblem } = this.#options;
    while (!this.#stop.signal.aborted) {
      try {
        await migrate(database.db);
        await this.#session(await database.pool.connect(), backoff);
      } catch (error) {
        this.#reason = messageOf(error);
        onProblem(error);
        await pause(backoff.pauseMs(), this.#stop.signal);
      }
    }
  }

  async #session(client: PoolClient, backoff: Backoff): Promise<void> {
    let fault: Error | undefined;
    const tables = new MonthTables();
    try {
      if (!(await this.#becomeWriter(client))) return;
      await this.#resume();
      this.#role = 'writer';
      while (!this.#stop.signal.aborted) {
        await this.#untilDue(client);
        await this.#storeFolded(client, tables);
        this.#reason = undefined;
        backoff.reset();
      }
    } catch (error) {
      fault = error as Error;
      this.#careful = error instanceof WritError && error.code === 'rows-exist';
      throw error;
    } finally {
      this.#role = 'standby';
      // The lock belongs to the connection, and the connection may go back to the pool alive.
      await releaseWriterLock(client).catch((error: Error) => (fault = error));
      client.release(fault);
    }
  }

  /** Waits for the lock; false when told to stop meanwhile. */
  async #becomeWriter(client: PoolClient): Promise<boolean> {
    while (!this.#stop.signal.aborted) {
      if (await tryWriterLock(client)) return true;
      // Another replica stores now, so what this one remembers grows old.
      await this.#fold.forget();
      this.#reason = undefined;
      await pause(STANDBY_POLL_MS, this.#stop.signal);
    }
    return false;
  }

  /** Goes on where the cursor stands: what is in memory may be ahead of it, or behind what somebody else has stored. */
  async #resume(): Promise<void> {
    const cursor = await readCursor(this.#options.database.db);
    const last = await this.#options.ledger.lastSequence();
    if (cursor.last > last) {
      throw new WritError(
        'projection-ahead',
        `the projection stands at ${cursor.last} but the ledger ends at ${last}: it was made from another ledger; ` +
          'drop the schema "audit" in Postgres and start again',
        { retryable: true, details: { cursor: cursor.last, last } },
      );
    }
    await this.#fold.restartAfter(cursor, this.#careful);
    this.#reached(cursor);
  }

  /** Waits until something is to be stored. Asks Postgres now and then, so that its absence shows in `health`. */
  async #untilDue(client: PoolClient): Promise<void> {
    const { flushIntervalMs = FLUSH_INTERVAL_MS } = this.#options;
    while (!this.#stop.signal.aborted) {
      const fresh = this.#fold.last > this.#stored;
      const pending = fresh || this.#complete < this.#stored;
      const waitMs = this.#storedAt + (fresh ? flushIntervalMs : OPEN_STORED_AFTER_MS) - performance.now();
      const urgent = this.#isAwaited() || this.#fold.bytes >= FLUSH_BYTES;
      if (pending && (urgent || waitMs <= 0)) return;
      const askedAt = performance.now();
      await this.#due.heard(pending ? waitMs : PROBE_INTERVAL_MS);
      if (pending || performance.now() - askedAt < PROBE_INTERVAL_MS) continue;
      await probe(client, this.#stored);
      this.#reason = undefined;
    }
  }

  /** Whether somebody waits for what is folded. */
  #isAwaited(): boolean {
    for (const { seq } of this.#waiters) if (seq <= this.#fold.last) return true;
    return false;
  }

  async #storeFolded(client: PoolClient, tables: MonthTables): Promise<void> {
    if (this.#fold.last <= this.#stored && this.#complete >= this.#stored) return;
    const batch = this.#fold.takeBatch(this.#isAwaited() || this.#stop.signal.aborted);
    await storeBatch(client, batch, this.#stored, tables);
    this.#storedAt = performance.now();
    this.#fold.stored(batch);
    this.#reached({ last: batch.to, foldFrom: batch.foldFrom });
  }

  #reached({ last, foldFrom }: Cursor): void {
    this.#stored = last;
    this.#complete = foldFrom - 1;
    for (const waiter of this.#waiters) if (waiter.seq <= this.#complete) waiter.reached();
  }
}
