/** What people do about approvals: look, vote, lend their vote, give a yes ahead of time. */
import { WritError } from '@writ/contracts';
import type { Amounts, Fact, TenantId } from '@writ/contracts';
import { setTimeout as delay } from 'node:timers/promises';
import { uuidv7 } from 'uuidv7';
import { approvalDetails } from './approval-details.ts';
import {
  approvalTable,
  findApproval,
  givenTables,
  openApprovals,
  readGiven,
  waitingFor,
} from './approvals.ts';
import type { OpenApproval } from './approvals.ts';
import { publishAsApprover } from './approver-facts.ts';
import { readBalances } from './balances.ts';
import type { Balance } from './balances.ts';
import { show, within } from './commands.ts';
import type { GlobalOptions, Surroundings } from './commands.ts';
import { ExitCode } from './exit-code.ts';
import type { Session } from './session.ts';
import { times } from './terms.ts';

export interface ApproveOptions extends GlobalOptions {
  readonly reason?: string;
  readonly breakGlass?: boolean;
  /** Condition of a standing grant. */
  readonly like?: string;
  readonly uses: number;
  readonly maxCost?: Amounts;
  readonly for: number;
}

const POLL_MS = 25;
const GIVE_UP_AFTER_MS = 5_000;

export async function approvals(
  surroundings: Surroundings,
  /** Empty: all of them. */
  id: string,
  options: GlobalOptions & { readonly mine?: boolean; readonly given?: boolean },
): Promise<ExitCode> {
  const { terminal } = surroundings;
  return within(surroundings, options.mine ? 'approver' : 'operator', options, async (session) => {
    const { transport, tenant, origin } = session;
    if (options.given) {
      const given = await readGiven(transport, tenant);
      show(terminal, options, given, (paint) => givenTables(given, paint));
      return ExitCode.ok;
    }
    const all = await openApprovals(transport, tenant);
    if (id !== '') {
      const one = findApproval(all, id);
      const balances = await balancesOf(session);
      show(terminal, options, { ...one, balances }, (paint) => approvalDetails(one, balances, paint));
      return ExitCode.ok;
    }
    const open = options.mine ? waitingFor(origin, all, await readGiven(transport, tenant)) : all;
    const nobody = options.mine ? `no approval waits for ${origin}` : 'no approval is open';
    show(terminal, options, open, (paint) => (open.length > 0 ? approvalTable(open, paint) : nobody));
    return ExitCode.ok;
  });
}

export async function approve(
  surroundings: Surroundings,
  id: string,
  options: ApproveOptions,
): Promise<ExitCode> {
  const { like, reason, breakGlass } = options;
  if (breakGlass && reason === undefined)
    throw new WritError(
      'invalid-arguments',
      'breaking the glass needs --reason: everyone who is skipped reads it',
    );
  if (like !== undefined) await checkPattern(like);
  return within(surroundings, 'approver', options, async (session) => {
    const approval = await votable(session, id);
    if (breakGlass && !approval.mayBreakGlass.includes(session.origin)) throw noGlass(session, approval);
    const standing = like === undefined ? undefined : standingGrant(session.tenant, approval, like, options);
    const vote = voteFact(session, approval, 'approve', { reason, breakGlass });
    await publishAsApprover(session, vote, ...(standing ? [standing] : []));
    const inForce = standing && (await awaitGiven(session, standing.data.standing));
    const balances = await balancesOf(session);
    const cast = {
      ...approval,
      vote: 'approve',
      by: session.origin,
      reason,
      breakGlass,
      standing: standing?.data,
    };
    show(surroundings.terminal, options, cast, (paint) => {
      const word = breakGlass ? paint('red', 'glass broken') : paint('green', 'approved');
      const ahead = standing ? [givenAhead(standing, inForce ?? false)] : [];
      return [approvalDetails(approval, balances, paint), `${word} by ${session.origin}`, ...ahead].join(
        '\n',
      );
    });
    return ExitCode.ok;
  });
}

export async function deny(
  surroundings: Surroundings,
  id: string,
  options: GlobalOptions & { readonly reason: string },
): Promise<ExitCode> {
  return within(surroundings, 'approver', options, async (session) => {
    const approval = await votable(session, id);
    const { reason } = options;
    await publishAsApprover(session, voteFact(session, approval, 'deny', { reason }));
    const balances = await balancesOf(session);
    const cast = { ...approval, vote: 'deny', by: session.origin, reason };
    show(surroundings.terminal, options, cast, (paint) => {
      return `${approvalDetails(approval, balances, paint)}\n${paint('red', 'denied')} by ${session.origin}`;
    });
    return ExitCode.ok;
  });
}

/** Lends one's vote to another person for some time, or takes it back. */
export async function delegate(
  surroundings: Surroundings,
  to: string,
  options: GlobalOptions & { readonly for: number; readonly end?: boolean; readonly reason?: string },
): Promise<ExitCode> {
  return within(surroundings, 'approver', options, async (session) => {
    const { reason, end } = options;
    const untilMs = Date.now() + (end ? 0 : options.for * 1_000);
    const data = { to, untilMs, ...(reason === undefined ? {} : { reason }) };
    await publishAsApprover(session, { type: 'approval.delegated', tenant: session.tenant, data });
    const words = end
      ? `${to} no longer votes in the name of ${session.origin}`
      : `${to} may vote in the name of ${session.origin} until ${new Date(untilMs).toISOString()}`;
    show(surroundings.terminal, options, { from: session.origin, ...data }, () => words);
    return ExitCode.ok;
  });
}

export async function withdraw(
  surroundings: Surroundings,
  standing: string,
  options: GlobalOptions,
): Promise<ExitCode> {
  return within(surroundings, 'approver', options, async (session) => {
    const { standing: all } = await readGiven(session.transport, session.tenant);
    const mine = all.filter(({ by }) => by === session.origin).map((one) => one.standing);
    if (!mine.includes(standing)) {
      const known = mine.length > 0 ? `in force: ${mine.join(', ')}` : 'none is in force';
      throw new WritError(
        'unknown-standing',
        `${session.origin} has given no standing grant "${standing}"; ${known}`,
      );
    }
    await publishAsApprover(session, {
      type: 'standing.withdrawn',
      tenant: session.tenant,
      data: { standing },
    });
    show(surroundings.terminal, options, { standing, by: session.origin }, () => `${standing} is withdrawn`);
    return ExitCode.ok;
  });
}

/** The approval, unless this person's word would not count. */
async function votable(session: Session, id: string): Promise<OpenApproval> {
  const approval = findApproval(await openApprovals(session.transport, session.tenant), id);
  if (!approval.barred.includes(session.origin)) return approval;
  const why = session.origin === approval.agent ? 'asked for it' : `answers for the agent ${approval.agent}`;
  throw new WritError('vote-does-not-count', `${session.origin} ${why}, so this vote does not count`);
}

function noGlass({ origin }: Session, { mayBreakGlass }: OpenApproval): WritError {
  const who = mayBreakGlass.length > 0 ? `only ${mayBreakGlass.join(', ')} may` : 'no rule says who may';
  return new WritError('vote-does-not-count', `${origin} may not break the glass for this call: ${who}`);
}

function voteFact(
  { tenant }: Session,
  { invocation, argsDigest }: OpenApproval,
  vote: 'approve' | 'deny',
  { reason, breakGlass }: { readonly reason?: string | undefined; readonly breakGlass?: boolean | undefined },
): Fact<'approval.voted'> {
  const data = {
    invocation,
    vote,
    argsDigest,
    ...(reason === undefined ? {} : { reason }),
    ...(breakGlass ? { breakGlass } : {}),
  };
  return { type: 'approval.voted', tenant, data };
}

function standingGrant(
  tenant: TenantId,
  { tool, project, ceiling }: OpenApproval,
  condition: string,
  { uses, maxCost, for: lastsSeconds, reason }: ApproveOptions,
): Fact<'standing.granted'> {
  const data = {
    standing: uuidv7(),
    tool,
    project: project ?? 'default',
    condition,
    maxUses: uses,
    maxCost: maxCost ?? times(ceiling, uses),
    lastsSeconds,
    ...(reason === undefined ? {} : { reason }),
  };
  return { type: 'standing.granted', tenant, data };
}

/** Only this needs the condition language, which takes longer to load than all the rest. */
async function checkPattern(condition: string): Promise<void> {
  const { patternProblem } = await import('@writ/policy');
  const problem = patternProblem(condition);
  if (problem !== undefined) throw new WritError('invalid-arguments', `--like: ${problem}`);
}

/** Whether the policy service has taken it within some seconds. */
async function awaitGiven({ transport, tenant }: Session, standing: string): Promise<boolean> {
  for (
    const giveUpAt = performance.now() + GIVE_UP_AFTER_MS;
    performance.now() < giveUpAt;
    await delay(POLL_MS)
  ) {
    const given = await readGiven(transport, tenant);
    if (given.standing.some((one) => one.standing === standing)) return true;
  }
  return false;
}

function givenAhead({ data }: Fact<'standing.granted'>, inForce: boolean): string {
  const { standing, tool, project, condition, maxUses } = data;
  if (!inForce) return `${standing} is not in force: it is used up already, or you have given too many`;
  return `${standing}: yes to ${maxUses} more calls of ${tool} for ${project} where ${condition}`;
}

/** What accounts have left; an approver is not kept from voting when the budget does not answer. */
async function balancesOf({ transport, tenant }: Session): Promise<readonly Balance[] | undefined> {
  return readBalances(transport, tenant).catch(() => undefined);
}
