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
import type { CircumstancesReader } from './circumstances.ts';
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

  /** @throws WritError `projection-behind`, `bad-page-key` */
  async search(tenant: TenantId, request: SearchRequest): Promise<SearchPage> {
    const { after, limit = DEFAULT_LIMIT } = request;
    if (after === undefined) await caughtUp(this.#ledger, this.#projection);
    const { rows } = await sql<Row>`
      select invocation, first_seq, agent, tool, project, campaign, stage, executor, attempts, asked_at, ended_at
      from audit.invocations where ${conditions(tenant, request)}
      order by first_seq desc, invocation desc limit ${limit}`.execute(this.#db);
    const last = rows.at(-1);
    const next = rows.length === limit && last ? `${last.first_seq}.${last.invocation}` : undefined;
    return { invocations: rows.map(listed), ...(next === undefined ? {} : { next }) };
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

function conditions(tenant: TenantId, request: SearchRequest): RawBuilder<unknown> {
  const { project, campaign, agent, tool, stage, argsDigest, since, until, after } = request;
  const all = [sql`tenant = ${tenant}`];
  for (const [column, value] of Object.entries({ project, campaign, agent, tool, stage }))
    if (value !== undefined) all.push(sql`${sql.ref(column)} = ${value}`);
  if (argsDigest !== undefined)
    all.push(sql`args_digest = decode(${argsDigest.slice('sha256:'.length)}, 'hex')`);
  if (since !== undefined) all.push(sql`first_at >= ${since}::timestamptz`);
  if (until !== undefined) all.push(sql`first_at < ${until}::timestamptz`);
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
