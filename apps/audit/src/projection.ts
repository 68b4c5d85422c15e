/**
 * The projection: folds the ledger into records and stores them. One replica writes (the holder of a session lock), the
 * others stand by. Nothing is lost while Postgres is away: what is folded waits in memory up to a bound, the rest waits
 * in the ledger, and the cursor in Postgres alone says what is done.
 */
import type { Kysely } from 'kysely';
import { WritError, messageOf } from '@writ/contracts';
import type { InvocationRecord } from '@writ/provenance';
import { Backoff } from './backoff.ts';
import { Bell } from './bell.ts';
import { probe, readCursor, releaseWriterLock, storeBatch, tryWriterLock } from './invocation-store.ts';
import { LedgerFold } from './ledger-fold.ts';
import type { LedgerFoldOptions } from './ledger-fold.ts';
import {
  FLUSH_BYTES,
  FLUSH_INTERVAL_MS,
  PROBE_INTERVAL_MS,
  RETRY_FIRST_MS,
  RETRY_LONGEST_MS,
  STANDBY_POLL_MS,
} from './limits.ts';
import { migrate } from './migrations.ts';
import { pause } from './pause.ts';
import type { InvocationKey } from './records.ts';
import type { AuditTables } from './tables.ts';

export interface ProjectionOptions extends LedgerFoldOptions {
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
  readonly liveRecords: number;
}

type Connection = Kysely<AuditTables>;

/** Stands for a cursor that was never read; below every sequence. */
const NOWHERE = -1;

export class Projection {
  readonly #options: ProjectionOptions;
  readonly #due = new Bell();
  readonly #fold: LedgerFold;
  readonly #stop = new AbortController();
  readonly #waiters = new Set<{ readonly seq: number; readonly reached: () => void }>();
  #stored = NOWHERE;
  #storedAt = 0;
  #migrated = false;
  #role: ProjectionHealth['role'] = 'standby';
  #reason: string | undefined = 'starting';
  #running: Promise<unknown> | undefined;

  constructor(options: ProjectionOptions) {
    this.#options = options;
    this.#fold = new LedgerFold(options, this.#due);
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
      liveRecords: this.#fold.records.size,
    };
  }

  /** How many ledger sequences are not stored yet. */
  async lag(): Promise<number> {
    return Math.max((await this.#options.ledger.lastSequence()) - Math.max(this.#stored, 0), 0);
  }

  /** The record in memory; `whole` when no stored row can say more. */
  find(key: InvocationKey): { record: InvocationRecord | undefined; whole: boolean } {
    return this.#fold.records.find(key);
  }

  /** True as soon as everything up to `seq` is stored, false when that takes longer than `withinMs`. */
  async storedUpTo(seq: number, withinMs: number): Promise<boolean> {
    if (this.#stored >= seq) return true;
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
    const { db, onProblem } = this.#options;
    while (!this.#stop.signal.aborted) {
      try {
        if (!this.#migrated) await migrate(db);
        this.#migrated = true;
        await db.connection().execute((connection) => this.#session(connection, backoff));
      } catch (error) {
        this.#reason = messageOf(error);
        onProblem(error);
        await pause(backoff.next(), this.#stop.signal);
      }
    }
  }

  async #session(connection: Connection, backoff: Backoff): Promise<void> {
    try {
      if (!(await this.#becomeWriter(connection))) return;
      await this.#resume(connection);
      this.#role = 'writer';
      while (!this.#stop.signal.aborted) {
        await this.#untilDue(connection);
        await this.#storeFolded(connection);
        this.#reason = undefined;
        backoff.reset();
      }
    } finally {
      this.#role = 'standby';
      // The lock belongs to the connection, and the connection may go back to the pool alive.
      await releaseWriterLock(connection).catch(() => undefined);
    }
  }

  /** Waits for the lock; false when told to stop meanwhile. */
  async #becomeWriter(connection: Connection): Promise<boolean> {
    while (!this.#stop.signal.aborted) {
      if (await tryWriterLock(connection)) return true;
      this.#reason = undefined;
      await pause(STANDBY_POLL_MS, this.#stop.signal);
    }
    return false;
  }

  /** Goes on where the cursor stands. Memory is kept when nobody, this process included, has moved it unseen. */
  async #resume(connection: Connection): Promise<void> {
    const cursor = await readCursor(connection);
    const last = await this.#options.ledger.lastSequence();
    if (cursor > last) {
      throw new WritError(
        'projection-ahead',
        `the projection stands at ${cursor} but the ledger ends at ${last}: it was made from another ledger; ` +
          'drop the schema "audit" in Postgres and start again',
        { retryable: true, details: { cursor, last } },
      );
    }
    if (cursor === this.#stored) return;
    await this.#fold.restartAfter(cursor);
    this.#reached(cursor);
  }

  /** Waits until something is to be stored. Asks Postgres now and then, so that its absence shows in `health`. */
  async #untilDue(connection: Connection): Promise<void> {
    const interval = this.#options.flushIntervalMs ?? FLUSH_INTERVAL_MS;
    while (!this.#stop.signal.aborted) {
      const pending = this.#fold.last > this.#stored;
      const waitMs = this.#storedAt + interval - performance.now();
      const urgent = this.#waiters.size > 0 || this.#fold.bytes >= FLUSH_BYTES;
      if (pending && (urgent || waitMs <= 0)) return;
      const askedAt = performance.now();
      await this.#due.heard(pending ? waitMs : PROBE_INTERVAL_MS);
      if (pending || performance.now() - askedAt < PROBE_INTERVAL_MS) continue;
      await probe(connection);
      this.#reason = undefined;
    }
  }

  async #storeFolded(connection: Connection): Promise<void> {
    if (this.#fold.last <= this.#stored) return;
    const batch = this.#fold.takeBatch();
    let known: readonly InvocationRecord[];
    try {
      known = await storeBatch(connection, batch, this.#stored, batch.to);
    } catch (error) {
      this.#fold.giveBack(batch);
      throw error;
    }
    if (known.length > 0) {
      this.#fold.rebase(batch, known);
      return;
    }
    this.#storedAt = performance.now();
    this.#fold.stored(batch);
    this.#reached(batch.to);
  }

  #reached(seq: number): void {
    this.#stored = seq;
    for (const waiter of this.#waiters) if (waiter.seq <= seq) waiter.reached();
  }
}
