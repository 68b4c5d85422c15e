/**
 * Everything the scheduler knows: the living calls, the queues that are built over them, executor sessions that hold
 * grants, breakers, and what is owed. A call that has ended is forgotten but for its id. The queues, sets of debts
 * and counts are views of the calls' phases: `snapshot.ts` saves the calls only and builds the views again.
 */
import { Heap } from '@writ/contracts';
import type {
  ConcurrencySpec,
  Digest,
  EventData,
  ExecutorId,
  Instant,
  InvocationId,
  PlanMode,
  RecentIds,
  SessionId,
  TenantId,
  ToolName,
} from '@writ/contracts';
import { IN_FORCED, IN_OPEN, forceEndsBefore, opensBefore } from './breaker.ts';
import { noAccounts } from './accounts.ts';
import type { Accounts } from './accounts.ts';
import type { ExecutorSession } from './attempt.ts';
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
import { IN_LANES, laneBefore } from './lanes.ts';
import type { RunTimes } from './run-times.ts';
import type { Breaker, Call, Door, Lane, Leases, Pool, Quota, Step, ToolVersion } from './model.ts';

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

/** An alert that some webhook has not taken. */
export interface OpenAlert {
  readonly tenant: TenantId;
  readonly at: Instant;
  readonly data: EventData<'alert.raised'>;
}

/** The first call of a READ_ONLY tool's version that was seen to write. */
export interface UndeclaredWrite {
  readonly tenant: TenantId;
  readonly invocation: InvocationId;
  readonly writes: readonly string[];
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
