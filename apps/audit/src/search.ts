/**
 * Finding invocations: those that match, newest first, and the whole record of one. A page begins after a key, not at an
 * offset, so the last page of a million costs what the first one does.
 */
import { sql } from 'kysely';
import type { Kysely, RawBuilder } from 'kysely';
import { WritError } from '@writ/contracts';
import type { InvocationId, TenantId } from '@writ/contracts';
import type { Ledger } from '@writ/ledger';
import type { ListedInvocation, SearchPage, SearchRequest, ShowReply } from '@writ/provenance';
import { loadTraces } from './audit-store.ts';
import { caughtUp } from './caught-up.ts';
import type { Projection } from './projection.ts';
import type { RecordReader } from './record-reader.ts';
import type { AuditTables } from './tables.ts';

/** `<seq>.<invocation>` after a row. */
const PAGE_KEY = /^(\d{1,16})\.([A-Za-z0-9_-]+)$/;
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

  constructor(
    db: Kysely<AuditTables>,
    ledger: Ledger,
    projection: Pick<Projection, 'storedUpTo'>,
    reader: RecordReader,
  ) {
    this.#db = db;
    this.#ledger = ledger;
    this.#projection = projection;
    this.#reader = reader;
  }

  /** @throws WritError `projection-behind`, `bad-page-key` */
  async search(tenant: TenantId, request: SearchRequest): Promise<SearchPage> {
    const { after, limit = DEFAULT_LIMIT } = request;
    if (after === undefined) await caughtUp(this.#ledger, this.#projection);
    const place = await sequencesWithin(this.#db, tenant, request);
    const { rows } = await sql<Row>`
      select invocation, first_seq, agent, tool, project, campaign, stage, executor, attempts, asked_at, ended_at
      from audit.invocations where ${conditions(tenant, request, place)}
      order by first_seq desc, invocation desc limit ${limit}`.execute(this.#db);
    const last = rows.at(-1);
    const next = rows.length === limit && last ? `${last.first_seq}.${last.invocation}` : undefined;
    return { invocations: rows.map(listed), ...(next === undefined ? {} : { next }) };
  }

  /** @throws WritError `projection-behind` */
  async show(tenant: TenantId, invocation: InvocationId): Promise<ShowReply> {
    await caughtUp(this.#ledger, this.#projection);
    const [trace] = await loadTraces(this.#db, [{ tenant, invocation }]);
    return trace ? { record: await this.#reader.record(trace) } : {};
  }
}

/** Ledger sequences outside of which nothing was asked for at the wanted time. */
interface SequenceRange {
  readonly from: string | null;
  readonly before: string | null;
}

/** The server's clock may be set back a little when the stream gets another leader. */
const CLOCK_SLACK = sql`interval '1 minute'`;

/** Pages are in the order of the ledger, so a time is looked up as a place in it; chunks know both. */
async function sequencesWithin(
  db: Kysely<AuditTables>,
  tenant: TenantId,
  { since, until }: SearchRequest,
): Promise<SequenceRange> {
  if (since === undefined && until === undefined) return { from: null, before: null };
  const { rows } = await sql<SequenceRange>`select
    (select first_seq from audit.chunks where tenant = ${tenant} and first_at < ${since}::timestamptz - ${CLOCK_SLACK}
      order by first_at desc limit 1) as from,
    (select first_seq from audit.chunks where tenant = ${tenant} and first_at > ${until}::timestamptz + ${CLOCK_SLACK}
      order by first_at limit 1) as before`.execute(db);
  return rows[0] as SequenceRange;
}

function conditions(
  tenant: TenantId,
  request: SearchRequest,
  { from, before }: SequenceRange,
): RawBuilder<unknown> {
  const { project, campaign, agent, tool, stage, argsDigest, since, until, after } = request;
  const all = [sql`tenant = ${tenant}`];
  for (const [column, value] of Object.entries({ project, campaign, agent, tool, stage }))
    if (value !== undefined) all.push(sql`${sql.ref(column)} = ${value}`);
  if (argsDigest !== undefined)
    all.push(sql`args_digest = decode(${argsDigest.slice('sha256:'.length)}, 'hex')`);
  if (since !== undefined) all.push(sql`first_at >= ${since}::timestamptz`);
  if (until !== undefined) all.push(sql`first_at < ${until}::timestamptz`);
  if (from !== null) all.push(sql`first_seq >= ${from}::bigint`);
  if (before !== null) all.push(sql`first_seq < ${before}::bigint`);
  if (after !== undefined) {
    const parts = PAGE_KEY.exec(after);
    if (!parts)
      throw new WritError(
        'bad-page-key',
        `"${after}" is no page key: send the \`next\` of the page before, as it is`,
      );
    all.push(sql`(first_seq, invocation) < (${Number(parts[1])}, ${parts[2]})`);
  }
  return sql.join(all, sql` and `);
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
