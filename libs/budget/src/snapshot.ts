/**
 * The whole state as JSON and back. Order is part of it: accounts and calls stand as they were first heard of, queues
 * longest waiting first, so a restored state answers exactly as the one it was taken from.
 */
import type { AgentId, Amounts, EventData, InvocationId, Json, TenantId } from '@writ/contracts';
import { accountAt, purseOf } from './accounts.ts';
import { nextAlertAt } from './alerts.ts';
import { initial, tenantOf } from './state.ts';
import type { Account, BudgetState, Call, Hold, Purse, ReleasingCall, TenantBudget } from './state.ts';

/** `[unit, limit, spent, held, overrun, passed]` */
type SavedPurse = readonly [string, string | null, string, string, string, number];
/** `[path, inForce, shares, purses]` */
type SavedAccount = readonly [string, boolean, readonly number[], readonly SavedPurse[]];
/** `[accounts, [account, unit, amount][]]` */
type SavedHold = readonly [readonly string[], readonly (readonly [string, string, string])[]];
type SavedCall =
  | readonly ['asking', InvocationId, AgentId, string, string | null, Amounts]
  | readonly ['held', InvocationId, SavedHold]
  | readonly ['releasing', InvocationId, ReleasingCall['reason'], SavedHold];

interface SavedBudget {
  readonly tenants: readonly (readonly [TenantId, readonly SavedAccount[], readonly SavedCall[]])[];
  readonly owed: readonly (readonly [TenantId, InvocationId])[];
  readonly alerts: readonly (readonly [TenantId, EventData<'budget.alerted'>])[];
}

export function snapshot(state: BudgetState): Json {
  const saved: SavedBudget = {
    tenants: Array.from(state.tenants.values(), ({ id, accounts, calls }) => [
      id,
      Array.from(accounts.values(), saveAccount),
      Array.from(calls, saveCall),
    ]),
    owed: Array.from(state.owed, ({ tenant, invocation }) => [tenant.id, invocation]),
    alerts: Array.from(state.alerts, ({ tenant, alert }) => [tenant, alert]),
  };
  return saved as unknown as Json;
}

export function restore(json: Json): BudgetState {
  const saved = json as unknown as SavedBudget;
  const state = initial();
  for (const [id, accounts, calls] of saved.tenants) {
    const tenant = tenantOf(state, id);
    for (const account of accounts) restoreAccount(tenant, account);
    for (const call of calls) tenant.calls.set(call[1], restoreCall(tenant, call));
  }
  for (const [id, invocation] of saved.owed) {
    const call = tenantOf(state, id).calls.get(invocation);
    if (call && call.status !== 'held') state.owed.push(call);
  }
  for (const [tenant, alert] of saved.alerts) state.alerts.push({ answered: false, tenant, alert });
  return state;
}

function saveAccount({ path, inForce, shares, purses }: Account): SavedAccount {
  return [path, inForce, shares, Array.from(purses.values(), savePurse)];
}

function savePurse({ unit, limit, spent, held, overrun, passed }: Purse): SavedPurse {
  return [unit, limit?.toString() ?? null, spent.toString(), held.toString(), overrun.toString(), passed];
}

function saveCall([invocation, call]: readonly [InvocationId, Call]): SavedCall {
  switch (call.status) {
    case 'asking':
      return ['asking', invocation, call.agent, call.project, call.campaign ?? null, call.ceiling];
    case 'held':
      return ['held', invocation, saveHold(call.hold)];
    case 'releasing':
      return ['releasing', invocation, call.reason, saveHold(call.hold)];
  }
}

function saveHold({ accounts, lines }: Hold): SavedHold {
  return [
    accounts.map((account) => account.path),
    lines.map(({ purse, amount }) => [purse.account, purse.unit, amount.toString()]),
  ];
}

function restoreAccount(tenant: TenantBudget, [path, inForce, shares, purses]: SavedAccount): void {
  const account = accountAt(tenant, path);
  account.inForce = inForce;
  account.shares = shares;
  if (inForce) tenant.inForce++;
  for (const [unit, limit, spent, held, overrun, passed] of purses) {
    const purse = purseOf(account, unit);
    purse.limit = limit === null ? undefined : BigInt(limit);
    purse.spent = BigInt(spent);
    purse.held = BigInt(held);
    purse.overrun = BigInt(overrun);
    purse.passed = passed;
    purse.alertAt = nextAlertAt(account, purse);
  }
}

function restoreCall(tenant: TenantBudget, saved: SavedCall): Call {
  const [status, invocation] = saved;
  switch (status) {
    case 'asking': {
      const [, , agent, project, campaign, ceiling] = saved;
      const common = { answered: false, tenant, invocation, agent, project, ceiling };
      return { status, ...common, campaign: campaign ?? undefined };
    }
    case 'held':
      return { status, hold: restoreHold(tenant, saved[2]) };
    case 'releasing':
      return {
        status,
        answered: false,
        tenant,
        invocation,
        reason: saved[2],
        hold: restoreHold(tenant, saved[3]),
      };
  }
}

function restoreHold(tenant: TenantBudget, [accounts, lines]: SavedHold): Hold {
  return {
    accounts: accounts.map((path) => accountAt(tenant, path)),
    lines: lines.map(([account, unit, amount]) => ({
      purse: purseOf(accountAt(tenant, account), unit),
      amount: BigInt(amount),
    })),
  };
}
