/**
 * What the queue is made of: pools, their trees of branches, and lanes with calls. How lanes and branches rank, and where
 * each keeps its place in the heaps that it stands in.
 */
import type { Heap, Position } from '@writ/contracts';
import { isOwedMore } from './accounts.ts';
import type { Account } from './accounts.ts';
import type { CallQueue } from './call-queue.ts';
import type { Quota } from './quotas.ts';
import type { Call, ToolVersion } from './state.ts';

/** A named set of executors, and what waits for them. */
export interface Pool {
  readonly name: string;
  /** Distinguishes pools within a running state; not saved. */
  readonly number: number;
  /** The roots of the order, most urgent band first. */
  readonly bands: Branch[];
  /** The root of the order of lanes whose first call is overdue. */
  late: Branch | undefined;
  /** Open lanes of calls without a deadline that are not overdue, by how long their first call has waited. */
  readonly ageing: Heap<Lane>;
  /** Queued calls that may end late but still can be in time, by when they cannot. */
  readonly tardy: Heap<Call>;
  /** Ledger time, in seconds, up to which calls were looked at for their age. */
  agedAt: number;
}

/** An account in the order of one pool and band; it stands there while it has open lanes. */
export interface Branch {
  readonly account: Account;
  readonly parent: Branch | undefined;
  readonly branches: Heap<Branch>;
  /** Of a campaign. */
  readonly lanes: Heap<Lane>;
  /** Of a tenant: its open lanes of calls with deadlines; absent before the first. */
  timed: Heap<Lane> | undefined;
  inParent: number;
}

export interface Lane {
  readonly version: ToolVersion;
  readonly campaign: Account;
  readonly pool: Pool;
  readonly band: number;
  /** Whether its calls are to end by a deadline. */
  readonly timed: boolean;
  /** The campaign's place in the order: in that of its band, or among those whose first call is overdue. */
  home: Branch;
  overdue: boolean;
  quotas: readonly Quota[];
  readonly calls: CallQueue;
  /** Of its first call: the latest time to start (`Infinity` without a deadline), arrival, and since when it waits. */
  startMs: number;
  arrival: number;
  readyAt: number;
  /** The heap of lanes that it stands in: its campaign's, the refused ones', or none. */
  standsIn: Heap<Lane> | undefined;
  inLanes: number;
  inAgeing: number;
  inTimed: number;
}

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
