/**
 * Budget: what every account has left. The most that a call may use is held before it runs, in every account on its way,
 * and each hold closes exactly once; so what is spent and held never passes a limit, whatever races or crashes.
 */
import { SubjectKind } from '@writ/contracts';
import type { Decider } from '@writ/contracts';
import { FOLDED, evolve } from './evolve.ts';
import { react } from './react.ts';
import { restore, snapshot } from './snapshot.ts';
import { initial } from './state.ts';
import type { BudgetState } from './state.ts';

export const budget: Decider<BudgetState> = {
  name: 'budget',
  version: 5,
  writes: SubjectKind.budget,
  reads: new Set([SubjectKind.catalog, SubjectKind.decisions, SubjectKind.schedule, SubjectKind.executions]),
  folds: FOLDED,
  initial,
  evolve,
  react,
  snapshot,
  restore,
};
