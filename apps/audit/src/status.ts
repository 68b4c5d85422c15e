/**
 * How far some invocations have come, for agents whose notice was lost: the terminal facts as they stand in the ledger.
 * Answered from memory where the fold has it, so that a fact does not wait for the next transaction to be seen.
 */
import type { Kysely } from 'kysely';
import type { InvocationId, StatusReply, TenantId } from '@writ/contracts';
import type { InvocationRecord } from '@writ/provenance';
import { loadTraces } from './audit-store.ts';
import { LOOKUP_ROWS, STATUS_REPLY_BYTES } from './limits.ts';
import type { Projection } from './projection.ts';
import type { RecordReader } from './record-reader.ts';
import type { AuditTables } from './tables.ts';

type Terminal = StatusReply['terminal'][number];

export class InvocationStatus {
  readonly #db: Kysely<AuditTables>;
  readonly #projection: Pick<Projection, 'find'>;
  readonly #records: Pick<RecordReader, 'record'>;

  constructor(
    db: Kysely<AuditTables>,
    projection: Pick<Projection, 'find'>,
    records: Pick<RecordReader, 'record'>,
  ) {
    this.#db = db;
    this.#projection = projection;
    this.#records = records;
  }

  /**
   * The terminal facts of those that ended. A reply is bounded in bytes: who is left over is told on the next request,
   * which names only the invocations that are still open.
   */
  async status(tenant: TenantId, invocations: readonly InvocationId[]): Promise<StatusReply> {
    const reply = new BoundedReply();
    const elsewhere: InvocationId[] = [];
    for (const invocation of invocations) {
      const trace = this.#projection.find({ tenant, invocation });
      // An id that was used long ago looks new in memory until its trace is stored.
      if (trace?.outcome === undefined) elsewhere.push(invocation);
      else if (!reply.full) reply.add(await this.#records.record(trace));
    }
    for (let start = 0; start < elsewhere.length && !reply.full; start += LOOKUP_ROWS) {
      const keys = elsewhere.slice(start, start + LOOKUP_ROWS).map((invocation) => ({ tenant, invocation }));
      for (const trace of await loadTraces(this.#db, keys)) {
        if (trace.outcome !== undefined && !reply.full) reply.add(await this.#records.record(trace));
      }
    }
    return { terminal: reply.terminal };
  }
}

class BoundedReply {
  readonly terminal: Terminal[] = [];
  #length = 0;

  get full(): boolean {
    return this.#length >= STATUS_REPLY_BYTES;
  }

  /** Takes the record's end, unless the reply is full; the first one always fits. */
  add({ ending }: InvocationRecord): void {
    if (!ending || this.full) return;
    const terminal = { type: ending.type, data: ending.data };
    const length = Buffer.byteLength(JSON.stringify(terminal));
    if (this.#length > 0 && this.#length + length > STATUS_REPLY_BYTES) return;
    this.#length += length;
    this.terminal.push(terminal);
  }
}
