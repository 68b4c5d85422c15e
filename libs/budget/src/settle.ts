/**
 * Settling: a completed run is charged what was measured, and the rest of its hold is free again. What it used beyond its
 * hold is charged as overrun and told: the money is gone, so nobody else may count on it.
 */
import { MICROS_PER_UNIT, Unit } from '@writ/contracts';
import type { EventData, HoldLine } from '@writ/contracts';
import { Usage } from './amounts.ts';
import { notePassedShares } from './alerts.ts';
import { forgetAsking } from './holds.ts';
import { charge, closeLine, rollTo } from './purse.ts';
import type { Purse } from './purse.ts';
import type { BudgetState, Hold, TenantBudget } from './state.ts';
import { storePayload } from './storage.ts';

type Completed = Pick<EventData<'execution.completed'>, 'invocation' | 'usage' | 'outputRef'>;

/** Folds an attempt that another one follows: it is charged, and as much as was held for it is asked for again. */
export function settleAttempt(
  state: BudgetState,
  tenant: TenantBudget,
  data: EventData<'execution.attempted'>,
): void {
  const { invocation, agent, argsDigest } = data;
  if (tenant.calls.get(invocation)?.status !== 'held') return;
  const hold = settle(state, tenant, data);
  if (!hold?.tool) return;
  const { accounts: way, lines, tool } = hold;
  const ceiling = Object.fromEntries(lines.map(({ purse, amount }) => [purse.unit, amount.toString()]));
  const asked = { tenant, invocation, agent, tool, argsDigest, ceiling, way } as const;
  const unsaid = { project: '', campaign: undefined, justification: undefined };
  const call = { status: 'asking', answered: false, ...asked, ...unsaid } as const;
  tenant.calls.set(invocation, call);
  state.owed.push(call);
}

/** Folds a completed run. @returns the hold that it closed. */
export function settle(state: BudgetState, tenant: TenantBudget, data: Completed): Hold | undefined {
  const { invocation } = data;
  const call = tenant.calls.get(invocation);
  if (call?.status === 'asking') forgetAsking(state, tenant, invocation);
  if (call?.status !== 'held') return undefined;
  tenant.calls.delete(invocation);
  const { hold } = call;
  const usage = new Usage(data.usage);
  const overruns: HoldLine[] = [];
  for (const line of hold.lines) {
    const { purse, amount } = line;
    rollTo(purse, state.now);
    closeLine(line);
    const stored = storedIn(tenant, purse, data);
    const used = stored + (usage.of(purse.unit) ?? (stored > 0n ? 0n : amount));
    chargeUse(state, tenant, purse, amount, used, overruns);
  }
  chargeUnheld(state, tenant, hold, data, usage, overruns);
  if (overruns.length === 0) return hold;
  const fact = {
    type: 'budget.adjusted',
    tenant: tenant.id,
    data: { invocation, reason: 'overrun', lines: overruns },
  } as const;
  state.notes.push({ answered: false, fact });
  return hold;
}

/**
 * Charges one purse. A tool that reports nothing of what was held, or no amount, is charged its whole ceiling: a call
 * that ran is not free because nobody measured it.
 */
function chargeUse(
  state: BudgetState,
  tenant: TenantBudget,
  purse: Purse,
  held: bigint,
  used: bigint,
  overruns: HoldLine[],
): void {
  const overrun = used > held ? used - held : 0n;
  charge(purse, used - overrun, overrun, state.now);
  notePassedShares(state, tenant, purse);
  if (overrun === 0n) return;
  const { account, unit } = purse;
  if (!overruns.some((line) => line.account === account && line.unit === unit))
    overruns.push({ account, unit, amount: overrun.toString() });
}

/**
 * Use of a limited unit that the call's ceiling did not name is all overrun, for no hold was taken for it. Only a stored
 * output is not: how large it may be is not the tool's to say.
 */
function chargeUnheld(
  state: BudgetState,
  tenant: TenantBudget,
  { accounts, lines, tool }: Hold,
  data: Completed,
  usage: Usage,
  overruns: HoldLine[],
): void {
  for (const account of accounts) {
    for (const purse of account.limits) {
      const reported = usage.of(purse.unit) ?? 0n;
      const nothing = reported === 0n && (purse.unit !== Unit.storage || !data.outputRef);
      if (nothing || (purse.tool !== undefined && purse.tool !== tool)) continue;
      if (lines.some((line) => line.purse === purse)) continue;
      rollTo(purse, state.now);
      const stored = storedIn(tenant, purse, data);
      chargeUse(state, tenant, purse, stored, stored + reported, overruns);
    }
  }
}

/** The bytes that this run's output newly takes up in the purse. */
function storedIn(tenant: TenantBudget, purse: Purse, { outputRef }: Completed): bigint {
  if (!outputRef || purse.unit !== Unit.storage) return 0n;
  return storePayload(tenant, outputRef.digest, BigInt(outputRef.bytes) * MICROS_PER_UNIT, purse);
}
