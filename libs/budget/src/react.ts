/** What the budget owes now: alerts first, then the call that has waited longest gets its hold, refusal or release. */
import type { Fact, HoldLine } from '@writ/contracts';
import { accountsOf, freeOf } from './accounts.ts';
import { askedOf } from './amounts.ts';
import { exhausted, unknownAccount, unmeasurable } from './refusals.ts';
import type { AskingCall, BudgetState } from './state.ts';

/** The next answer owed; empty when all are given. The host folds it and asks again. */
export function react(state: BudgetState): readonly Fact[] {
  const owed = state.alerts.first;
  if (owed) return [{ type: 'budget.alerted', tenant: owed.tenant, data: owed.alert }];
  const call = state.owed.first;
  if (!call) return [];
  if (call.status === 'asking') return [answer(call)];
  const { tenant, invocation, reason } = call;
  return [{ type: 'budget.released', tenant: tenant.id, data: { invocation, reason } }];
}

/**
 * All or nothing: every limited unit of every account on the call's way is held at its ceiling, or none is. The host
 * folds the answer before the next call is looked at, so of N calls that race for the last money one is paid.
 */
function answer(call: AskingCall): Fact {
  const { tenant, invocation } = call;
  const accounts = accountsOf(tenant, call.project, call.campaign);
  if (accounts.length === 0 && tenant.inForce > 0) return refused(call, unknownAccount(call));
  const holds: HoldLine[] = [];
  for (const account of accounts) {
    for (const purse of account.purses.values()) {
      if (purse.limit === undefined) continue;
      const asked = askedOf(call.ceiling, purse.unit);
      if (asked === undefined) return refused(call, unmeasurable(call, purse));
      if (asked === 0n) continue;
      if (asked > freeOf(purse, purse.limit))
        return refused(call, exhausted(call, purse, purse.limit, asked));
      holds.push({ account: account.path, unit: purse.unit, amount: asked.toString() });
    }
  }
  return { type: 'budget.reserved', tenant: tenant.id, data: { invocation, holds } };
}

function refused({ tenant }: AskingCall, data: Fact<'budget.refused'>['data']): Fact {
  return { type: 'budget.refused', tenant: tenant.id, data };
}
