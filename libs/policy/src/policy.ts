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
  version: 1,
  writes: SubjectKind.decisions,
  reads: new Set([SubjectKind.requests, SubjectKind.catalog, SubjectKind.approvals, SubjectKind.budget]),
  wants,
  initial,
  evolve,
  react,
  snapshot,
  restore,
};

/**
 * What the budget says matters only while a call that needs people waits for its hold: that is rarely the
 * case.
 */
function wants(state: PolicyState, kind: SubjectKind): boolean {
  return kind !== SubjectKind.budget || state.awaitingHold > 0;
}
