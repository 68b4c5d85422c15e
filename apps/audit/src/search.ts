/**
 * Finding invocations: those that match, newest first, and the whole record of one. A page begins after a key, not at an
 * offset, so the last page of a million costs what the first one does.
 */
import { sql } from 'kysely';
import type { Kysely, RawBuilder } from 'kysely';
import { WritError } from '@writ/contracts';
import type { InvocationId, TenantId } from '@writ/contracts';
import type { Ledger } from '@writ/ledger';
import { wordsOf } from '@writ/provenance';
import type { ListedInvocation, SearchPage, SearchRequest, ShowReply } from '@writ/provenance';
import { loadTraces } from './audit-store.ts';
import { caughtUp } from './caught-up.ts';
import type { CircumstancesReader } from './circumstances.ts';
import type { Projection } from './projection.ts';
import type { RecordReader } from './record-reader.ts';
import type { AuditTables } from './tables.ts';

/** `<month>.<seq>.<invocation>` after a row. */
const PAGE_KEY = /^(\d{4}_\d{2})\.(\d{1,16})\.([A-Za-z0-9_-]+)$/;
const DEFAULT_LIMIT = 50;

type Row = Pick<
  AuditTables['audit.invocations'],
  | 'invocation'
  | 'first_seq'
  | 'agent'
  | 'tool'
  | 'project'
  | 'campaign'
  | 'stage'
  | 'executor'
  | 'attempts'
  | 'asked_at'
  | 'ended_at'
>;

export class InvocationSearch {
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

  /** @throws WritError `projection-behind`, `bad-page-key`, `no-words` */
  async search(tenant: TenantId, request: SearchRequest): Promise<SearchPage> {
    const { limit = DEFAULT_LIMIT } = request;
    const after = request.after === undefined ? undefined : parseKey(request.after);
    const wanted = conditions(tenant, request);
    if (!after) await caughtUp(this.#ledger, this.#projection);
    wanted.push(...(await sequencesWithin(this.#db, tenant, request)));
    const rows: Row[] = [];
    for (const month of await this.#months(request, after)) {
      const more =
        after?.month === month
          ? [...wanted, sql`(first_seq, invocation) < (${after.seq}, ${after.name})`]
          : wanted;
      const found = await sql<Row>`
        select invocation, first_seq, agent, tool, project, campaign, stage, executor, attempts, asked_at, ended_at
        from audit.invocations where ${sql.join(more, sql` and `)} and ${isIn(month)}
        order by first_seq desc, invocation desc limit ${limit - rows.length}`.execute(this.#db);
      rows.push(...found.rows);
      if (rows.length < limit) continue;
      const { first_seq: seq, invocation } = rows.at(-1) as Row;
      return { invocations: rows.map(listed), next: `${month}.${seq}.${invocation}` };
    }
    return { invocations: rows.map(listed) };
  }

  /** The months that may hold what is wanted, newest first: who finds a page in the first ones does not ask the others. */
  async #months({ since, until }: SearchRequest, after: PageKey | undefined): Promise<readonly string[]> {
    const { rows } = await sql<{ month: string }>`select right(relname, 7) as month
      from pg_inherits join pg_class on pg_class.oid = inhrelid
      where inhparent = 'audit.invocations'::regclass order by month desc`.execute(this.#db);
    const [first = '', last = '9999_12'] = [
      since && monthName(since),
      after?.month ?? (until && monthName(until)),
    ];
    return rows.map(({ month }) => month).filter((month) => first <= month && month <= last);
  }

  /** @throws WritError `projection-behind` */
  async show(tenant: TenantId, invocation: InvocationId): Promise<ShowReply> {
    await caughtUp(this.#ledger, this.#projection);
    const [trace] = await loadTraces(this.#db, [{ tenant, invocation }]);
    if (!trace) return {};
    const record = await this.#reader.record(trace);
    const [circumstances] = await this.#circumstances.of(tenant, [record]);
    return { record, ...(circumstances ? { circumstances } : {}) };
  }
}

/** Where a page begins: right after a row. */
interface PageKey {
  readonly month: string;
  readonly seq: number;
  readonly name: string;
}

function parseKey(key: string): PageKey {
  const [, month, seq, name] = PAGE_KEY.exec(key) ?? [];
  if (month !== undefined && seq !== undefined && name !== undefined)
    return { month, seq: Number(seq), name };
  throw new WritError(
    'bad-page-key',
    `"${key}" is no page key: send the \`next\` of the page before, as it is`,
  );
}

/** As the tables of the months are named. */
function monthName(time: string): string {
  return new Date(time).toISOString().slice(0, 7).replace('-', '_');
}

/** Literal bounds, so that Postgres plans for the one table that can have such rows. */
function isIn(month: string): RawBuilder<unknown> {
  const [year, number] = [Number(month.slice(0, 4)), Number(month.slice(5))];
  const [start, end] = [new Date(Date.UTC(year, number - 1)), new Date(Date.UTC(year, number))];
  return sql`first_at >= ${start} and first_at < ${end}`;
}

/** The server's clock may be set back a little when the stream gets another leader. */
const CLOCK_SLACK = sql`interval '1 minute'`;

/** Pages are in the order of the ledger, so a time is looked up as a place in it; chunks know both. */
async function sequencesWithin(
  db: Kysely<AuditTables>,
  tenant: TenantId,
  { since, until }: SearchRequest,
): Promise<readonly RawBuilder<unknown>[]> {
  if (since === undefined && until === undefined) return [];
  const { rows } = await sql<{ from: string | null; before: string | null }>`select
    (select first_seq from audit.chunks where tenant = ${tenant} and first_at < ${since}::timestamptz - ${CLOCK_SLACK}
      order by first_at desc limit 1) as from,
    (select first_seq from audit.chunks where tenant = ${tenant} and first_at > ${until}::timestamptz + ${CLOCK_SLACK}
      order by first_at limit 1) as before`.execute(db);
  const { from = null, before = null } = rows[0] ?? {};
  return [
    ...(from === null ? [] : [sql`first_seq >= ${from}::bigint`]),
    ...(before === null ? [] : [sql`first_seq < ${before}::bigint`]),
  ];
}

function conditions(tenant: TenantId, request: SearchRequest): RawBuilder<unknown>[] {
  const { project, campaign, agent, tool, stage, argsDigest, since, until, text } = request;
  const all: RawBuilder<unknown>[] = [sql`tenant = ${tenant}`];
  for (const [column, value] of Object.entries({ project, campaign, agent, tool, stage }))
    if (value !== undefined) all.push(sql`${sql.ref(column)} = ${value}`);
  if (argsDigest !== undefined)
    all.push(sql`args_digest = decode(${argsDigest.slice('sha256:'.length)}, 'hex')`);
  if (since !== undefined) all.push(sql`first_at >= ${since}::timestamptz`);
  if (until !== undefined) all.push(sql`first_at < ${until}::timestamptz`);
  if (text !== undefined) all.push(sql`words @@ ${queryOf(text)}::tsquery`);
  return all;
}

/** All of its words. They are letters and digits, so there is nothing to quote. */
function queryOf(text: string): string {
  const words = wordsOf(text);
  if (words.length > 0) return words.map((word) => `'${word}'`).join(' & ');
  throw new WritError('no-words', `"${text}" has no word to search for: two letters or digits at least`);
}

function listed(row: Row): ListedInvocation {
  const { invocation, agent, tool, project, campaign, stage, executor, attempts } = row;
  return {
    invocation,
    seq: Number(row.first_seq),
    agent,
    tool,
    project,
    campaign,
    stage,
    executor,
    attempts,
    asked: row.asked_at?.toISOString() ?? null,
    ended: row.ended_at?.toISOString() ?? null,
  };
}
