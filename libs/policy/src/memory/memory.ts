/**
 * What policy remembers of a tenant's calls beyond the calls themselves: what limits have let through, which calls
 * were denied before, and, while a published rule reads them, recent outcomes and balances. Folded from recorded facts
 * only, so that every decision can be derived again.
 */
import { MOVING_TYPES, Verdict } from '@writ/contracts';
import type { PolicyDecided, RecordedFact } from '@writ/contracts';
import type { Bundle } from '../bundle.ts';
import {
  adjust,
  defineAccount,
  hold,
  nothingDerived,
  retireAccount,
  settle,
  stopFollowing,
} from './derived-balances.ts';
import type { DerivedBalances } from './derived-balances.ts';
import { countDecision, countRun, emptyHistory } from './history.ts';
import type { History } from './history.ts';
import type { KeyedCounts } from './keyed-counts.ts';
import { countAllowed, keepOnly } from './limits-in-force.ts';
import { noteDecision } from './repeated-denials.ts';
import type { RepeatedDenials } from './repeated-denials.ts';
import { foldStatement, forgetAccount, noteMove, statedFrom } from './stated-balances.ts';
import type { StatedBalances } from './stated-balances.ts';

export interface Memory {
  readonly limits: KeyedCounts;
  readonly denials: RepeatedDenials;
  /** Absent while no published rule reads `history`. */
  history: History | undefined;
  readonly derived: DerivedBalances;
  /** Absent while no published rule reads `budget`, and for policies of before the budget stated balances. */
  stated: StatedBalances | undefined;
}

export function emptyMemory(): Memory {
  return {
    limits: new Map(),
    denials: new Map(),
    history: undefined,
    derived: nothingDerived(),
    stated: undefined,
  };
}

/** Whose memory it is: what is counted depends on the rules in force. */
interface Remembering {
  readonly catalog: { readonly bundle: Bundle | undefined };
  readonly memory: Memory;
}

/**
 * Folds a new bundle: what no rule reads any more is forgotten. `statedSince` is the ledger sequence of its publish where that
 * says that the budget states balances.
 */
export function noteBundle({ catalog: { bundle }, memory }: Remembering, statedSince?: number): void {
  if (!bundle) return;
  keepOnly(memory.limits, bundle.limits);
  memory.history = bundle.reads.history ? (memory.history ?? emptyHistory()) : undefined;
  const isStated = bundle.reads.budget && statedSince !== undefined;
  memory.stated = isStated ? (memory.stated ?? statedFrom(statedSince)) : undefined;
  if (!isDerived(bundle, memory)) stopFollowing(memory.derived);
}

function isDerived({ reads }: Bundle, { stated }: Memory): boolean {
  return reads.budget && !stated;
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
    if (!isDerived(bundle, memory)) memory.derived.incomplete = true;
    if (data.rules.length > 0 && bundle.limits.size > 0) countAllowed(memory.limits, bundle.limits, data, at);
  }
  if (memory.history) countDecision(memory.history, data, at);
}

type AccountFact = RecordedFact<'budget.defined' | 'budget.retired'>;
type MoneyFact = RecordedFact<'budget.reserved' | 'budget.escalated' | 'budget.released' | 'budget.adjusted'>;
type RunFact = RecordedFact<'execution.completed' | 'execution.attempted' | 'schedule.resolved'>;
type StorageFact = RecordedFact<'payload.removed' | 'storage.returned'>;
export type News = AccountFact | MoneyFact | RunFact | StorageFact | RecordedFact<'budget.stated'>;

const NEWS: ReadonlySet<string> = new Set<News['type']>([
  'budget.defined',
  'budget.retired',
  'budget.reserved',
  'budget.escalated',
  'budget.released',
  'budget.adjusted',
  'budget.stated',
  'execution.completed',
  'execution.attempted',
  'schedule.resolved',
  'payload.removed',
  'storage.returned',
]);

export function isNews(fact: RecordedFact): fact is News {
  return NEWS.has(fact.type);
}

/** Folds what other services, executors and operators say of money and runs. */
export function noteNews(tenant: Remembering | undefined, fact: News): void {
  if (!tenant) return;
  const { stated } = tenant.memory;
  switch (fact.type) {
    case 'budget.defined':
    case 'budget.retired':
      noteAccount(tenant.memory, fact);
      break;
    case 'execution.completed':
    case 'execution.attempted':
    case 'schedule.resolved':
      noteRun(tenant, fact);
      break;
    case 'budget.stated':
      if (stated) foldStatement(stated, fact);
      break;
    case 'payload.removed':
    case 'storage.returned':
      break;
    default:
      if (tenant.catalog.bundle && isDerived(tenant.catalog.bundle, tenant.memory))
        noteMoney(tenant.memory.derived, fact);
  }
  if (stated && MOVING_TYPES.has(fact.type)) noteMove(stated, fact.seq);
}

function noteAccount({ derived, stated }: Memory, fact: AccountFact): void {
  const path = fact.type === 'budget.defined' ? fact.data.budget.account : fact.data.account;
  if (fact.type === 'budget.defined') defineAccount(derived, fact.data.budget);
  else retireAccount(derived, path);
  if (stated) forgetAccount(stated, path, fact.seq);
}

function noteMoney(derived: DerivedBalances, fact: MoneyFact): void {
  if (fact.type === 'budget.released') settle(derived, fact.data.invocation, undefined);
  else if (fact.type === 'budget.adjusted') adjust(derived, fact);
  else hold(derived, fact);
}

/** The end of a run, or of an attempt that another one follows: that one is held for anew. */
function noteRun({ catalog: { bundle }, memory }: Remembering, fact: RunFact): void {
  if (!bundle) return;
  if (memory.history && bundle.reads.runs && fact.type !== 'execution.attempted')
    countRun(memory.history, fact);
  if (!isDerived(bundle, memory)) return;
  const used = fact.type === 'schedule.resolved' ? (fact.data.used ?? {}) : fact.data.usage;
  settle(memory.derived, fact.data.invocation, used);
}

/** What our own services wrote is not validated when it is read, and a fold never throws. */
function isWhole({ agent, tool, argsDigest, rules }: Partial<PolicyDecided>): boolean {
  return [agent, tool, argsDigest].every((name) => typeof name === 'string') && Array.isArray(rules);
}
