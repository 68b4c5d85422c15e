/**
 * Budget: what every account has left. The most that a call may use is held before it runs, in every account on its way,
 * and each hold closes exactly once; so what is spent and held never passes a limit, whatever races or crashes.
 */
import { SubjectKind } from '@writ/contracts';
import type { Decider, EventType } from '@writ/contracts';
import { evolve } from './evolve.ts';
import { react } from './react.ts';
import { restore, snapshot } from './snapshot.ts';
import { initial } from './state.ts';
import type { BudgetState } from './state.ts';

/** The foreign facts that `evolve` knows; grants, the bulk of the schedule, are none of them. */
const FOLDS: ReadonlySet<EventType> = new Set([
  'budget.defined',
  'budget.retired',
  'policy.decided',
  'approval.denied',
  'approval.expired',
  'schedule.refused',
  'invocation.cancelled',
  'execution.completed',
]);

export const budget: Decider<BudgetState> = {
  name: 'budget',
  version: 1,
  writes: SubjectKind.budget,
  reads: new Set([SubjectKind.catalog, SubjectKind.decisions, SubjectKind.schedule, SubjectKind.executions]),
  folds: FOLDS,
  initial,
  evolve,
  react,
  snapshot,
  restore,
};
