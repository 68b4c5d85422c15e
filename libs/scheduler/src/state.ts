/**
 * Everything the scheduler knows: the living calls, the queues that are built over them, executor sessions that hold
 * grants, breakers, and what is owed. A call that has ended is forgotten but for its id. The queues, sets of debts
 * and counts are views of the calls' phases: `snapshot.ts` saves the calls only and builds the views again.
 */
import { Heap } from '@writ/contracts';
import type {
  AgentId,
  ConcurrencySpec,
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
import { IN_FORCED, IN_OPEN, forceEndsBefore, opensBefore } from './breaker.ts';
import type { Breaker } from './breaker.ts';
import { noAccounts } from './accounts.ts';
import type { Accounts, Berth } from './accounts.ts';
import type { Again, ExecutorSession, OpenGrant, Resolution } from './attempt.ts';
import {
  IN_CANCELS,
  IN_DEADLINES,
  IN_LAPSES,
  IN_PAUSES,
  arrivedBefore,
  expiresBefore,
  lapsesBefore,
  resumesBefore,
} from './debts.ts';
import type { Door } from './gates.ts';
import type { Quota } from './quotas.ts';
import type { Approval } from './lapse.ts';
import type { Lease, Leases } from './leases.ts';
import { IN_LANES, laneBefore } from './lanes.ts';
import type { Lane, Pool } from './lanes.ts';
import type { Plan } from './conflicts.ts';
import type { RunTimes } from './run-times.ts';

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

/** When a call should have ended, and what follows from how long its tool usually runs. */
export interface Due {
  readonly deadlineMs: Instant;
  /** Whether it is to run although it is late. */
  readonly late: boolean;
  /** The deadline without the usual run: the order in its campaign. */
  latestStartMs: Instant;
  /** The deadline without the quickest run: when there is no hope left. */
  hopelessMs: Instant;
  position: number;
  /** Where it stands among the calls of its lane by when they stop giving way. */
  inYielding: number;
}

/** How far a call has come. */
export type Phase =
  | {
      readonly status: 'waiting';
      readonly allowed: boolean;
      readonly reserved: boolean;
      /** People are asked whether it may run. */
      readonly approval?: boolean;
    }
  /** Allowed and paid for; earlier waves of its step still run. */
  | { readonly status: 'cleared' }
  /** In the queue of its pool. */
  | { readonly status: 'ready' }
  | { readonly status: 'granted'; readonly grant: OpenGrant }
  /** An attempt failed; the next one is held for, and waits for its time. */
  | { readonly status: 'pausing' }
  /** Its executor was lost after the start and it must not run twice; `recorded` once the ledger says so. */
  | {
      readonly status: 'indeterminate';
      readonly grant: OpenGrant;
      readonly recorded: boolean;
      /** Its tool can say what became of it, and is to be asked. */
      readonly query?: true;
      /** What a person said. */
      readonly resolution?: Resolution;
    }
  | { readonly status: 'ended' };

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

export interface Tenant {
  /** Switches for parallel waves by pool; `*` is the switch of the whole tenant. Absent means on. */
  readonly parallel: Map<string, boolean>;
  /** How its steps are planned unless they say it themselves. */
  plan: PlanMode | undefined;
  readonly calls: Map<InvocationId, Call>;
  /** The agents' traces, of calls that have one. */
  readonly traces: Map<InvocationId, string>;
  /** Invocations that have ended: repeating one has no second effect. */
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
  /** How long each tool runs. */
  readonly times: Map<ToolName, RunTimes>;
  /** Concurrency limits of tools and projects, by `tool:<name>` and `project:<name>`. */
  readonly quotas: Map<string, Quota>;
  /** Resource keys that calls hold or wait for, by the key. */
  readonly leases: Leases;
  /** The limits as the catalog has them. */
  limits: readonly ConcurrencySpec[];
}

/** A session that holds grants, or stands beside another one's. */
export interface Session extends ExecutorSession {
  readonly grants: Set<Call>;
  /** Calls that another executor runs on this one, too. */
  readonly guests: Set<Call>;
  /** Slots that all of them take. */
  slots: number;
}

/** A tenant's subject of a lost executor: nothing may be granted again before `execution.fenced` stands on it. */
export interface Fence {
  readonly tenant: TenantId;
  readonly executor: ExecutorId;
  readonly session: SessionId;
}

export interface SchedulerState {
  readonly accounts: Accounts;
  readonly tenants: Map<TenantId, Tenant>;
  readonly pools: Map<string, Pool>;
  readonly doors: Map<string, Door>;
  readonly sessions: Map<ExecutorId, Map<SessionId, Session>>;
  readonly fences: Map<string, Fence>;
  readonly lostSessions: Set<string>;
  /** Debts. */
  readonly unplanned: Map<string, Step>;
  readonly cancelling: Heap<Call>;
  readonly unrecorded: Set<Call>;
  /** Indeterminate calls that a person spoke about, and those whose tools are to be asked. */
  readonly resolving: Set<Call>;
  readonly enquiring: Set<Call>;
  /** Calls that pause before another attempt. */
  readonly pauses: Heap<Call>;
  /** Granted calls that their executor should end. */
  readonly stopping: Set<Call>;
  readonly deadlines: Heap<Call>;
  /** Calls that people granted, by when they may not run any more. */
  readonly lapsing: Heap<Call>;
  readonly refusing: Heap<Lane>;
  readonly turning: Set<Breaker>;
  readonly openBreakers: Heap<Breaker>;
  /** Breakers that are forced for a time. */
  readonly forcedBreakers: Heap<Breaker>;
  /** Calls of READ_ONLY tools that were seen to write, to be told once a version of the tool. */
  readonly unannounced: Map<ToolVersion, UndeclaredWrite>;
  /** Alerts that the webhooks of the cell have not all taken, oldest first. */
  readonly openAlerts: Map<string, OpenAlert>;
  /** Ledger time of the fact that is being folded. */
  at: Instant;
  /** Counters: calls asked for, grants made, calls in the queues now, alerts raised. */
  arrivals: number;
  grants: number;
  ready: number;
  alerts: number;
  /** Calls that asked for resource keys so far. */
  tickets: number;
}

export function initial(): SchedulerState {
  return {
    accounts: noAccounts(),
    tenants: new Map(),
    pools: new Map(),
    doors: new Map(),
    sessions: new Map(),
    fences: new Map(),
    lostSessions: new Set(),
    unplanned: new Map(),
    cancelling: new Heap(arrivedBefore, IN_CANCELS),
    unrecorded: new Set(),
    resolving: new Set(),
    enquiring: new Set(),
    pauses: new Heap(resumesBefore, IN_PAUSES),
    stopping: new Set(),
    deadlines: new Heap(expiresBefore, IN_DEADLINES),
    lapsing: new Heap(lapsesBefore, IN_LAPSES),
    refusing: new Heap(laneBefore, IN_LANES),
    turning: new Set(),
    openBreakers: new Heap(opensBefore, IN_OPEN),
    forcedBreakers: new Heap(forceEndsBefore, IN_FORCED),
    unannounced: new Map(),
    openAlerts: new Map(),
    at: 0,
    arrivals: 0,
    grants: 0,
    ready: 0,
    alerts: 0,
    tickets: 0,
  };
}
