/** Verifies that the rows of a tenant's invocations are what the stream makes them. */
import { WritError, subjects } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import { checkRows, rowsPage } from '@writ/provenance';
import type { RowVerification, RowsPage, RowsRequest, StoredRow } from '@writ/provenance';
import type { LedgerTransport } from '@writ/sdk';
import { z } from 'zod';
import { commitsOf } from './stream-commits.ts';

const QUERY_TIMEOUT_MS = 30_000;

export async function verifyRows(
  { ledger, query }: Pick<LedgerTransport, 'ledger' | 'query'>,
  tenant: TenantId,
): Promise<RowVerification> {
  const first = await readPage(query, tenant, {});
  return checkRows(
    first.asOf,
    (seq) => commitsOf(ledger, tenant, seq),
    rowsFrom(first, async (after) => readPage(query, tenant, { after })),
  );
}

async function* rowsFrom(
  first: RowsPage,
  next: (after: Required<RowsRequest>['after']) => Promise<RowsPage>,
): AsyncGenerator<StoredRow> {
  for (let page = first; ;) {
    yield* page.rows;
    const last = page.rows.at(-1);
    if (!page.more || !last) return;
    page = await next({ first: last.first, invocation: last.invocation });
  }
}

async function readPage(
  query: LedgerTransport['query'],
  tenant: TenantId,
  request: RowsRequest,
): Promise<RowsPage> {
  const reply = rowsPage.safeParse(
    await query(subjects.api(tenant, 'audit', 'rows'), request, QUERY_TIMEOUT_MS),
  );
  if (reply.success) return reply.data;
  throw new WritError('query-failed', `the audit's rows cannot be read: ${z.prettifyError(reply.error)}`);
}
