/**
 * Holds: opened once at the ceiling, closed once, by settling or by a release. Closing what is not open changes nothing,
 * so a late or repeated completion cannot charge twice.
 */
import type { Amounts, EventData, HoldLine, InvocationId } from '@writ/contracts';
import { accountAt, accountsOf, purseOf } from './accounts.ts';
import { notePassedShares } from './alerts.ts';
import { amountOf, usedOf } from './amounts.ts';
import type { BudgetState, HeldLine, Hold, Purse, ReleasingCall, TenantBudget } from './state.ts';

/** A hold of nothing has this one list; every call of an unlimited tenant has it. */
const NO_LINES: readonly HeldLine[] = [];

/** Folds a recorded hold, whether or not the call that asked for it is known. */
export function openHold(state: BudgetState, tenant: TenantBudget, data: EventData<'budget.reserved'>): void {
  const call = tenant.calls.get(data.invocation);
  if (call && call.status !== 'asking') return;
  if (call) state.owed.remove(call);
  // Sliced, because an array that grew by `push` keeps room for sixteen more as long as the hold is open.
  const accounts = call ? accountsOf(tenant, call.project, call.campaign).slice() : [];
  const lines = data.holds.length === 0 ? NO_LINES : data.holds.map((line) => hold(state, tenant, line));
  tenant.calls.set(data.invocation, { status: 'held', hold: { accounts, lines } });
}

/** Folds a call's end before it ran: one that still asks is forgotten, an open hold is owed its release. */
export function endUnused(
  state: BudgetState,
  tenant: TenantBudget,
  invocation: InvocationId,
  reason: ReleasingCall['reason'],
): void {
  const call = tenant.calls.get(invocation);
  if (call?.status === 'asking') forgetAsking(state, tenant, invocation);
  if (call?.status !== 'held') return;
  const releasing = {
    status: 'releasing',
    answered: false,
    tenant,
    invocation,
    reason,
    hold: call.hold,
  } as const;
  tenant.calls.set(invocation, releasing);
  state.owed.push(releasing);
}

/** Folds a recorded release. */
export function releaseHold(state: BudgetState, tenant: TenantBudget, invocation: InvocationId): void {
  const call = tenant.calls.get(invocation);
  if (!call || call.status === 'asking') return;
  if (call.status === 'releasing') state.owed.remove(call);
  tenant.calls.delete(invocation);
  for (const { purse, amount } of call.hold.lines) purse.held -= amount;
}

/** Folds a completed run: what was measured is spent, the rest of the hold is free again. */
export function settle(
  state: BudgetState,
  tenant: TenantBudget,
  invocation: InvocationId,
  usage: Amounts,
): void {
  const call = tenant.calls.get(invocation);
  if (call?.status === 'asking') forgetAsking(state, tenant, invocation);
  if (call?.status !== 'held') return;
  tenant.calls.delete(invocation);
  for (const { purse, amount } of call.hold.lines) {
    purse.held -= amount;
    charge(purse, amount, usedOf(usage, purse.unit, amount));
  }
  for (const unit of Object.keys(usage)) chargeUnheld(call.hold, unit, amountOf(usage[unit]) ?? 0n);
}

/** Drops a call that was refused, or ended while it waited for its hold. */
export function forgetAsking(state: BudgetState, tenant: TenantBudget, invocation: InvocationId): void {
  const call = tenant.calls.get(invocation);
  if (call?.status !== 'asking') return;
  state.owed.remove(call);
  tenant.calls.delete(invocation);
}

function hold(state: BudgetState, tenant: TenantBudget, line: HoldLine): HeldLine {
  const account = accountAt(tenant, line.account);
  const purse = purseOf(account, line.unit);
  const amount = amountOf(line.amount) ?? 0n;
  purse.held += amount;
  notePassedShares(state, tenant, account, purse);
  return { purse, amount };
}

/** Never spends more than was held, because others may hold the rest; what was used beyond it is told as overrun. */
function charge(purse: Purse, held: bigint, used: bigint): void {
  const overrun = used - held;
  purse.spent += overrun > 0n ? held : used;
  if (overrun > 0n) purse.overrun += overrun;
}

/** Use of a limited unit that the call's ceiling did not name is all overrun. */
function chargeUnheld({ accounts, lines }: Hold, unit: string, used: bigint): void {
  for (const account of accounts) {
    const purse = account.purses.get(unit);
    if (purse?.limit === undefined || lines.some((line) => line.purse === purse)) continue;
    charge(purse, 0n, used);
  }
}
