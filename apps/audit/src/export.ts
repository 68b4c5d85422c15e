/**
 * Exports: the records that match page by page in order of request, then the tenant's breaker transitions. A page begins
 * after a key, not at an offset, so the last page of a million costs what the first one does.
 */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { WritError } from '@writ/contracts';
import type { Instant, TenantId } from '@writ/contracts';
import type { Ledger } from '@writ/ledger';
import type { BreakerEvent, ExportPage, ExportRequest, InvocationRecord } from '@writ/provenance';
import { readCursor } from './audit-store.ts';
import { caughtUp } from './caught-up.ts';
import type { CircumstancesReader } from './circumstances.ts';
import { exportedTraces } from './exported-traces.ts';
import { EXPORT_PAGE_BYTES, EXPORT_PAGE_ROWS } from './limits.ts';
import type { Projection } from './projection.ts';
import type { RecordReader } from './record-reader.ts';
import type { AuditTables } from './tables.ts';

/** `i.<seq>.<invocation>` after a record, `b.<seq>.<nth>` after a breaker transition. */
const PAGE_KEY = /^([ib])\.(-?\d{1,16})\.([A-Za-z0-9_-]*)$/;
const BREAKERS_FROM_THE_START = 'b.0.-1';

/** One thing of a page, and the key right after it. */
interface Item<T> {
  readonly value: () => T | Promise<T>;
  readonly key: string;
}

export class RecordExport {
  readonly #db: Kysely<AuditTables>;
  readonly #ledger: Ledger;
  readonly #projection: Pick<Projection, 'storedUpTo'>;
  readonly #reader: RecordReader;
  readonly #circumstances: CircumstancesReader;

  constructor(
    db: Kysely<AuditTables>,
    ledger: Ledger,
    projection: Pick<Projection, 'storedUpTo'>,
    reader: RecordReader,
    circumstances: CircumstancesReader,
  ) {
    this.#db = db;
    this.#ledger = ledger;
    this.#projection = projection;
    this.#reader = reader;
    this.#circumstances = circumstances;
  }

  /**
   * One page, of at most `EXPORT_PAGE_BYTES` unless one record alone is longer. The first page waits until everything
   * that was in the ledger when it was asked for is stored. @throws WritError `projection-behind`, `bad-page-key`
   */
  async page(tenant: TenantId, request: ExportRequest): Promise<ExportPage> {
    if (request.after === undefined) await caughtUp(this.#ledger, this.#projection);
    const [kind, seq, name] = parseKey(request.after ?? 'i.0.');
    const { last: asOf } = await readCursor(this.#db);
    if (kind === 'b') {
      const { values, next } = await cut(await this.#breakers(tenant, seq, Number(name)));
      const breakers = values.filter(({ at }) => isWithin(at, request));
      return { records: [], breakers, asOf, ...(next === undefined ? {} : { next }) };
    }
    const { values, next } = await cut(await this.#records(tenant, request, seq, name));
    const circumstances = await this.#circumstances.of(tenant, values);
    return { records: values, circumstances, breakers: [], asOf, next: next ?? BREAKERS_FROM_THE_START };
  }

  async #records(
    tenant: TenantId,
    request: ExportRequest,
    seq: number,
    name: string,
  ): Promise<readonly Item<InvocationRecord>[]> {
    const traces = await exportedTraces(this.#db, tenant, request, { seq, name });
    return traces.map((trace) => ({
      value: () => this.#reader.record(trace),
      key: `i.${trace.firstSeq}.${trace.invocation}`,
    }));
  }

  async #breakers(tenant: TenantId, seq: number, nth: number): Promise<readonly Item<BreakerEvent>[]> {
    const { rows } = await sql<{ seq: string; nth: number; event: string }>`
      select seq, nth, event::text as event from audit.breaker_events
      where tenant = ${tenant} and (seq, nth) > (${seq}, ${nth})
      order by seq, nth limit ${EXPORT_PAGE_ROWS}`.execute(this.#db);
    return rows.map((row) => ({
      value: () => JSON.parse(row.event) as BreakerEvent,
      key: `b.${row.seq}.${row.nth}`,
    }));
  }
}

function isWithin(at: Instant, { since, until }: ExportRequest): boolean {
  return !(since && at < Date.parse(since)) && !(until && at >= Date.parse(until));
}

/** As many as fit in a page, at least one; `next` when there may be more. */
async function cut<T>(items: readonly Item<T>[]): Promise<{ values: T[]; next: string | undefined }> {
  const values: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const value = await item.value();
    bytes += Buffer.byteLength(JSON.stringify(value));
    if (values.length > 0 && bytes > EXPORT_PAGE_BYTES) break;
    values.push(value);
  }
  const all = values.length === items.length && items.length < EXPORT_PAGE_ROWS;
  return { values, next: all ? undefined : items[values.length - 1]?.key };
}

function parseKey(key: string): [kind: 'i' | 'b', seq: number, name: string] {
  const parts = PAGE_KEY.exec(key);
  const nth = Number(parts?.[3]);
  if (!parts || (parts[1] === 'b' && !Number.isInteger(nth))) {
    throw new WritError(
      'bad-page-key',
      `"${key}" is no page key: send the \`next\` of the page before, as it is`,
    );
  }
  return [parts[1] as 'i' | 'b', Number(parts[2]), parts[3] as string];
}
