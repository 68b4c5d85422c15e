/**
 * The fold. Verdicts make calls ask, our own answers settle what is owed, ends close holds. Total: a fact about a call
 * that is not open, or that cannot be, changes nothing.
 */
import { Verdict } from '@writ/contracts';
import type { EventType, RecordedFact } from '@writ/contracts';
import { defineAccount, retireAccount } from './accounts.ts';
import { noteRecorded } from './alerts.ts';
import { endUnused, escalate, forgetAsking, grant, releaseHold, reserve } from './holds.ts';
import { settle, settleAttempt } from './settle.ts';
import { tenantOf } from './state.ts';
import type { BudgetState } from './state.ts';
import { foldStated, noteFolded, watchBalances } from './statements.ts';
import { removePayload, returnStorage } from './storage.ts';

type Folds = { readonly [T in EventType]?: (state: BudgetState, fact: RecordedFact<T>) => void };

/** What is folded; each also moves the ledger time by which windows close. */
const FOLDS: Folds = {
  'budget.defined': (state, { tenant, data }) => defineAccount(state, tenantOf(state, tenant), data.budget),
  'budget.retired': (state, { tenant, data }) => retireAccount(state, tenantOf(state, tenant), data.account),
  'policy.decided': decided,
  'approval.granted': (state, { tenant, data }) => grant(state, tenantOf(state, tenant), data.invocation),
  'approval.denied': (state, { tenant, data }) => ended(state, tenant, data, 'denied'),
  'approval.expired': (state, { tenant, data }) => ended(state, tenant, data, 'expired'),
  'schedule.refused': (state, { tenant, data }) => ended(state, tenant, data, 'refused'),
  'invocation.cancelled': (state, { tenant, data }) => ended(state, tenant, data, 'cancelled'),
  'execution.completed': (state, { tenant, data }) => void settle(state, tenantOf(state, tenant), data),
  'execution.attempted': (state, { tenant, data }) => settleAttempt(state, tenantOf(state, tenant), data),
  // What a person does not state of the use is charged at the ceiling, as what a tool does not report.
  'schedule.resolved': (state, { tenant, data: { invocation, used = {} } }) =>
    void settle(state, tenantOf(state, tenant), { invocation, usage: used }),
  'payload.removed': (state, { tenant, data }) => removePayload(tenantOf(state, tenant), data.digest),
  'storage.returned': (state, { tenant, data }) => returnStorage(tenantOf(state, tenant), data),
  'budget.reserved': (state, { tenant, data }) =>
    reserve(state, tenantOf(state, tenant), data.invocation, data.holds),
  'budget.escalated': (state, { tenant, data }) =>
    escalate(state, tenantOf(state, tenant), data.invocation, data),
  'budget.refused': (state, { tenant, data }) =>
    forgetAsking(state, tenantOf(state, tenant), data.invocation),
  'budget.released': (state, { tenant, data }) =>
    releaseHold(state, tenantOf(state, tenant), data.invocation),
  'budget.alerted': noteRecorded,
  'budget.adjusted': noteRecorded,
  'policy.published': (state, { tenant, seq, data }) =>
    watchBalances(state, tenantOf(state, tenant), data.balances === 'stated', seq),
  'budget.stated': foldStated,
};

/** The types of facts that can change the state. */
export const FOLDED: ReadonlySet<EventType> = new Set(Object.keys(FOLDS) as EventType[]);

export function evolve(state: BudgetState, fact: RecordedFact): BudgetState {
  const fold = FOLDS[fact.type] as ((state: BudgetState, fact: RecordedFact) => void) | undefined;
  if (!fold) return state;
  if (fact.at > state.now) state.now = fact.at;
  fold(state, fact);
  if (state.statements.watches.size > 0) noteFolded(state, fact);
  return state;
}

type Reason = Parameters<typeof endUnused>[3];
type Ending = RecordedFact<
  'approval.denied' | 'approval.expired' | 'schedule.refused' | 'invocation.cancelled'
>;

function ended(state: BudgetState, tenant: Ending['tenant'], data: Ending['data'], reason: Reason): void {
  endUnused(state, tenantOf(state, tenant), data.invocation, reason);
}

/** One hold serves the call through its approval: the later allow finds it open and adds nothing. */
function decided(state: BudgetState, { tenant: id, data }: RecordedFact<'policy.decided'>): void {
  const { verdict, invocation, agent, tool, argsDigest, project, campaign, ceiling, justification } = data;
  const tenant = tenantOf(state, id);
  if (verdict === Verdict.deny) return endUnused(state, tenant, invocation, 'denied');
  if (tenant.calls.has(invocation)) return;
  const call = {
    status: 'asking',
    answered: false,
    tenant,
    invocation,
    agent,
    tool,
    argsDigest,
    project,
    campaign,
    ceiling,
    justification,
    way: undefined,
  } as const;
  tenant.calls.set(invocation, call);
  state.owed.push(call);
}
