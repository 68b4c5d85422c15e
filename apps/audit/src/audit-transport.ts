/** The ledger as it enters the audit: the projection runs from `listen` to `close`. */
import { setPriority } from 'node:os';
import { Logger } from '@nestjs/common';
import type { Kysely } from 'kysely';
import { messageOf } from '@writ/contracts';
import type { Ledger } from '@writ/ledger';
import { LedgerTransport } from '@writ/service';
import { Projection } from './projection.ts';
import type { AuditTables } from './tables.ts';

export class AuditTransport extends LedgerTransport {
  readonly projection: Projection;
  readonly #db: Kysely<AuditTables>;
  readonly #log = new Logger('projection');
  #lastProblem = '';

  readonly #niceness: number;

  /** `niceness`: 0 to 19; deciding goes before recording when cores are short. */
  constructor(ledger: Ledger, db: Kysely<AuditTables>, niceness: number) {
    super();
    this.#niceness = niceness;
    this.#db = db;
    this.projection = new Projection({ ledger, db, onProblem: (error) => this.#report(error) });
  }

  listen(callback: () => void): void {
    setPriority(this.#niceness);
    this.projection.start();
    callback();
  }

  async close(): Promise<void> {
    await this.projection.stop();
    await this.#db.destroy();
  }

  /** Said once, however often it is retried. */
  #report(error: unknown): void {
    const problem = messageOf(error);
    if (problem !== this.#lastProblem) this.#log.warn(problem);
    this.#lastProblem = problem;
  }
}
