/**
 * Scheduler: where and when an allowed and paid call runs. A call has one open grant at most, calls of a step keep
 * their waves, and what must not run twice is never granted again once it may have begun.
 */
import { SubjectKind } from '@writ/contracts';
import type { Decider } from '@writ/contracts';
import { evolve } from './evolve.ts';
import { react } from './react.ts';
import type { SchedulerOffer } from './react.ts';
import { restore, snapshot } from './snapshot.ts';
import { initial } from './state.ts';
import type { SchedulerState } from './state.ts';

export const scheduler: Decider<SchedulerState, SchedulerOffer> = {
  name: 'scheduler',
  version: 9,
  writes: SubjectKind.schedule,
  reads: new Set([
    SubjectKind.requests,
    SubjectKind.catalog,
    SubjectKind.approvals,
    SubjectKind.decisions,
    SubjectKind.budget,
    SubjectKind.executions,
  ]),
  initial,
  evolve,
  react,
  snapshot,
  restore,
};
