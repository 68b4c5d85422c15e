/**
 * Events as they stand in the ledger, page by page: of a whole tenant or a span of time in ledger order, chunk by chunk; of a
 * campaign, an audit log or one invocation call by call, each event with the first call that it is about.
 */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { WritError } from '@writ/contracts';
import type { InvocationId, StoredCommit, TenantId } from '@writ/contracts';
import type { Ledger } from '@writ/ledger';
import { exportedEvents } from '@writ/provenance';
import type { EventsPage, ExportRequest, ExportedEvent, ExportedFact } from '@writ/provenance';
import { readCursor } from './audit-store.ts';
import { caughtUp } from './caught-up.ts';
import { unpackChunk } from './chunk.ts';
import { exportedTraces } from './exported-traces.ts';
import type { CallPlace } from './exported-traces.ts';
import { EXPORT_CHUNKS, EXPORT_PAGE_BYTES, EXPORT_PAGE_ROWS, PARSED_COMMITS } from './limits.ts';
import type { Projection } from './projection.ts';
import type { RecordReader } from './record-reader.ts';
import type { AuditTables } from './tables.ts';

/** `c.<seq>` after a commit; `i.<seq>.<invocation>.<fact>` after so many commits of a call. */
const PAGE_KEY = /^(?:c\.(\d{1,16})|i\.(\d{1,16})\.([A-Za-z0-9_-]*)\.(\d{1,6}))$/;

/** Gathers events until they fill a page. A commit alone always fits. */
class PageOfEvents {
  readonly events: ExportedEvent[] = [];
  #bytes = 0;

  /** Whether they fitted. */
  add(events: readonly ExportedEvent[]): boolean {
    const bytes = events.length === 0 ? 0 : Buffer.byteLength(JSON.stringify(events));
    if (this.#bytes > 0 && this.#bytes + bytes > EXPORT_PAGE_BYTES) return false;
    this.#bytes += bytes;
    this.events.push(...events);
    return true;
  }
}

export class EventExport {
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

  /** The first page waits until everything is stored. @throws WritError `projection-behind`, `bad-page-key` */
  async page(tenant: TenantId, request: ExportRequest): Promise<EventsPage> {
    const { campaign, log, invocation, after } = request;
    const byCall = campaign !== undefined || log !== undefined || invocation !== undefined;
    const key = after === undefined ? undefined : PAGE_KEY.exec(after);
    if (key === null || (key && byCall === (key[1] !== undefined)))
      throw new WritError(
        'bad-page-key',
        `"${after}" is no page key: send the \`next\` of the page before, as it is`,
      );
    if (after === undefined) await caughtUp(this.#ledger, this.#projection);
    const { last: asOf } = await readCursor(this.#db);
    const page = byCall
      ? await this.#byCall(tenant, request, {
          seq: Number(key?.[2] ?? 0),
          name: key?.[3] ?? '',
          done: Number(key?.[4] ?? 0),
        })
      : await this.#inOrder(tenant, request, Number(key?.[1] ?? 0));
    return { ...page, asOf };
  }

  async #inOrder(
    tenant: TenantId,
    { since, until }: ExportRequest,
    after: number,
  ): Promise<Omit<EventsPage, 'asOf'>> {
    const { rows } = await this.#chunks(tenant, since, after);
    const [from, to] = [since ? Date.parse(since) : 0, until ? Date.parse(until) : Number.POSITIVE_INFINITY];
    const page = new PageOfEvents();
    let at = after;
    for (const { hashes, unpacked_bytes: unpackedBytes, body_crc: bodyCrc, body } of rows) {
      for (const commit of unpackChunk({ hashes, unpackedBytes, bodyCrc, body })) {
        if (commit.seq <= after) continue;
        if (commit.at >= to) return { events: page.events, at };
        const fits = page.add(commit.at < from ? [] : exportedEvents(commit).map(({ event }) => event));
        if (!fits) return { events: page.events, at, next: `c.${at}` };
        at = commit.seq;
      }
    }
    return { events: page.events, at, ...(rows.length < EXPORT_CHUNKS ? {} : { next: `c.${at}` }) };
  }

  /** A few chunks that end after a sequence, and not before a time. */
  #chunks(tenant: TenantId, since: string | undefined, after: number) {
    const begins =
      since === undefined
        ? sql``
        : sql`and last_seq >= coalesce((select max(first_seq) from audit.chunks
            where tenant = ${tenant} and first_at < ${since}::timestamptz), 0)`;
    return sql<Pick<AuditTables['audit.chunks'], 'hashes' | 'unpacked_bytes' | 'body_crc' | 'body'>>`
      select hashes, unpacked_bytes, body_crc, body from audit.chunks
      where tenant = ${tenant} and last_seq > ${after} ${begins}
      order by last_seq limit ${EXPORT_CHUNKS}`.execute(this.#db);
  }

  async #byCall(
    tenant: TenantId,
    request: ExportRequest,
    from: CallPlace & { readonly done: number },
  ): Promise<Omit<EventsPage, 'asOf'>> {
    const traces = await exportedTraces(this.#db, tenant, request, from, { inclusive: true });
    const page = new PageOfEvents();
    const commits = new ParsedCommits((seq) => this.#reader.commit(tenant, seq));
    let at = from.seq;
    for (const { invocation, firstSeq, facts } of traces) {
      at = firstSeq;
      const done = invocation === from.name && firstSeq === from.seq ? from.done : 0;
      for (const [index, seq] of facts.entries()) {
        if (index < done) continue;
        const events = (await commits.facts(seq)).flatMap(({ event, about }) =>
          isOf(about, invocation, request) ? [event] : [],
        );
        if (!page.add(events))
          return { events: page.events, at, next: `i.${firstSeq}.${invocation}.${index}` };
      }
    }
    const last = traces.at(-1);
    if (!last || traces.length < EXPORT_PAGE_ROWS) return { events: page.events, at };
    return { events: page.events, at, next: `i.${at}.${last.invocation}.${last.facts.length}` };
  }
}

/** Of several calls in one event the first tells it; of one call everything is told. */
function isOf(about: readonly string[], call: InvocationId, { invocation }: ExportRequest): boolean {
  return about[0] === call || (invocation !== undefined && about.includes(call));
}

/** Commits that were parsed for one page: calls that were asked for together share them. */
class ParsedCommits {
  readonly #read: (seq: number) => Promise<StoredCommit>;
  readonly #parsed = new Map<number, readonly ExportedFact[]>();

  constructor(read: (seq: number) => Promise<StoredCommit>) {
    this.#read = read;
  }

  async facts(seq: number): Promise<readonly ExportedFact[]> {
    const known = this.#parsed.get(seq);
    if (known) return known;
    const facts = exportedEvents(await this.#read(seq));
    this.#parsed.set(seq, facts);
    if (this.#parsed.size > PARSED_COMMITS) this.#parsed.delete(this.#parsed.keys().next().value as number);
    return facts;
  }
}
