/**
 * Holds: opened once at the ceiling, closed once, by settling or by a release. Closing what is not open changes nothing,
 * so a late or repeated completion cannot charge twice.
 */
import type { HoldLine, InvocationId } from '@writ/contracts';
import { accountAt, accountsOf, purseOf } from './accounts.ts';
import { notePassedShares } from './alerts.ts';
import { ParsedTexts } from './amounts.ts';
import { closeLine, openLine, rollTo } from './purse.ts';
import type { HeldLine } from './purse.ts';
import type { Account, BudgetState, Call, Escalation, Hold, ReleasingCall, TenantBudget } from './state.ts';
import { windowOf } from './windows.ts';

/** A hold of nothing has this one list; every call of an unlimited tenant has it. */
const NO_LINES: readonly HeldLine[] = [];
const ALLOCATION = windowOf({ hard: 0 });

/** Folds a recorded hold, whether or not the call that asked for it is known; one that people granted is held already. */
export function reserve(
  state: BudgetState,
  tenant: TenantBudget,
  invocation: InvocationId,
  holds: readonly HoldLine[],
): void {
  const call = tenant.calls.get(invocation);
  if (call?.status === 'held' || call?.status === 'releasing') return;
  if (call?.status === 'granted') state.owed.remove(call);
  const hold = call && 'hold' in call ? call.hold : openHold(state, tenant, invocation, call, holds);
  tenant.calls.set(invocation, { status: 'held', hold });
}

/** Folds an escalation: the hold is taken while people think, so that their yes carries its money. */
export function escalate(
  state: BudgetState,
  tenant: TenantBudget,
  invocation: InvocationId,
  { holds, over }: Escalation,
): void {
  const call = tenant.calls.get(invocation);
  if (call && call.status !== 'asking') return;
  const hold = openHold(state, tenant, invocation, call, holds);
  tenant.calls.set(invocation, { status: 'escalated', hold, escalation: { holds, over } });
}

/** Folds the yes of people: the reservation is owed. */
export function grant(state: BudgetState, tenant: TenantBudget, invocation: InvocationId): void {
  const call = tenant.calls.get(invocation);
  if (call?.status !== 'escalated') return;
  const { hold, escalation } = call;
  const granted = { status: 'granted', answered: false, tenant, invocation, hold, escalation } as const;
  tenant.calls.set(invocation, granted);
  state.owed.push(granted);
}

/** Folds a call's end before it ran: one that still asks is forgotten, an open hold is owed its release. */
export function endUnused(
  state: BudgetState,
  tenant: TenantBudget,
  invocation: InvocationId,
  reason: ReleasingCall['reason'],
): void {
  const call = tenant.calls.get(invocation);
  if (!call || call.status === 'releasing') return;
  if (call.status === 'asking') return forgetAsking(state, tenant, invocation);
  if (call.status === 'granted') state.owed.remove(call);
  const { hold } = call;
  const releasing = { status: 'releasing', answered: false, tenant, invocation, reason, hold } as const;
  tenant.calls.set(invocation, releasing);
  state.owed.push(releasing);
}

/** Folds a recorded release. */
export function releaseHold(state: BudgetState, tenant: TenantBudget, invocation: InvocationId): void {
  const call = tenant.calls.get(invocation);
  if (!call || call.status === 'asking') return;
  if (call.status === 'releasing' || call.status === 'granted') state.owed.remove(call);
  tenant.calls.delete(invocation);
  for (const line of call.hold.lines) {
    rollTo(line.purse, state.now);
    closeLine(line);
  }
}

/** Drops a call that was refused, or ended while it waited for its hold. */
export function forgetAsking(state: BudgetState, tenant: TenantBudget, invocation: InvocationId): void {
  const call = tenant.calls.get(invocation);
  if (call?.status !== 'asking') return;
  state.owed.remove(call);
  tenant.calls.delete(invocation);
}

function openHold(
  state: BudgetState,
  tenant: TenantBudget,
  invocation: InvocationId,
  call: Extract<Call, { status: 'asking' }> | undefined,
  holds: readonly HoldLine[],
): Hold {
  if (call) state.owed.remove(call);
  const accounts = call ? (call.way ?? accountsOf(tenant, call.project, call.campaign)) : [];
  const tool = call?.tool;
  if (holds.length === 0) return { accounts, lines: NO_LINES, tool };
  const lines: HeldLine[] = [];
  const amounts = new ParsedTexts();
  let account: Account | undefined;
  for (const { account: path, unit, amount: text } of holds) {
    if (account?.path !== path) account = accountAt(tenant, path);
    openLines(state, tenant, account, unit, { invocation, amount: amounts.of(text), tool, lines });
  }
  // Sliced, because an array that grew by `push` keeps room for sixteen more as long as the hold is open.
  return { accounts, lines: lines.slice(), tool };
}

interface Opening {
  readonly invocation: InvocationId;
  readonly amount: bigint;
  readonly tool: Hold['tool'];
  readonly lines: HeldLine[];
}

/** A line of a fact holds under every limit that its account sets on its unit for the tool. */
function openLines(
  state: BudgetState,
  tenant: TenantBudget,
  account: Account,
  unit: string,
  { invocation, amount, tool, lines }: Opening,
): void {
  const before = lines.length;
  for (const purse of account.limits) {
    if (purse.unit !== unit || (purse.tool !== undefined && purse.tool !== tool)) continue;
    rollTo(purse, state.now);
    lines.push(openLine(purse, invocation, amount));
    notePassedShares(state, tenant, purse);
  }
  // The limit was retired between the answer and its fold: the amount is kept for when it comes back.
  if (lines.length === before)
    lines.push(openLine(purseOf(account, unit, undefined, ALLOCATION, state.now), invocation, amount));
}
