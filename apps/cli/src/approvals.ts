/** Open approvals as the policy service tells them, and the vote on one of them. */
import { EVENT_SCHEMAS, WritError, digestOf, encodeEvent, subjects } from '@writ/contracts';
import type { TenantId, Fact } from '@writ/contracts';
import type { Transport } from '@writ/sdk';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import { amounts } from './fact-line.ts';
import type { Session } from './session.ts';
import { table } from './table.ts';
import type { Paint } from './terminal.ts';

/** An `approval.opened` that is neither granted, denied nor expired, with the votes so far. */
const openApproval = EVENT_SCHEMAS['approval.opened'].extend({
  votes: z.array(z.object({ by: z.string(), vote: z.string() })).optional(),
});
export type OpenApproval = z.infer<typeof openApproval>;

const approvalsReply = z.object({ approvals: z.array(openApproval) });

export async function openApprovals(
  transport: Transport,
  tenant: TenantId,
): Promise<readonly OpenApproval[]> {
  const reply = approvalsReply.safeParse(
    await transport.query(subjects.api(tenant, 'policy', 'approvals'), {}),
  );
  if (reply.success) return reply.data.approvals;
  throw new WritError(
    'query-failed',
    `the policy service's approvals cannot be read: ${z.prettifyError(reply.error)}`,
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
    approval.policies.join(', '),
    `${approvedBy(approval).length} of ${approval.terms.quorum}`,
    new Date(approval.terms.expiresAtMs).toISOString(),
  ]);
  return table(['invocation', 'tool', 'agent', 'ceiling', 'policies', 'votes', 'expires'], rows, paint);
}

/** Everything that a voter answers for. */
export function approvalDetails(approval: OpenApproval, paint: Paint): string {
  const { approvers, quorum, expiresAtMs } = approval.terms;
  const rows: [string, string][] = [
    ['invocation', approval.invocation],
    ['tool', approval.tool],
    ['agent', approval.agent],
    ['arguments', approval.argsDigest],
    ['ceiling', amounts(approval.ceiling) || 'nothing declared'],
    ['policies', approval.policies.join(', ')],
    ['justification', approval.justification ?? 'none given'],
    ['approvers', approvers.length > 0 ? approvers.join(', ') : 'anyone'],
    ['votes', `${approvedBy(approval).length} of ${quorum}`],
    ['expires', new Date(expiresAtMs).toISOString()],
  ];
  return rows.map(([name, value]) => `${paint('grey', name.padEnd(13))} ${value}`).join('\n');
}

/** How often a vote is sent before its voter is told that nobody confirmed it; a repeated vote counts once. */
const MOST_SENDS = 3;

/**
 * Publishes the vote over exactly the arguments that the voter saw.
 * @throws WritError `not-permitted`; `unconfirmed` when the ledger did not answer.
 */
export async function castVote(
  session: Session,
  approval: OpenApproval,
  vote: 'approve' | 'deny',
  reason: string | undefined,
): Promise<void> {
  const { invocation, argsDigest } = approval;
  const data = { invocation, vote, argsDigest, ...(reason === undefined ? {} : { reason }) };
  await publishAsPerson(session, { type: 'approval.voted', tenant: session.tenant, data });
}

/**
 * Publishes what a person says, under the name of its credential.
 * @throws WritError `not-permitted`; `unconfirmed` when the ledger did not answer.
 */
export async function publishAsPerson(
  { transport, tenant, origin }: Session,
  fact: Fact<'approval.voted' | 'node.ruled' | 'invocation.resolved'>,
): Promise<void> {
  const subject = subjects.approvals(tenant, origin);
  const id = uuidv7();
  const event = encodeEvent(fact, id, `writ/approver/${origin}`, new Date().toISOString());
  const request = { subject, data: Buffer.from(`[${event}]`), id: digestOf([subject, id]) };
  const refused = Promise.withResolvers<never>();
  refused.promise.catch(() => undefined);
  transport.watch({
    refused: (where, error) => void (where === subject && refused.reject(error)),
    reconnected: () => undefined,
  });
  for (let send = 0; send < MOST_SENDS; send++) {
    const result = await Promise.race([transport.append(request), refused.promise]);
    if (result.status === 'committed') return;
  }
  throw new WritError(
    'unconfirmed',
    `the ledger did not confirm the vote; look at \`writ approvals\` and vote again`,
    {
      retryable: true,
    },
  );
}

function approvedBy({ votes = [] }: OpenApproval): readonly string[] {
  return votes.filter(({ vote }) => vote === 'approve').map(({ by }) => by);
}
