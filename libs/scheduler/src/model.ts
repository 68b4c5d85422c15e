/**
 * What the queue is made of, and how it hangs together: calls stand in lanes, lanes in the branches of their accounts, and
 * behind the door of their tool; breakers know the doors that they stand before, quotas and keys the calls they hold up.
 * Only types, in one file, because each knows others that know it.
 */
import type {
  AgentId,
  BreakerSpec,
  Digest,
  ForcedMode,
  Heap,
  Instant,
  InvocationId,
  JsonObject,
  StepId,
  TenantId,
  ToolName,
  ToolSpec,
} from '@writ/contracts';
import type { Evidence, Window } from './window.ts';
import type { Approval } from './lapse.ts';
import type { Due, Phase } from './phase.ts';
import type { RunTimes } from './run-times.ts';
import type { Plan } from './conflicts.ts';
import type { Again } from './attempt.ts';
import type { CallQueue } from './call-queue.ts';

/** A call that has not ended. */
export interface Call {
  readonly tenant: TenantId;
  readonly invocation: InvocationId;
  readonly agent: AgentId;
  readonly tool: ToolName;
  readonly inputs: JsonObject;
  readonly berth: Berth;
  /** Absent for a call without a deadline. */
  readonly due: Due | undefined;
  /** Rises with every call that is asked for; decides between calls of one urgency. */
  readonly arrival: number;
  /** Absent for the only call of a step. */
  step: Step | undefined;
  phase: Phase;
  /** Known from the decision on: what exactly was allowed, and to be run by which version of the tool. */
  argsDigest: Digest | undefined;
  version: ToolVersion | undefined;
  /** Only of a call that people granted. */
  approval: Approval | undefined;
  /** Grants so far. */
  attempts: number;
  /** What its earlier attempts left behind; absent for a call that has not failed, or been lost. */
  again: Again | undefined;
  /** Why its agent wants it cancelled; takes effect whenever the call is not with an executor. */
  cancel: { readonly reason: string | undefined; position: number } | undefined;
  /** Where it queues, or was granted from; absent before. */
  lane: Lane | undefined;
  /** Its place in the queues of its resource keys; absent while it needs none. */
  lease: Lease | undefined;
  /** Ledger time, in seconds, at which it last became ready. */
  readyAt: number;
  /** Ledger sequence of the latest fact of another service that brought it further. */
  seq: number;
  /** Where it stands in its lane. */
  inLane: number;
}

/** The calls of one request, when there are several. */
export interface Step {
  readonly tenant: TenantId;
  readonly agent: AgentId;
  readonly id: StepId;
  /** Arrival of its first call: steps are kept in this order. */
  readonly arrival: number;
  /** The plan while it is owed; afterwards `living` or `after` says it all. */
  owed: Plan | undefined;
  /** Calls of each wave that have not ended; of one wave before there is a plan. */
  readonly living: Set<Call>[];
  /** The first wave with living calls; -1 while the plan is owed. */
  open: number;
  /** Of a step planned as a graph: the living calls that each living call still waits for; all stand in one wave. */
  after: Map<Call, Set<Call>> | undefined;
}

/** One version of a tool, alive while the catalog or a call needs it. */
export interface ToolVersion {
  readonly spec: ToolSpec;
  readonly digest: Digest;
  readonly door: Door;
  readonly times: RunTimes;
  /** Calls bound to it and places in the tool's history. */
  uses: number;
  /** It is registered READ_ONLY and was seen to write: told once, not at every call. */
  wrote: boolean;
}

export interface Account {
  readonly name: string;
  /** Absent for the cell, which is over all tenants. */
  readonly parent: Account | undefined;
  readonly children: Map<string, Account>;
  share: number;
  /** Node-seconds, each counted as 2^(age of the epoch in half-lives when it was used). */
  usage: number;
  /** Where it stands in the order of each pool and band, by their number. */
  readonly branches: Map<number, Branch>;
  /** By band. */
  readonly berths: Berth[];
  /** The queues of a campaign, by the version of the tool. */
  readonly lanes: Map<ToolVersion, Lane[]>;
}

/** Where calls belong in the order; one object for all of them, because a million hold it. */
export interface Berth {
  /** The campaign that is charged for them. */
  readonly account: Account;
  /** Of their urgency, 0 is the most urgent. */
  readonly band: number;
}

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
  readonly calls: CallQueue<Call>;
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

export interface Quota {
  /** `tool:<name>` or `project:<name>`. */
  readonly name: string;
  readonly most: number;
  running: number;
  readonly lanes: Set<Lane>;
}

/** By key; the empty key stands above all. */
export type Leases = Map<string, LeaseQueue>;

export interface Lease {
  /** Rises with every call that asks. */
  readonly ticket: number;
  readonly claims: readonly Claim[];
  /** Claims that are not granted yet. */
  open: number;
}

/** A call's wish for one key. */
export interface Claim {
  readonly call: Call;
  readonly ticket: number;
  readonly key: string;
  mode: Mode;
  granted: boolean;
  position: number;
}

export interface LeaseQueue {
  readonly held: Record<Mode, number>;
  readonly waiting: Heap<Claim>;
}

/** How a key is held; `below` means that something below it is. `counted` is any use of a key with a limit of its own. */
export type Mode = 'shared' | 'exclusive' | 'sharedBelow' | 'exclusiveBelow' | 'counted';

/** What the calls of one tool of one tenant pass on their way to a pool, whichever campaign they queue in. */
export interface Door {
  readonly tenant: TenantId;
  readonly tool: ToolName;
  readonly pool: string;
  /** What stands before it, its tool's own breaker first. */
  breakers: readonly Breaker[];
  readonly lanes: Set<Lane>;
}

export interface Breaker {
  /** `_cell` for what is watched over all tenants. */
  readonly tenant: TenantId;
  /** `tool:<name>`, `pool:<name>` or `all`. */
  readonly scope: string;
  spec: BreakerSpec;
  /** Without terms of its own it counts nothing and exists only to be forced. */
  watching: boolean;
  circuit: Circuit;
  force: Force | undefined;
  /** Times it has been half open; 0 is no round. */
  round: number;
  /** Ledger sequence of the latest run that it counted: while it is open, of the one that opened it. */
  seq: number;
  /** The queues that it stands before. */
  readonly doors: Set<Door>;
  /** Positions among the open ones and among those that are forced for a time. */
  inOpen: number;
  inForced: number;
}

export type Circuit =
  | { readonly status: 'closed'; readonly window: Window }
  | { readonly status: 'open'; readonly untilMs: Instant; readonly evidence: Evidence }
  | { readonly status: 'half-open'; readonly permits: number; readonly window: Window; probing: number };

/** What an operator made of the circuit; `untilMs` is absent when it holds until it is released. */
export interface Force {
  readonly mode: ForcedMode;
  readonly reason: string;
  readonly untilMs: Instant | undefined;
  /** Ledger sequence of the operator's word. */
  readonly seq: number;
}
