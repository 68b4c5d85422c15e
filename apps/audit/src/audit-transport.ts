/** The ledger as it enters the audit: the projection runs from `listen` to `close`. */
import { setPriority } from 'node:os';
import { Logger } from '@nestjs/common';
import { messageOf } from '@writ/contracts';
import type { Ledger } from '@writ/ledger';
import { LedgerTransport } from '@writ/service';
import type { Database } from './database.ts';
import { Projection } from './projection.ts';

export class AuditTransport extends LedgerTransport {
  readonly projection: Projection;
  readonly #database: Database;
  readonly #log = new Logger('projection');
  #lastProblem = '';

  readonly #niceness: number;

  /** `niceness`: 0 to 19; deciding goes before recording when cores are short. */
  constructor(ledger: Ledger, database: Database, niceness: number) {
    super();
    this.#niceness = niceness;
    this.#database = database;
    this.projection = new Projection({ ledger, database, onProblem: (error) => this.#report(error) });
  }

  listen(callback: () => void): void {
    setPriority(this.#niceness);
    this.projection.start();
    callback();
  }

  async close(): Promise<void> {
    await this.projection.stop();
    await this.#database.db.destroy();
  }

  /** Said once, however often it is retried. */
  #report(error: unknown): void {
    const problem = messageOf(error);
    if (problem !== this.#lastProblem) this.#log.warn(problem);
    this.#lastProblem = problem;
  }
}
