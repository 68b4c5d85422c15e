/**
 * What the gate remembers: per tenant the tools and node types in force, the runs that have not ended, and the tool
 * calls of those runs as the ledger tells them. A run is forgotten when it ends, but for its id; what it handed on stands
 * on its flows subject.
 */
import { Heap, RecentIds, compareText } from '@writ/contracts';
import type {
  AgentId,
  Digest,
  EventData,
  FlowOfCall,
  Instant,
  InvocationId,
  NodeType,
  RunId,
  TenantId,
  ToolName,
  ToolRole,
  WorkflowSpec,
} from '@writ/contracts';
import { FailureBook } from './failures.ts';
import { planOf } from './plan.ts';
import type { Contracts, Plan } from './plan.ts';
import type { PlannedTool } from './tools.ts';

export type CallStatus = 'pending' | 'succeeded' | 'failed' | 'denied' | 'refused' | 'cancelled';

/** A tool call that was asked for by an open attempt. */
export interface Call {
  readonly invocation: InvocationId;
  readonly flow: FlowOfCall;
  readonly tool: ToolName;
  readonly roles: readonly ToolRole[];
  /** Place among all calls of its run. */
  readonly order: number;
  readonly askedSeq: number;
  status: CallStatus;
  /** Ledger sequence and time of its end; 0 while it is pending. */
  endSeq: number;
  endAtMs: Instant;
  /** Why it did not succeed. */
  why?: string;
  /** What a decision tool said. */
  routedTo?: string;
}

export type NodeStatus = 'waiting' | 'open' | 'person' | 'accepted' | 'skipped' | 'failed';

export interface NodeState {
  status: NodeStatus;
  /** The latest attempt; 0 before the first. */
  attempt: number;
  openedAtMs: Instant;
  /** Attempts that people granted beyond the contract's. */
  granted: number;
  /** Calls of the latest attempt, in order. */
  calls: InvocationId[];
  /** Fingerprint of what was submitted, by attempt, so that a repeated submission is no second one. */
  readonly submitted: Digest[];
  output?: unknown;
  outputDigest?: Digest;
  routedTo?: string;
  /** What the agent was told last. */
  feedback?: string;
  /** Rules that the rejected attempts broke. */
  readonly broken: { readonly rule: string; readonly detail: string }[];
}

export interface Run {
  readonly id: RunId;
  readonly tenant: TenantId;
  readonly agent: AgentId;
  readonly workflow: WorkflowSpec;
  readonly contracts: Contracts;
  readonly plan: Plan;
  readonly input: unknown;
  readonly expiresAtMs: Instant;
  readonly nodes: Map<string, NodeState>;
  /** Every call that was asked for in it. */
  readonly calls: InvocationId[];
  readonly failures: FailureBook;
  nextOrder: number;
  /** Where it stands in the order of expiries. */
  position: number;
}

/** An answer that is owed, in the order in which it was asked for. */
export type Owed =
  | {
      readonly kind: 'run';
      readonly tenant: TenantId;
      readonly agent: AgentId;
      readonly data: EventData<'run.requested'>;
      /** The id stood for another run before. */
      readonly isTaken: boolean;
    }
  | {
      readonly kind: 'submission';
      readonly tenant: TenantId;
      readonly agent: AgentId;
      readonly seq: number;
      readonly atMs: Instant;
      readonly data: EventData<'node.submitted'>;
    }
  | { readonly kind: 'cancel'; readonly tenant: TenantId; readonly run: RunId; readonly reason: string }
  | { readonly kind: 'end'; readonly tenant: TenantId; readonly run: RunId }
  | {
      readonly kind: 'ruling';
      readonly tenant: TenantId;
      readonly by: string;
      readonly data: EventData<'node.ruled'>;
    };

/** What has been decided and is not yet seen on the run's flows subject. */
export interface Release {
  readonly tenant: TenantId;
  readonly run: RunId;
  readonly fact:
    | { readonly type: 'flow.released'; readonly data: EventData<'flow.released'> }
    | { readonly type: 'flow.ended'; readonly data: EventData<'flow.ended'> };
}

export interface Tenant {
  readonly id: TenantId;
  readonly tools: Map<ToolName, PlannedTool>;
  readonly types: Map<string, NodeType>;
  readonly runs: Map<RunId, Run>;
  readonly calls: Map<InvocationId, Call>;
  /** Fingerprints of the runs that were asked for, by run. */
  readonly seen: RecentIds;
  /** By project. */
  readonly failures: Map<string, FailureBook>;
}

export interface GateState {
  readonly tenants: Map<TenantId, Tenant>;
  owed: Owed[];
  readonly releases: Map<string, Release>;
  /** Calls of open runs that have not ended: only while there are any do others' facts matter. */
  pendingCalls: number;
  readonly expiries: Heap<Run>;
}

export function initial(): GateState {
  return {
    tenants: new Map(),
    owed: [],
    releases: new Map(),
    pendingCalls: 0,
    expiries: new Heap(endsBefore, POSITION),
  };
}

const POSITION = {
  get: (run: Run): number => run.position,
  set: (run: Run, position: number): void => {
    run.position = position;
  },
};

function endsBefore(a: Run, b: Run): boolean {
  return (a.expiresAtMs - b.expiresAtMs || compareText(a.tenant, b.tenant) || compareText(a.id, b.id)) < 0;
}

export function tenantOf(state: GateState, id: TenantId): Tenant {
  let tenant = state.tenants.get(id);
  if (!tenant) {
    tenant = {
      id,
      tools: new Map(),
      types: new Map(),
      runs: new Map(),
      calls: new Map(),
      seen: new RecentIds(),
      failures: new Map(),
    };
    state.tenants.set(id, tenant);
  }
  return tenant;
}

export function newRun(
  fields: Pick<Run, 'id' | 'tenant' | 'agent' | 'workflow' | 'contracts' | 'input' | 'expiresAtMs'>,
): Run {
  return {
    ...fields,
    plan: planOf(fields.workflow, fields.contracts),
    nodes: new Map(fields.workflow.nodes.map(({ name }) => [name, newNode()])),
    calls: [],
    failures: new FailureBook(),
    nextOrder: 0,
    position: -1,
  };
}

function newNode(): NodeState {
  return { status: 'waiting', attempt: 0, openedAtMs: 0, granted: 0, calls: [], submitted: [], broken: [] };
}

/** Forgets a run and its calls. */
export function dropRun(state: GateState, tenant: Tenant, run: Run): void {
  for (const invocation of run.calls) {
    if (tenant.calls.get(invocation)?.status === 'pending') state.pendingCalls -= 1;
    tenant.calls.delete(invocation);
  }
  tenant.runs.delete(run.id);
  state.expiries.remove(run);
}

/** One for each node of a run, and one for its end. */
export function releaseKey({ tenant, run, fact }: Release): string {
  return keyOfRelease(tenant, run, fact.type === 'flow.released' ? fact.data.node : '');
}

export function keyOfRelease(tenant: TenantId, run: string, node: string): string {
  return `${tenant}/${run}/${node}`;
}

/** One book for each project of a tenant. */
export function projectFailures(tenant: Tenant, project: string): FailureBook {
  let book = tenant.failures.get(project);
  if (!book) {
    book = new FailureBook();
    tenant.failures.set(project, book);
  }
  return book;
}
