/** How lanes and branches rank, and where each keeps its place in the heaps that it stands in. */
import type { Position } from '@writ/contracts';
import { isOwedMore } from './accounts.ts';
import type { Branch, Lane } from './model.ts';

/** Lanes rank by their first call, of which they keep what ranks them. */
export function laneBefore(a: Lane, b: Lane): boolean {
  return a.startMs === b.startMs ? a.arrival < b.arrival : a.startMs < b.startMs;
}

/** Lanes by how long their first call has waited. */
export function waitsLonger(a: Lane, b: Lane): boolean {
  return a.readyAt === b.readyAt ? a.arrival < b.arrival : a.readyAt < b.readyAt;
}

/** Branches by what their accounts are owed. */
export function precedes(a: Branch, b: Branch): boolean {
  return isOwedMore(a.account, b.account);
}

/** Where a lane stands among lanes; it is in one heap of them at most, beside that of the ageing ones. */
export const IN_LANES: Position<Lane> = {
  get: (lane) => lane.inLanes,
  set: (lane, position) => {
    lane.inLanes = position;
  },
};

export const IN_AGEING: Position<Lane> = {
  get: (lane) => lane.inAgeing,
  set: (lane, position) => {
    lane.inAgeing = position;
  },
};

export const IN_TIMED: Position<Lane> = {
  get: (lane) => lane.inTimed,
  set: (lane, position) => {
    lane.inTimed = position;
  },
};

export const IN_PARENT: Position<Branch> = {
  get: (branch) => branch.inParent,
  set: (branch, position) => {
    branch.inParent = position;
  },
};
