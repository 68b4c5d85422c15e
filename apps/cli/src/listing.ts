/** Invocations as the audit lists them, and one of them in full. */
import { WritError, subjects } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import { provenanceOf, searchPage } from '@writ/provenance';
import type {
  InvocationProvenance,
  ListedInvocation,
  SearchPage,
  SearchRequest,
  ShowReply,
} from '@writ/provenance';
import type { Transport } from '@writ/sdk';
import { z } from 'zod';
import { table } from './table.ts';
import type { Colour, Paint } from './terminal.ts';

const QUERY_TIMEOUT_MS = 30_000;

const RED: ReadonlySet<string> = new Set(['failed', 'timed-out', 'denied', 'refused', 'rejected', 'expired']);

export async function search(
  transport: Transport,
  tenant: TenantId,
  request: SearchRequest,
): Promise<SearchPage> {
  const reply = searchPage.safeParse(
    await transport.query(subjects.api(tenant, 'audit', 'search'), request, QUERY_TIMEOUT_MS),
  );
  if (reply.success) return reply.data;
  throw new WritError('query-failed', `the audit's list cannot be read: ${z.prettifyError(reply.error)}`);
}

/** @throws WritError `unknown-invocation` */
export async function provenance(
  transport: Transport,
  tenant: TenantId,
  invocation: string,
): Promise<InvocationProvenance> {
  const subject = subjects.api(tenant, 'audit', 'show');
  const reply = (await transport.query(subject, { invocation }, QUERY_TIMEOUT_MS)) as ShowReply;
  const { record, circumstances } = reply;
  if (record) return provenanceOf(record, circumstances?.at(-1));
  throw new WritError(
    'unknown-invocation',
    `nobody asked for "${invocation}" in tenant ${tenant}: see writ log`,
  );
}

export function listingTable(listed: readonly ListedInvocation[], paint: Paint): string {
  const rows = listed.map(({ asked, invocation, tool, agent, project, campaign, stage, executor }) => [
    asked?.slice(0, 19).replace('T', ' ') ?? '',
    invocation,
    paint(colourOf(stage), stage),
    tool ?? '',
    agent,
    [project, campaign].filter(Boolean).join('/'),
    executor ?? '',
  ]);
  return table(
    ['asked', 'invocation', 'stage', 'tool', 'agent', 'project/campaign', 'executor'],
    rows,
    paint,
  );
}

export function colourOf(stage: string): Colour {
  if (stage === 'succeeded') return 'green';
  return RED.has(stage) ? 'red' : 'yellow';
}
