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
  'tool.requested',
  'tool.cancel-requested',
  'approval.voted',
  'approval.delegated',
  'standing.granted',
  'standing.withdrawn',
  'tool.registered',
  'tool.retired',
  'policy.published',
  'budget.defined',
  'budget.retired',
  'breaker.configured',
  'environment.defined',
  'groups.defined',
  'owners.defined',
  'scheduling.configured',
  'budget.reserved',
  'budget.escalated',
  'budget.refused',
  'approval.consumed',
  'schedule.refused',
  'invocation.cancelled',
] satisfies EventType[]);

export const policy: Decider<PolicyState> = {
  name: 'policy',
  version: 2,
  writes: SubjectKind.decisions,
  reads: new Set([
    SubjectKind.requests,
    SubjectKind.catalog,
    SubjectKind.approvals,
    SubjectKind.budget,
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
 * What the budget says matters only while a call that needs people waits for its hold, what the scheduler says only
 * while a granted one waits for its run: that is rarely the case.
 */
function wants(state: PolicyState, kind: SubjectKind): boolean {
  if (kind === SubjectKind.budget) return state.awaitingHold > 0;
  return kind !== SubjectKind.schedule || state.awaitingRun > 0;
}
