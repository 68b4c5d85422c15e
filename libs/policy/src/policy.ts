/**
 * Policy: whether a call may run. Every call is decided against the catalog in force before anything is paid,
 * placed or run; what needs people waits for them with its money held; nothing is allowed by default that may
 * destroy.
 */
import { SubjectKind } from '@writ/contracts';
import type { Decider, EventType } from '@writ/contracts';
import { evolve } from './evolve.ts';
import { react } from './react.ts';
import { restore, snapshot } from './snapshot.ts';
import { initial } from './state.ts';
import type { PolicyState } from './state.ts';

/**
 * Of the services' facts, those that it folds: the scheduler's commits of plain dispatches are skipped unread even while
 * a granted call waits, because they hold none of these.
 */
const FOLDS: ReadonlySet<EventType> = new Set([
  'budget.reserved',
  'budget.escalated',
  'budget.refused',
  'budget.released',
  'budget.adjusted',
  'budget.stated',
  'approval.consumed',
  'schedule.refused',
  'schedule.resolved',
  'invocation.cancelled',
  'execution.completed',
  'execution.attempted',
]);

export const policy: Decider<PolicyState> & Required<Pick<Decider<PolicyState>, 'folds'>> = {
  name: 'policy',
  version: 6,
  writes: SubjectKind.decisions,
  reads: new Set([
    SubjectKind.requests,
    SubjectKind.catalog,
    SubjectKind.approvals,
    SubjectKind.budget,
    SubjectKind.executions,
    SubjectKind.schedule,
  ]),
  folds: FOLDS,
  wants,
  initial,
  evolve,
  react,
  snapshot,
  restore,
};

/**
 * What the budget says matters only while a call that needs people waits for its hold, or a rule reads balances; what the
 * scheduler says, only while a granted call waits for its run; how runs end (a person may say it through the scheduler),
 * only while a rule reads that or balances. All of it is rarely the case.
 */
function wants({ awaitingHold, awaitingRun, following }: PolicyState, kind: SubjectKind): boolean {
  if (kind === SubjectKind.budget) return awaitingHold > 0 || following.budget.size > 0;
  const followsRuns = following.runs.size > 0 || following.budget.size > 0;
  if (kind === SubjectKind.schedule) return awaitingRun > 0 || followsRuns;
  if (kind === SubjectKind.executions) return followsRuns;
  return true;
}
