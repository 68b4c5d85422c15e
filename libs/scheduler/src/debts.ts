/**
 * Orders of the calls to which an answer of their own is owed. Heaps, not sets: the order in which a set was filled is
 * not part of the state, and answers must be the same after a restart.
 */
import type { Instant, Position } from '@writ/contracts';
import { lapsesMs } from './lapse.ts';
import type { Call } from './model.ts';

/** Calls with a deadline: the order in which they become hopeless. */
export function expiresBefore(a: Call, b: Call): boolean {
  const difference = hopelessMs(a) - hopelessMs(b);
  return difference === 0 ? a.arrival < b.arrival : difference < 0;
}

/** Calls that pause: the order in which they go on. */
export function resumesBefore(a: Call, b: Call): boolean {
  const difference = (a.again?.resumeMs ?? 0) - (b.again?.resumeMs ?? 0);
  return difference === 0 ? a.arrival < b.arrival : difference < 0;
}

/** Calls that people granted: the order in which their grants lapse. */
export function lapsesBefore(a: Call, b: Call): boolean {
  const difference = lapsesMs(a) - lapsesMs(b);
  return difference === 0 ? a.arrival < b.arrival : difference < 0;
}

export function arrivedBefore(a: Call, b: Call): boolean {
  return a.arrival < b.arrival;
}

export const IN_DEADLINES: Position<Call> = {
  get: (call) => call.due?.position ?? -1,
  set: (call, position) => {
    if (call.due) call.due.position = position;
  },
};

export const IN_LAPSES: Position<Call> = {
  get: (call) => call.approval?.position ?? -1,
  set: (call, position) => {
    if (call.approval) call.approval.position = position;
  },
};

export const IN_CANCELS: Position<Call> = {
  get: (call) => call.cancel?.position ?? -1,
  set: (call, position) => {
    if (call.cancel) call.cancel.position = position;
  },
};

export const IN_PAUSES: Position<Call> = {
  get: (call) => call.again?.position ?? -1,
  set: (call, position) => {
    if (call.again) call.again.position = position;
  },
};

function hopelessMs({ due }: Call): Instant {
  return due?.hopelessMs ?? Infinity;
}
