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
  const { record } = (await transport.query(subject, { invocation }, QUERY_TIMEOUT_MS)) as ShowReply;
  if (record) return provenanceOf(record);
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

/** Who, what, when, why, where and at what cost. */
export function provenanceText(told: InvocationProvenance, paint: Paint): string {
  const { who, what, when, why, where, cost } = told;
  const rules = why.decisions.flatMap(({ verdict, rules: matched }) => [
    verdict,
    ...matched.map(({ policy, because }) => (because ? `${policy} (${because})` : policy)),
  ]);
  const lines: readonly (readonly [string, string | null])[] = [
    ['invocation', `${told.invocation}  ${paint(colourOf(told.stage), told.stage)}`],
    ['who', [who.agent, who.project, who.campaign, who.justification].filter(Boolean).join(', ')],
    ['what', [what.tool, what.argsDigest].filter(Boolean).join('  ')],
    ['inputs', what.inputs && JSON.stringify(what.inputs)],
    ['output', what.output === null ? (what.outputDigest ?? null) : JSON.stringify(what.output)],
    ['error', what.error && `${what.error.code}: ${what.error.message}`],
    ['when', timesText(when)],
    ['why', rules.join(', ')],
    ['denied', why.denial && `${why.denial.rule}: ${why.denial.reason}${remedyText(why.denial.remedy)}`],
    ['ended', why.ended && [why.ended.reason, why.ended.detail].filter(Boolean).join(': ')],
    ['approval', why.approval && approvalText(why.approval)],
    ['where', where.executor && `${where.executor}, ${where.attempts.length} attempts`],
    ['cost', costText(cost)],
    [
      'ledger',
      Object.entries(told.ledger)
        .map(([fact, seq]) => `${fact} ${String(seq)}`)
        .join(', '),
    ],
  ];
  return lines
    .filter(([, text]) => text)
    .map(([name, text]) => `${paint('grey', name.padEnd(12))}${text}`)
    .join('\n');
}

function colourOf(stage: string): Colour {
  if (stage === 'succeeded') return 'green';
  return RED.has(stage) ? 'red' : 'yellow';
}

function timesText(when: InvocationProvenance['when']): string {
  const spans = [
    ['approval', when.approvalMs],
    ['queued', when.queuedMs],
    ['ran', when.ranMs],
    ['in all', when.totalMs],
  ] as const;
  const told = spans.flatMap(([name, ms]) => (ms === null ? [] : [`${name} ${Math.round(ms)} ms`]));
  return [when.requested, told.join(', ')].filter(Boolean).join('  ');
}

function remedyText(remedy: string | null): string {
  return remedy === null ? '' : `; ${remedy}`;
}

function approvalText(approval: NonNullable<InvocationProvenance['why']['approval']>): string {
  const votes = approval.votes.map(
    ({ person, vote, reason }) => `${person}: ${vote}${reason ? ` (${reason})` : ''}`,
  );
  return [approval.result, ...votes].join(', ');
}

function costText({ settled, used }: InvocationProvenance['cost']): string {
  const lines = settled.map(
    ({ account, unit, held, charged }) => `${charged} of ${held} ${unit} from ${account}`,
  );
  const measured = Object.entries(used ?? {}).map(([unit, amount]) => `${amount} ${unit}`);
  return lines.length > 0 ? lines.join(', ') : measured.join(', ');
}
