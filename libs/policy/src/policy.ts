/**
 * Policy: whether a call may run. Every call is decided against the catalog in force before anything is paid,
 * placed or run; what needs people waits for them with its money held; nothing is allowed by default that may
 * destroy.
 */
import { SubjectKind } from '@writ/contracts';
import type { Decider } from '@writ/contracts';
import { evolve } from './evolve.ts';
import { react } from './react.ts';
import { restore, snapshot } from './snapshot.ts';
import { initial } from './state.ts';
import type { PolicyState } from './state.ts';

export const policy: Decider<PolicyState> = {
  name: 'policy',
  version: 2,
  writes: SubjectKind.decisions,
  reads: new Set([
    SubjectKind.requests,
    SubjectKind.catalog,
    SubjectKind.approvals,
    SubjectKind.budget,
    SubjectKind.executions,
  ]),
  wants,
  initial,
  evolve,
  react,
  snapshot,
  restore,
};

/**
 * What the budget says matters only while a call that needs people waits for its hold, or a rule reads balances; how runs
 * end, only while a rule reads that or balances. Both are rarely the case.
 */
function wants({ awaitingHold, following }: PolicyState, kind: SubjectKind): boolean {
  if (kind === SubjectKind.budget) return awaitingHold > 0 || following.budget.size > 0;
  if (kind === SubjectKind.executions) return following.runs.size > 0 || following.budget.size > 0;
  return true;
}
