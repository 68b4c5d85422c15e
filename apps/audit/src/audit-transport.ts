/** The ledger as it enters the audit: the projection runs from `listen` to `close`. */
import { setPriority } from 'node:os';
import { Logger } from '@nestjs/common';
import { messageOf } from '@writ/contracts';
import type { Ledger } from '@writ/ledger';
import { LedgerTransport } from '@writ/service';
import type { Telemetry } from '@writ/telemetry';
import type { Database } from './database.ts';
import type { CallFollower } from './call-follower.ts';
import { Projection } from './projection.ts';
import { queueWaits } from './queue-waits.ts';
import { RecordReader } from './record-reader.ts';
import { TraceExport } from './trace-export.ts';

export class AuditTransport extends LedgerTransport {
  readonly projection: Projection;
  readonly #database: Database;
  readonly #log = new Logger('projection');
  #lastProblem = '';

  readonly #niceness: number;
  readonly #traces: TraceExport | undefined;

  /** `niceness`: 0 to 19; deciding goes before recording when cores are short. */
  constructor(ledger: Ledger, database: Database, niceness: number, telemetry: Telemetry) {
    super();
    const { meter, tracing } = telemetry;
    this.#niceness = niceness;
    this.#database = database;
    const onProblem = (error: unknown): void => this.#report(error);
    // Only what is stored is read back: the projection hands over the rest.
    const reader = new RecordReader(database.db, { commit: () => undefined });
    const stored = reader.commit.bind(reader);
    this.#traces = tracing && new TraceExport({ tracing, meter, stored, onProblem, now: Date.now });
    const waited = queueWaits(telemetry);
    const follower: CallFollower = {
      folded: (sightings) => this.#traces?.folded(sightings),
      ended: (trace, commit) => {
        waited(trace);
        return this.#traces?.ended(trace, commit);
      },
    };
    this.projection = new Projection({ ledger, database, onProblem, follower });
  }

  listen(callback: () => void): void {
    setPriority(this.#niceness);
    this.projection.start();
    callback();
  }

  async close(): Promise<void> {
    await this.projection.stop();
    await this.#traces?.settled();
    await this.#database.db.destroy();
  }

  /** Said once, however often it is retried. */
  #report(error: unknown): void {
    const problem = messageOf(error);
    if (problem !== this.#lastProblem) this.#log.warn(problem);
    this.#lastProblem = problem;
  }
}
