/** The invocations that an export is about, in order of request. */
import { sql } from 'kysely';
import type { Kysely, RawBuilder } from 'kysely';
import type { TenantId } from '@writ/contracts';
import type { ExportRequest, Trace } from '@writ/provenance';
import { EXPORT_PAGE_ROWS } from './limits.ts';
import type { AuditTables } from './tables.ts';
import { TRACE_COLUMNS, traceOf } from './trace-row.ts';
import type { TraceColumns } from './trace-row.ts';

/** A call's place in that order. */
export interface CallPlace {
  readonly seq: number;
  readonly name: string;
}

/** At most `EXPORT_PAGE_ROWS` of them, after a place, or from it on. */
export async function exportedTraces(
  db: Kysely<AuditTables>,
  tenant: TenantId,
  request: ExportRequest,
  { seq, name }: CallPlace,
  { inclusive = false } = {},
): Promise<readonly Trace[]> {
  const after = inclusive ? sql`>=` : sql`>`;
  const { rows } = await sql<TraceColumns>`select ${sql.raw(TRACE_COLUMNS)} from audit.invocations
    where ${conditions(tenant, request)} and (first_seq, invocation) ${after} (${seq}, ${name})
    order by first_seq, invocation limit ${EXPORT_PAGE_ROWS}`.execute(db);
  return rows.map(traceOf);
}

function conditions(
  tenant: TenantId,
  { campaign, log, invocation, since, until }: ExportRequest,
): RawBuilder<unknown> {
  const all = [sql`tenant = ${tenant}`];
  for (const [column, value] of Object.entries({ campaign, log, invocation }))
    if (value !== undefined) all.push(sql`${sql.ref(column)} = ${value}`);
  // One call stands in one month, and `ids` tells in which.
  if (invocation !== undefined)
    all.push(sql`(first_seq, first_at) in (select first_seq, first_at from audit.ids
      where ids.tenant = ${tenant} and ids.invocation = ${invocation})`);
  if (since !== undefined) all.push(sql`first_at >= ${since}::timestamptz`);
  if (until !== undefined) all.push(sql`first_at < ${until}::timestamptz`);
  return sql.join(all, sql` and `);
}
