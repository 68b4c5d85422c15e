/**
 * What the budget knows: per tenant its accounts and its open calls, and who is owed an answer. A call is here from its
 * verdict until it ends; what it leaves behind is a sum in its accounts and nothing else, so memory follows open calls
 * (and the payloads whose bytes an account holds).
 */
import type {
  AgentId,
  Amounts,
  Digest,
  EventData,
  Fact,
  Instant,
  InvocationId,
  TenantId,
  ToolName,
} from '@writ/contracts';
import type { HeldLine, Purse } from './purse.ts';
import { Queue } from './queue.ts';
import type { Waiting } from './queue.ts';

export interface BudgetState {
  /** The latest ledger time of all that was folded: windows close by it, and it never goes back. */
  now: Instant;
  readonly tenants: Map<TenantId, TenantBudget>;
  /** Calls that are owed an answer. */
  readonly owed: Queue<OwedCall>;
  /** Alerts and overruns that are owed; they go out before any other answer. */
  readonly notes: Queue<OwedNote>;
  /** Balances that are owed to policies that read them; they go out behind all other answers. */
  readonly statements: Statements;
}

export interface TenantBudget {
  readonly id: TenantId;
  /** By path, the retired ones included: what was spent is not forgotten when a limit is taken away and put back. */
  readonly accounts: Map<string, Account>;
  /** How many accounts are in force; while none is, nothing of this tenant is limited. */
  inForce: number;
  readonly calls: Map<InvocationId, Call>;
  /** The payloads whose bytes are charged to an account. */
  readonly payloads: Map<Digest, StoredPayload>;
  /** The accounts of a project and campaign, found once; emptied when the tree changes. */
  readonly ways: Map<string, Map<string | undefined, readonly Account[]>>;
  waysKept: number;
}

export interface Account {
  readonly path: string;
  /** The account that pays too; undefined: the path without its last name. */
  parent: string | undefined;
  /** Whether the catalog defines it now. */
  inForce: boolean;
  /** By `limitKey`, also those that are no longer limited. */
  readonly purses: Map<string, Purse>;
  /** Those that the catalog limits now, in its order: the limits of one unit stand together. */
  limits: readonly Purse[];
}

export interface StoredPayload {
  readonly amount: bigint;
  /** Whose level it raised, each once however often the same bytes were stored. */
  readonly purses: Purse[];
}

export type Call = AskingCall | EscalatedCall | GrantedCall | HeldCall | ReleasingCall;
export type OwedCall = AskingCall | GrantedCall | ReleasingCall;

/** Allowed, or waiting for approval, and not yet answered. */
export interface AskingCall extends Waiting {
  readonly status: 'asking';
  readonly tenant: TenantBudget;
  readonly invocation: InvocationId;
  readonly agent: AgentId;
  readonly tool: ToolName;
  readonly argsDigest: Digest;
  readonly project: string;
  readonly campaign: string | undefined;
  readonly ceiling: Amounts;
  readonly justification: string | undefined;
  /** Of another attempt: the accounts that held for the one before. It borrows nothing. */
  readonly way: readonly Account[] | undefined;
}

/** Held, and people are asked whether it may go over a soft limit. */
export interface EscalatedCall {
  readonly status: 'escalated';
  readonly hold: Hold;
  readonly escalation: Escalation;
}

/** People said yes: `budget.reserved` is owed. */
export interface GrantedCall extends Waiting {
  readonly status: 'granted';
  readonly tenant: TenantBudget;
  readonly invocation: InvocationId;
  readonly hold: Hold;
  readonly escalation: Escalation;
}

export type Escalation = Pick<EventData<'budget.escalated'>, 'holds' | 'over'>;

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
  readonly tool: ToolName | undefined;
}

/** Fixed when it became due, so that a later settlement does not change what is told. */
export interface OwedNote extends Waiting {
  readonly fact: Fact<'budget.alerted' | 'budget.adjusted'>;
}

/** A tenant whose balances are stated. */
export interface Watch {
  readonly tenant: TenantBudget;
  /** Ledger sequence of the last fact folded that began the watch, moved money or changed accounts. */
  moved: number;
  /** Up to where all of that is stated. */
  stated: number;
  /** What changed since it was stated last, in the order of the changes. */
  readonly changed: Set<Purse>;
  /** Of rolling windows: when the last part that was stated leaves. Only that one and later ones can change. */
  readonly partsStated: Map<Purse, Instant>;
}

export interface Statements {
  readonly watches: Map<TenantId, Watch>;
  /** Those that have something to state, longest waiting first. */
  readonly owed: Set<Watch>;
  /** Answers given since something is to be stated. */
  delayed: number;
}

export function initial(): BudgetState {
  const statements = { watches: new Map(), owed: new Set<never>(), delayed: 0 };
  return { now: 0, tenants: new Map(), owed: new Queue(), notes: new Queue(), statements };
}

/** The tenant's budget, begun when this is the first that is heard of it. */
export function tenantOf(state: BudgetState, id: TenantId): TenantBudget {
  let tenant = state.tenants.get(id);
  if (!tenant) {
    tenant = {
      id,
      accounts: new Map(),
      inForce: 0,
      calls: new Map(),
      payloads: new Map(),
      ways: new Map(),
      waysKept: 0,
    };
    state.tenants.set(id, tenant);
  }
  return tenant;
}
