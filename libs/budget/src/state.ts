/**
 * What the budget knows: per tenant its accounts and its open calls, and who is owed an answer. A call is here from its
 * verdict until it ends; what it leaves behind is a sum in its accounts and nothing else, so memory follows open calls.
 */
import type { AgentId, Amounts, EventData, InvocationId, TenantId } from '@writ/contracts';
import { Queue } from './queue.ts';
import type { Waiting } from './queue.ts';

export interface BudgetState {
  readonly tenants: Map<TenantId, TenantBudget>;
  /** Calls that are owed a hold, a refusal or a release. */
  readonly owed: Queue<AskingCall | ReleasingCall>;
  /** Alerts that are owed; they go out before any other answer, in the commit of the hold that caused them. */
  readonly alerts: Queue<OwedAlert>;
}

export interface TenantBudget {
  readonly id: TenantId;
  /** By path, the retired ones included: what was spent is not forgotten when a limit is taken away and put back. */
  readonly accounts: Map<string, Account>;
  /** How many accounts are in force; while none is, nothing of this tenant is limited. */
  inForce: number;
  readonly calls: Map<InvocationId, Call>;
}

export interface Account {
  readonly path: string;
  /** Whether the catalog defines it now. */
  inForce: boolean;
  /** Shares of every limit at which an alert is due, ascending. */
  shares: readonly number[];
  readonly purses: Map<string, Purse>;
}

/** One unit of one account, in micro-units. `spent + held <= limit` whenever something is reserved. */
export interface Purse {
  readonly account: string;
  readonly unit: string;
  /** The limit in force; undefined when the account does not (or no longer) limit this unit. */
  limit: bigint | undefined;
  spent: bigint;
  held: bigint;
  /** What tools used beyond their holds. It is told, not charged: `spent` never takes what was not held. */
  overrun: bigint;
  /** How many of the account's shares have been passed under this limit. */
  passed: number;
  /** What must be spent and held for the next share to be passed; follows from the above, kept to be compared only. */
  alertAt: bigint | undefined;
}

export type Call = AskingCall | HeldCall | ReleasingCall;

/** Allowed, or waiting for approval, and not yet answered. */
export interface AskingCall extends Waiting {
  readonly status: 'asking';
  readonly tenant: TenantBudget;
  readonly invocation: InvocationId;
  readonly agent: AgentId;
  readonly project: string;
  readonly campaign: string | undefined;
  readonly ceiling: Amounts;
}

/** Its ceiling is held until it completes or ends otherwise. */
export interface HeldCall {
  readonly status: 'held';
  readonly hold: Hold;
}

/** It ended without running: its hold counts until the release is recorded. */
export interface ReleasingCall extends Waiting {
  readonly status: 'releasing';
  readonly tenant: TenantBudget;
  readonly invocation: InvocationId;
  readonly reason: EventData<'budget.released'>['reason'];
  readonly hold: Hold;
}

export interface Hold {
  /** The accounts in force on the call's way when it was reserved, also those in which it holds nothing. */
  readonly accounts: readonly Account[];
  readonly lines: readonly HeldLine[];
}

export interface HeldLine {
  readonly purse: Purse;
  readonly amount: bigint;
}

/** Fixed when the share was passed, so that a later settlement does not change what is told. */
export interface OwedAlert extends Waiting {
  readonly tenant: TenantId;
  readonly alert: EventData<'budget.alerted'>;
}

export function initial(): BudgetState {
  return { tenants: new Map(), owed: new Queue(), alerts: new Queue() };
}

/** The tenant's budget, begun when this is the first that is heard of it. */
export function tenantOf(state: BudgetState, id: TenantId): TenantBudget {
  let tenant = state.tenants.get(id);
  if (!tenant) state.tenants.set(id, (tenant = { id, accounts: new Map(), inForce: 0, calls: new Map() }));
  return tenant;
}
