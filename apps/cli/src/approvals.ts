/** Open approvals and what was given ahead, as the policy service tells them. */
import { EVENT_SCHEMAS, WritError, subjects } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import type { Transport } from '@writ/sdk';
import { z } from 'zod';
import { amounts } from './fact-line.ts';
import { table } from './table.ts';
import type { Paint } from './terminal.ts';

/** What the query tells beside the fact that opened the approval. */
const openApproval = EVENT_SCHEMAS['approval.opened'].extend({
  project: z.string().optional(),
  campaign: z.string().optional(),
  /** Without what the tool's schema calls secret. */
  inputs: z.record(z.string(), z.unknown()).optional(),
  rules: z.array(z.object({ policy: z.string(), because: z.string().optional() })).default([]),
  asked: z.array(z.string()).default([]),
  waitingFor: z.array(z.string()).default([]),
  barred: z.array(z.string()).default([]),
  mayBreakGlass: z.array(z.string()).default([]),
  escalatesAtMs: z.number().optional(),
  votes: z
    .array(
      z.object({
        by: z.string(),
        vote: z.string(),
        inNameOf: z.string().optional(),
        standing: z.string().optional(),
      }),
    )
    .default([]),
  history: z
    .object({
      granted: z.number(),
      denied: z.number(),
      expired: z.number(),
      latest: z.array(z.object({ tool: z.string(), outcome: z.string(), at: z.number() })),
    })
    .optional(),
});
export type OpenApproval = z.infer<typeof openApproval>;

const approvalsReply = z.object({ approvals: z.array(openApproval) });

const givenAhead = z.object({
  standing: z.array(
    z.object({
      standing: z.string(),
      by: z.string(),
      tool: z.string(),
      project: z.string(),
      condition: z.string(),
      endsAtMs: z.number(),
      usesLeft: z.number(),
      costLeft: z.record(z.string(), z.string()),
    }),
  ),
  delegations: z.array(z.object({ from: z.string(), to: z.string(), untilMs: z.number() })),
});
export type GivenAhead = z.infer<typeof givenAhead>;

/** Standing grants and delegations in force. */
export async function readGiven(transport: Transport, tenant: TenantId): Promise<GivenAhead> {
  return read(givenAhead, await transport.query(subjects.api(tenant, 'policy', 'given'), {}));
}

export async function openApprovals(
  transport: Transport,
  tenant: TenantId,
): Promise<readonly OpenApproval[]> {
  const reply = await transport.query(subjects.api(tenant, 'policy', 'approvals'), {});
  return read(approvalsReply, reply).approvals;
}

function read<T>(schema: z.ZodType<T>, answer: unknown): T {
  const reply = schema.safeParse(answer);
  if (reply.success) return reply.data;
  throw new WritError(
    'query-failed',
    `the policy service's approvals cannot be read: ${z.prettifyError(reply.error)}`,
  );
}

/** Those that wait for this person, or for somebody who lent him a vote. */
export function waitingFor(
  person: string,
  approvals: readonly OpenApproval[],
  { delegations }: GivenAhead,
): readonly OpenApproval[] {
  const rights = [person, ...delegations.filter(({ to }) => to === person).map(({ from }) => from)];
  return approvals.filter(
    ({ asked, waitingFor: missing, barred, votes }) =>
      !barred.includes(person) &&
      votes.every(({ by }) => by !== person) &&
      (asked.length === 0 || rights.some((right) => missing.includes(right))),
  );
}

/** The open approval of this invocation; a beginning of its id is enough when no other one begins so. */
export function findApproval(approvals: readonly OpenApproval[], id: string): OpenApproval {
  const exact = approvals.find(({ invocation }) => invocation === id);
  if (exact) return exact;
  const matches = approvals.filter(({ invocation }) => invocation.startsWith(id));
  const [only] = matches;
  if (only && matches.length === 1) return only;
  const known =
    approvals.length > 0
      ? `open: ${approvals.map(({ invocation }) => invocation).join(', ')}`
      : 'none is open';
  const why =
    matches.length > 1
      ? `${matches.length} open approvals begin with "${id}"`
      : `no approval of "${id}" is open`;
  throw new WritError('unknown-approval', `${why}; ${known}`);
}

export function approvalTable(approvals: readonly OpenApproval[], paint: Paint): string {
  const rows = approvals.map((approval) => [
    approval.invocation,
    approval.tool,
    approval.agent,
    amounts(approval.ceiling),
    approval.policies.join(', ') || 'over a soft limit',
    `${approvedBy(approval).length} of ${approval.terms.quorum}`,
    approval.waitingFor.join(', ') || 'anyone',
    new Date(approval.terms.expiresAtMs).toISOString(),
  ]);
  const head = ['invocation', 'tool', 'agent', 'ceiling', 'policies', 'votes', 'waits for', 'expires'];
  return table(head, rows, paint);
}

export function givenTables({ standing, delegations }: GivenAhead, paint: Paint): string {
  const grants = standing.map((one) => [
    one.standing,
    one.by,
    `${one.project}: ${one.tool}`,
    one.condition,
    String(one.usesLeft),
    amounts(one.costLeft),
    new Date(one.endsAtMs).toISOString(),
  ]);
  const lent = delegations.map(({ from, to, untilMs }) => [from, to, new Date(untilMs).toISOString()]);
  const parts = [
    ...(grants.length > 0
      ? [table(['standing grant', 'by', 'calls', 'where', 'uses left', 'cost left', 'ends'], grants, paint)]
      : []),
    ...(lent.length > 0 ? [table(['votes of', 'may be cast by', 'until'], lent, paint)] : []),
  ];
  return parts.join('\n\n') || 'nothing was given ahead';
}

export function approvedBy({ votes }: OpenApproval): readonly string[] {
  return votes.filter(({ vote }) => vote === 'approve').map(({ by }) => by);
}
