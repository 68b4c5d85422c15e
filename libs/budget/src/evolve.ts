/**
 * The fold. Verdicts make calls ask, our own answers settle what is owed, ends close holds. Total: a fact about a call
 * that is not open, or that cannot be, changes nothing.
 */
import { Verdict } from '@writ/contracts';
import type { RecordedFact } from '@writ/contracts';
import { defineAccount, retireAccount } from './accounts.ts';
import { alertRecorded } from './alerts.ts';
import { endUnused, forgetAsking, openHold, releaseHold, settle } from './holds.ts';
import { tenantOf } from './state.ts';
import type { BudgetState, TenantBudget } from './state.ts';

export function evolve(state: BudgetState, fact: RecordedFact): BudgetState {
  switch (fact.type) {
    case 'budget.defined':
      defineAccount(state, tenantOf(state, fact.tenant), fact.data.budget);
      break;
    case 'policy.decided':
      decided(state, fact);
      break;
    case 'budget.reserved':
      openHold(state, tenantOf(state, fact.tenant), fact.data);
      break;
    case 'budget.alerted':
      alertRecorded(state, fact.tenant, fact.data);
      break;
    default: {
      const tenant = state.tenants.get(fact.tenant);
      if (tenant) evolveKnown(state, tenant, fact);
    }
  }
  return state;
}

/** Facts that mean nothing for a tenant of which nothing is known. */
function evolveKnown(state: BudgetState, tenant: TenantBudget, fact: RecordedFact): void {
  switch (fact.type) {
    case 'budget.retired':
      return retireAccount(tenant, fact.data.account);
    case 'budget.refused':
      return forgetAsking(state, tenant, fact.data.invocation);
    case 'budget.released':
      return releaseHold(state, tenant, fact.data.invocation);
    case 'execution.completed':
      return settle(state, tenant, fact.data.invocation, fact.data.usage);
    case 'schedule.refused':
      return endUnused(state, tenant, fact.data.invocation, 'refused');
    case 'invocation.cancelled':
      return endUnused(state, tenant, fact.data.invocation, 'cancelled');
    case 'approval.denied':
      return endUnused(state, tenant, fact.data.invocation, 'denied');
    case 'approval.expired':
      return endUnused(state, tenant, fact.data.invocation, 'expired');
    default:
      return;
  }
}

/** One hold serves the call through its approval: the later allow finds it open and adds nothing. */
function decided(state: BudgetState, { tenant: id, data }: RecordedFact<'policy.decided'>): void {
  const { verdict, invocation, agent, project, campaign, ceiling } = data;
  const tenant = tenantOf(state, id);
  if (verdict === Verdict.deny) return endUnused(state, tenant, invocation, 'denied');
  if (tenant.calls.has(invocation)) return;
  const call = {
    status: 'asking',
    answered: false,
    tenant,
    invocation,
    agent,
    project,
    campaign,
    ceiling,
  } as const;
  tenant.calls.set(invocation, call);
  state.owed.push(call);
}
