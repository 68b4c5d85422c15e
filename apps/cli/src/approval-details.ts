/** One open approval with all that a person needs to decide it, in words. */
import { formatMicros } from '@writ/contracts';
import { approvedBy } from './approvals.ts';
import type { OpenApproval } from './approvals.ts';
import type { Balance } from './balances.ts';
import { amounts, decimal } from './fact-line.ts';
import type { Paint } from './terminal.ts';

/** Longest text of the arguments that is shown. */
const MOST_CHARACTERS = 2_000;
/** Of the requester's latest approvals. */
const MOST_PAST_APPROVALS = 3;
const NAME_WIDTH = 13;

/** `balances` of the tenant; the call's hold is taken, so what they call free is what is left after it. */
export function approvalDetails(
  approval: OpenApproval,
  balances: readonly Balance[] | undefined,
  paint: Paint,
): string {
  const { invocation, tool, argsDigest, inputs, ceiling, justification } = approval;
  const rows: [string, string][] = [
    ['invocation', invocation],
    ['tool', tool],
    ['agent', whoAsks(approval)],
    ['arguments', argsDigest],
    ...(inputs === undefined
      ? []
      : [['', shorten(JSON.stringify(inputs, undefined, 2))] as [string, string]]),
    ['ceiling', amounts(ceiling) || 'nothing declared'],
    ...balanceAfter(approval, balances).map((line): [string, string] => ['left after', line]),
    ...rulesOf(approval).map((line): [string, string] => ['rule', line]),
    ...(approval.over ?? []).map((over): [string, string] => ['soft limit', softLimit(over)]),
    ['justification', justification ?? 'none given'],
    ['approvers', askedOf(approval)],
    ['votes', votesOf(approval)],
    ...historyOf(approval).map((line): [string, string] => ['history', line]),
    ['unanswered', silence(approval)],
  ];
  return rows.map(([name, value]) => `${paint('grey', name.padEnd(NAME_WIDTH))} ${indent(value)}`).join('\n');
}

function whoAsks({ agent, project, campaign, barred }: OpenApproval): string {
  const owner = barred.find((person) => person !== agent);
  const place = project === undefined ? '' : ` for ${project}${campaign === undefined ? '' : `/${campaign}`}`;
  return `${agent}${owner === undefined ? '' : `, owned by ${owner}`}${place}`;
}

function rulesOf({ rules, policies }: OpenApproval): string[] {
  if (rules.length === 0) return policies;
  return rules.map(({ policy, because }) => (because === undefined ? policy : `${policy}: ${because}`));
}

/** Accounts that the call pays from, in the units that it may use. */
function balanceAfter(
  { ceiling, project, campaign }: OpenApproval,
  balances: readonly Balance[] | undefined,
): string[] {
  if (!balances || project === undefined) return [];
  const pays = new Set([
    '/',
    project,
    ...(campaign === undefined ? [] : [campaign, `${project}/${campaign}`]),
  ]);
  return balances
    .filter(({ account, unit }) => pays.has(account) && Object.hasOwn(ceiling, unit))
    .map(({ account, unit, free, limit }) => `${free} of ${limit} ${unit} in ${account}`);
}

function softLimit({
  account,
  unit,
  asked,
  softLimit: soft,
  spent,
  held,
}: NonNullable<OpenApproval['over']>[number]): string {
  const used = formatMicros(BigInt(spent) + BigInt(held));
  return `${account} has used or held ${used} ${unit}; ${decimal(asked)} more pass its soft limit of ${decimal(soft)}`;
}

function askedOf({ asked, terms, waitingFor }: OpenApproval): string {
  const groups = asked.length > 0 ? asked : terms.approvers;
  const missing = waitingFor.length > 0 ? ` (waits for ${waitingFor.join(', ')})` : '';
  return `${groups.join(', ') || 'anyone'}${missing}`;
}

function votesOf(approval: OpenApproval): string {
  const said = approval.votes.map(({ by, vote, inNameOf, standing }) => {
    const right = inNameOf === undefined ? '' : ` in the name of ${inNameOf}`;
    return `${by} ${vote}s${right}${standing === undefined ? '' : ` by ${standing}`}`;
  });
  const count = `${approvedBy(approval).length} of ${approval.terms.quorum}`;
  return said.length > 0 ? `${count}: ${said.join(', ')}` : count;
}

function historyOf({ history }: OpenApproval): string[] {
  if (!history) return [];
  const { granted, denied, expired, latest } = history;
  const last = latest.slice(-MOST_PAST_APPROVALS).toReversed();
  return [
    `${granted} granted, ${denied} denied, ${expired} ran out`,
    ...last.map(({ tool, outcome, at }) => `${tool}, ${outcome} ${new Date(at).toISOString()}`),
  ];
}

function silence({ terms, escalatesAtMs }: OpenApproval): string {
  const end = `${new Date(terms.expiresAtMs).toISOString()} it is denied`;
  if (escalatesAtMs === undefined) return end;
  const from = terms.askedAtMs ?? 0;
  const next = (terms.demands ?? []).flatMap(({ escalate = [] }) =>
    escalate.filter(({ afterSeconds }) => from + afterSeconds * 1_000 === escalatesAtMs),
  );
  const groups = [...new Set(next.flatMap(({ approvers }) => approvers))].join(', ');
  return `${new Date(escalatesAtMs).toISOString()} ${groups} are asked too; ${end}`;
}

function shorten(text: string): string {
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}…`;
}

function indent(text: string): string {
  return text.replaceAll('\n', `\n${' '.repeat(NAME_WIDTH + 1)}`);
}
