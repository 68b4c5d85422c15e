/** The rows of invocations as they are stored, page by page, for whoever compares them with the stream. */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { TenantId } from '@writ/contracts';
import type { Ledger } from '@writ/ledger';
import { MAX_ROWS } from '@writ/provenance';
import type { RowColumns, RowsPage, RowsRequest, StoredRow } from '@writ/provenance';
import { readCursor } from './audit-store.ts';
import { caughtUp } from './caught-up.ts';
import { EXPORT_PAGE_BYTES } from './limits.ts';
import type { Projection } from './projection.ts';
import { packSequences, unpackSequences } from './sequence-list.ts';
import type { AuditTables } from './tables.ts';

const NUMBERS = ['first_seq', 'last_seq', 'attempts', 'attempt', 'repeats', 'earlier'];
const TIMES = ['first', 'asked', 'decided', 'opened', 'closed', 'reserved', 'dispatched', 'started', 'ended'];
const TEXTS = ['invocation', 'stage', 'agent', 'tool', 'project', 'campaign', 'log', 'executor', 'verdict'];
const MORE_TEXTS = ['asked_again', 'holds', 'words'];

/** Every column but the tenant, as text: what Postgres' own types round would not be seen to differ. */
const COLUMNS = [
  ...[...NUMBERS, ...TEXTS, ...MORE_TEXTS].map((name) => `i.${name}::text as ${name}`),
  ...TIMES.map((name) => `(extract(epoch from i.${name}_at) * 1000)::text as ${name}_at`),
  `encode(i.args_digest, 'hex') as args_digest`,
  'i.facts',
].join(', ');

type Row = Readonly<Record<string, string | null>> & {
  readonly invocation: string;
  readonly facts: Buffer;
  readonly is_known: boolean;
};

export class StoredRows {
  readonly #db: Kysely<AuditTables>;
  readonly #ledger: Ledger;
  readonly #projection: Pick<Projection, 'storedUpTo'>;

  constructor(db: Kysely<AuditTables>, ledger: Ledger, projection: Pick<Projection, 'storedUpTo'>) {
    this.#db = db;
    this.#ledger = ledger;
    this.#projection = projection;
  }

  /** The row to go on after is passed over by counting, so that a second one like it is seen. @throws WritError `projection-behind` */
  async page(tenant: TenantId, { after }: RowsRequest): Promise<RowsPage> {
    if (!after) await caughtUp(this.#ledger, this.#projection);
    const { foldFrom } = await readCursor(this.#db);
    const { rows } = await sql<Row>`select ${sql.raw(COLUMNS)}, exists (
        select from audit.ids where ids.tenant = i.tenant and ids.invocation = i.invocation
          and ids.first_seq = i.first_seq and ids.first_at = i.first_at
      ) as is_known
      from audit.invocations as i
      where i.tenant = ${tenant} and (i.first_seq, i.invocation) >= (${after?.first ?? -1}, ${after?.invocation ?? ''})
      order by i.first_seq, i.invocation limit ${MAX_ROWS} offset ${after ? 1 : 0}`.execute(this.#db);
    const page: StoredRow[] = [];
    let bytes = 0;
    for (const row of rows) {
      const told = storedRowOf(row);
      bytes += JSON.stringify(told).length;
      if (page.length > 0 && bytes > EXPORT_PAGE_BYTES) break;
      page.push(told);
    }
    return { rows: page, asOf: foldFrom - 1, more: page.length < rows.length || rows.length === MAX_ROWS };
  }
}

function storedRowOf(row: Row): StoredRow {
  const columns: Record<string, RowColumns[string]> = {};
  for (const name of [...NUMBERS, ...TIMES.map((time) => `${time}_at`)]) {
    const text = row[name];
    columns[name] = text === null || text === undefined ? null : Number(text);
  }
  for (const name of TEXTS) columns[name] = row[name] ?? null;
  columns['asked_again'] = row['asked_again'] ?? null;
  columns['holds'] = row['holds'] ?? null;
  columns['args_digest'] = row['args_digest'] === null ? null : `sha256:${row['args_digest']}`;
  columns['words'] = (row['words'] ?? '')
    .split(' ')
    .map((quoted) => quoted.slice(1, -1))
    .toSorted()
    .join(' ');
  const facts = unpackSequences(row.facts);
  columns['facts'] = packSequences(facts).equals(row.facts)
    ? facts.join(' ')
    : `0x${row.facts.toString('hex')}`;
  return {
    invocation: row.invocation,
    first: Number(row['first_seq']),
    last: Number(row['last_seq']),
    columns,
    ...(row.is_known ? {} : { fault: 'cannot be found by its id' }),
  };
}
