/**
 * Everything the scheduler knows: the living calls, the queues that are built over them, executor sessions that hold
 * grants, breakers, and what is owed. A call that has ended is forgotten but for its id. The queues, sets of debts
 * and counts are views of the calls' phases: `snapshot.ts` saves the calls only and builds the views again.
 */
import { Heap } from '@writ/contracts';
import type {
  AgentId,
  Digest,
  ExecutorId,
  Instant,
  InvocationId,
  JsonObject,
  PlanMode,
  RecentIds,
  SessionId,
  StepId,
  TenantId,
  ToolName,
  ToolSpec,
} from '@writ/contracts';
import type { OpenAlert, UndeclaredWrite } from './alerts.ts';
import type { Approval } from './approvals.ts';
import { IN_FORCED, IN_OPEN, forceEndsBefore, opensBefore } from './breaker.ts';
import type { Breaker } from './breaker.ts';
import { IN_DEADLINES, IN_DEBTS, arrivedBefore, expiresBefore } from './debts.ts';
import { IN_LANES, laneBefore } from './queue.ts';
import type { Lane, Pool } from './queue.ts';
import type { Plan } from './plan.ts';

/** A call that has not ended. */
export interface Call {
  readonly tenant: TenantId;
  readonly invocation: InvocationId;
  readonly agent: AgentId;
  readonly tool: ToolName;
  readonly inputs: JsonObject;
  /** 0 (most urgent) to 1000. */
  readonly urgency: number;
  /** The agent's, or the end of its approval when that is earlier. */
  deadlineMs: Instant | undefined;
  /** Rises with every call that is asked for; decides between calls of one urgency. */
  readonly arrival: number;
  /** Absent for the only call of a step. */
  step: Step | undefined;
  /** Index of its wave; -1 while the plan is owed. */
  wave: number;
  phase: Phase;
  /** Known from the decision on: what exactly was allowed, and to be run by which version of the tool. */
  argsDigest: Digest | undefined;
  version: ToolVersion | undefined;
  /** Only of a call that people granted. */
  approval: Approval | undefined;
  /** Grants so far. */
  attempts: number;
  /** Why its agent wants it cancelled; takes effect whenever the call is not with an executor. */
  cancel: { readonly reason: string | undefined } | undefined;
  /** Positions in the heaps it is in. */
  inLane: number;
  inDeadlines: number;
  inDebts: number;
}

/** How far a call has come. */
export type Phase =
  | { readonly status: 'waiting'; readonly allowed: boolean; readonly reserved: boolean }
  /** Allowed and paid for; earlier waves of its step still run. */
  | { readonly status: 'cleared' }
  /** In the queue of its pool. */
  | { readonly status: 'ready' }
  | { readonly status: 'granted'; readonly grant: OpenGrant }
  /** Its executor was lost after the start and it must not run twice; `recorded` once the ledger says so. */
  | { readonly status: 'indeterminate'; readonly grant: OpenGrant; readonly recorded: boolean }
  | { readonly status: 'ended' };

export interface OpenGrant {
  readonly attempt: number;
  readonly executor: ExecutorId;
  readonly session: SessionId;
  readonly started: boolean;
  /** The half-open rounds that it is a probe of, by breaker; absent for an ordinary grant. */
  readonly probes?: Readonly<Record<string, number>>;
}

/** The calls of one request, when there are several. */
export interface Step {
  readonly tenant: TenantId;
  readonly agent: AgentId;
  readonly id: StepId;
  /** Arrival of its first call: steps are kept in this order. */
  readonly arrival: number;
  /** The plan while it is owed; afterwards the calls' own `wave` or `after` says it all. */
  owed: Plan | undefined;
  /** Calls of each wave that have not ended; of one wave before there is a plan. */
  readonly living: Set<Call>[];
  /** The first wave with living calls; -1 while the plan is owed. */
  open: number;
  /** Of a step planned as a graph: the living calls that each living call still waits for; its wave is always 0. */
  after: Map<Call, Set<Call>> | undefined;
}

/** One version of a tool, alive while the catalog or a call needs it. */
export interface ToolVersion {
  readonly spec: ToolSpec;
  readonly digest: Digest;
  readonly lane: Lane;
  /** Calls bound to it and places in the tool's history. */
  uses: number;
  /** It is registered READ_ONLY and was seen to write: told once, not at every call. */
  wrote: boolean;
}

export interface Tenant {
  /** Switches for parallel waves by pool; `*` is the switch of the whole tenant. Absent means on. */
  readonly parallel: Map<string, boolean>;
  /** How its steps are planned unless they say it themselves. */
  plan: PlanMode | undefined;
  readonly calls: Map<InvocationId, Call>;
  /** Invocations that were asked for, ended ones included: repeating one has no second effect. */
  readonly seen: RecentIds;
  /** Versions of each tool with the catalog revision that each came with, newest last. */
  readonly tools: Map<ToolName, { readonly revision: number; readonly version: ToolVersion }[]>;
  readonly versions: Map<Digest, ToolVersion>;
  /** By scope. */
  readonly breakers: Map<string, Breaker>;
  /** Calls that people granted. */
  readonly approved: Set<Call>;
  /** Ledger sequence of the last commit that can change what policy says. */
  governedAt: number;
}

/** A session that holds grants. */
export interface Session {
  readonly executor: ExecutorId;
  readonly session: SessionId;
  readonly grants: Set<Call>;
}

/** A tenant's subject of a lost executor: nothing may be granted again before `execution.fenced` stands on it. */
export interface Fence {
  readonly tenant: TenantId;
  readonly executor: ExecutorId;
  readonly session: SessionId;
}

export interface SchedulerState {
  readonly tenants: Map<TenantId, Tenant>;
  readonly pools: Map<string, Pool>;
  readonly sessions: Map<ExecutorId, Map<SessionId, Session>>;
  readonly fences: Map<string, Fence>;
  readonly lostSessions: Set<string>;
  /** Debts. */
  readonly unplanned: Map<string, Step>;
  readonly cancelling: Heap<Call>;
  readonly unrecorded: Heap<Call>;
  readonly deadlines: Heap<Call>;
  readonly refusing: Heap<Lane>;
  readonly turning: Set<Breaker>;
  readonly openBreakers: Heap<Breaker>;
  /** Breakers that are forced for a time. */
  readonly forcedBreakers: Heap<Breaker>;
  /** Calls of READ_ONLY tools that were seen to write, to be told once a version of the tool. */
  readonly unannounced: Map<ToolVersion, UndeclaredWrite>;
  /** Alerts that the webhooks of the cell have not all taken, oldest first. */
  readonly openAlerts: Map<string, OpenAlert>;
  /** Counters: calls asked for, grants made, calls in the queues now, alerts raised. */
  arrivals: number;
  grants: number;
  ready: number;
  alerts: number;
}

export function initial(): SchedulerState {
  return {
    tenants: new Map(),
    pools: new Map(),
    sessions: new Map(),
    fences: new Map(),
    lostSessions: new Set(),
    unplanned: new Map(),
    cancelling: new Heap(arrivedBefore, IN_DEBTS),
    unrecorded: new Heap(arrivedBefore, IN_DEBTS),
    deadlines: new Heap(expiresBefore, IN_DEADLINES),
    refusing: new Heap(laneBefore, IN_LANES),
    turning: new Set(),
    openBreakers: new Heap(opensBefore, IN_OPEN),
    forcedBreakers: new Heap(forceEndsBefore, IN_FORCED),
    unannounced: new Map(),
    openAlerts: new Map(),
    arrivals: 0,
    grants: 0,
    ready: 0,
    alerts: 0,
  };
}
