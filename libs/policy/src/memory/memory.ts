/**
 * What policy remembers of a tenant's calls beyond the calls themselves: what limits have let through, which calls
 * were denied before, and, while a published rule reads them, recent outcomes and balances. Folded from recorded facts
 * only, so that every decision can be derived again.
 */
import { Verdict } from '@writ/contracts';
import type { PolicyDecided, RecordedFact } from '@writ/contracts';
import type { Bundle } from '../bundle.ts';
import {
  adjust,
  defineAccount,
  hold,
  noAccounts,
  retireAccount,
  settle,
  stopFollowing,
} from './budget-view.ts';
import type { BudgetAccounts } from './budget-view.ts';
import { countDecision, countRun, emptyHistory } from './history.ts';
import type { History } from './history.ts';
import type { KeyedCounts } from './keyed-counts.ts';
import { countAllowed, keepOnly } from './limits-in-force.ts';
import { noteDecision } from './repeated-denials.ts';
import type { RepeatedDenials } from './repeated-denials.ts';

export interface Memory {
  readonly limits: KeyedCounts;
  readonly denials: RepeatedDenials;
  /** Absent while no published rule reads `history`. */
  history: History | undefined;
  readonly budget: BudgetAccounts;
}

export function emptyMemory(): Memory {
  return { limits: new Map(), denials: new Map(), history: undefined, budget: noAccounts() };
}

/** Whose memory it is: what is counted depends on the rules in force. */
interface Remembering {
  readonly catalog: { readonly bundle: Bundle | undefined };
  readonly memory: Memory;
}

/** Folds a new bundle: what no rule reads any more is forgotten. */
export function noteBundle({ catalog: { bundle }, memory }: Remembering): void {
  if (!bundle) return;
  keepOnly(memory.limits, bundle.limits);
  memory.history = bundle.reads.history ? (memory.history ?? emptyHistory()) : undefined;
  if (!bundle.reads.budget) stopFollowing(memory.budget);
}

/** Folds a decision of ours. */
export function noteDecided(
  { catalog: { bundle }, memory }: Remembering,
  { data, at }: RecordedFact<'policy.decided'>,
): void {
  if (!isWhole(data)) return;
  noteDecision(memory.denials, data, at);
  if (!bundle) return;
  if (data.verdict === Verdict.allow) {
    if (!bundle.reads.budget) memory.budget.incomplete = true;
    if (data.rules.length > 0 && bundle.limits.size > 0) countAllowed(memory.limits, bundle.limits, data, at);
  }
  if (memory.history) countDecision(memory.history, data, at);
}

type BudgetFact = RecordedFact<
  | 'budget.defined'
  | 'budget.retired'
  | 'budget.reserved'
  | 'budget.escalated'
  | 'budget.released'
  | 'budget.adjusted'
>;

type RunFact = RecordedFact<'execution.completed' | 'execution.attempted' | 'schedule.resolved'>;

/** Folds what other services and executors say of money and runs. */
export function noteNews(tenant: Remembering | undefined, fact: BudgetFact | RunFact): void {
  switch (fact.type) {
    case 'execution.completed':
    case 'execution.attempted':
    case 'schedule.resolved':
      return noteRun(tenant, fact);
    default:
      noteBudget(tenant, fact);
  }
}

function noteBudget(tenant: Remembering | undefined, fact: BudgetFact): void {
  if (!tenant) return;
  const { budget } = tenant.memory;
  if (fact.type === 'budget.defined') defineAccount(budget, fact.data.budget);
  else if (fact.type === 'budget.retired') retireAccount(budget, fact.data.account);
  else if (!tenant.catalog.bundle?.reads.budget) return;
  else if (fact.type === 'budget.released') settle(budget, fact.data.invocation, undefined);
  else if (fact.type === 'budget.adjusted') adjust(budget, fact);
  else hold(budget, fact);
}

/** The end of a run, or of an attempt that another one follows: that one is held for anew. */
function noteRun(tenant: Remembering | undefined, fact: RunFact): void {
  const reads = tenant?.catalog.bundle?.reads;
  if (!tenant || !reads) return;
  const { history, budget } = tenant.memory;
  if (history && reads.runs && fact.type !== 'execution.attempted') countRun(history, fact);
  if (!reads.budget) return;
  const used = fact.type === 'schedule.resolved' ? (fact.data.used ?? {}) : fact.data.usage;
  settle(budget, fact.data.invocation, used);
}

/** What our own services wrote is not validated when it is read, and a fold never throws. */
function isWhole({ agent, tool, argsDigest, rules }: Partial<PolicyDecided>): boolean {
  return [agent, tool, argsDigest].every((name) => typeof name === 'string') && Array.isArray(rules);
}
