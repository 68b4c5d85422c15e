/**
 * Orders of the calls to which an answer of their own is owed. Heaps, not sets: the order in which a set was filled is
 * not part of the state, and answers must be the same after a restart.
 */
import type { Instant, Position } from '@writ/contracts';
import type { Call } from './state.ts';

/** Calls with a deadline: the order in which their time runs out. */
export function expiresBefore(a: Call, b: Call): boolean {
  const difference = (a.deadlineMs as Instant) - (b.deadlineMs as Instant);
  return difference === 0 ? a.arrival < b.arrival : difference < 0;
}

export function arrivedBefore(a: Call, b: Call): boolean {
  return a.arrival < b.arrival;
}

export const IN_DEADLINES: Position<Call> = {
  get: (call) => call.inDeadlines,
  set: (call, position) => {
    call.inDeadlines = position;
  },
};

/** Shared by cancels and indeterminate outcomes: a call cannot be owed both, because its phase allows one. */
export const IN_DEBTS: Position<Call> = {
  get: (call) => call.inDebts,
  set: (call, position) => {
    call.inDebts = position;
  },
};
