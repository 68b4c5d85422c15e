/** A run as its runner, a person or a planner sees it: where each node stands, what flowed on, what was said. */
import type {
  AgentId,
  EventData,
  FailureSummary,
  NodeEnd,
  NodeOpening,
  RunId,
  TenantId,
} from '@writ/contracts';
import { MAX_REPORTED_FAILURES } from './limits.ts';
import type { PlannedNode } from './plan.ts';
import { Progress, openingOf } from './progress.ts';
import type { NodeInput } from './progress.ts';
import type { GateState, NodeState, NodeStatus, Release, Run } from './state.ts';

export interface NodeView {
  readonly status: NodeStatus | NodeEnd;
  readonly attempt: number;
  readonly output?: unknown;
  readonly routedTo?: string;
  /** What the open attempt was told about the one before. */
  readonly feedback?: string;
  /** Of an open node: what it works on. */
  readonly input?: NodeInput;
  /** Of an open node: when its attempt began, epoch milliseconds. */
  readonly openedAtMs?: number;
  /** Of an open node. */
  readonly opening?: NodeOpening;
}

export interface RunView {
  readonly run: RunId;
  readonly agent?: AgentId;
  readonly workflow?: string;
  readonly status: 'open' | EventData<'run.completed'>['status'];
  readonly reason?: string;
  readonly nodes: Readonly<Record<string, NodeView>>;
  readonly failures: readonly FailureSummary[];
}

export interface RunLine {
  readonly run: RunId;
  readonly agent: AgentId;
  readonly workflow: string;
  readonly project: string;
  readonly open: readonly string[];
  readonly accepted: number;
  readonly nodes: number;
}

/** A run that has not ended. */
export function openRunView(state: GateState, tenant: TenantId, id: RunId): RunView | undefined {
  const run = state.tenants.get(tenant)?.runs.get(id);
  if (!run) return undefined;
  const progress = new Progress(run);
  const nodes = [...run.nodes].map(
    ([name, node]) => [name, nodeView(run.plan.nodes.get(name) as PlannedNode, node, progress)] as const,
  );
  return {
    run: id,
    agent: run.agent,
    workflow: run.workflow.name,
    status: 'open',
    nodes: Object.fromEntries(nodes),
    failures: run.failures.summary(MAX_REPORTED_FAILURES),
  };
}

/** A run that has ended, out of what stands on its flows subject; undefined when nothing says that it has. */
export function endedRunView(id: RunId, flows: readonly Release['fact'][]): RunView | undefined {
  const end = flows.find((fact) => fact.type === 'flow.ended')?.data;
  if (!end) return undefined;
  const views = new Map<string, NodeView>(
    Object.entries(end.nodes).map(([name, status]) => [name, { status, attempt: 0 }]),
  );
  for (const fact of flows) {
    if (fact.type !== 'flow.released') continue;
    const { node, attempt, output, routedTo } = fact.data;
    views.set(node, { status: 'accepted', attempt, output, ...(routedTo === undefined ? {} : { routedTo }) });
  }
  const { agent, status, reason, failures } = end;
  const said = reason === undefined ? {} : { reason };
  return { run: id, agent, status, ...said, nodes: Object.fromEntries(views), failures };
}

/** Runs that have not ended, oldest first. */
export function openRuns(state: GateState, tenant: TenantId): RunLine[] {
  return [...(state.tenants.get(tenant)?.runs.values() ?? [])].map(lineOf);
}

/** What failed in a project, or in an open run. */
export function failuresOf(
  state: GateState,
  tenant: TenantId,
  of: { readonly project: string } | { readonly run: RunId },
): FailureSummary[] {
  const place = state.tenants.get(tenant);
  const book = 'run' in of ? place?.runs.get(of.run)?.failures : place?.failures.get(of.project);
  return book?.summary(MAX_REPORTED_FAILURES) ?? [];
}

/** What has been decided and does not stand on its flows subject yet. */
export function releasesOwed(state: GateState): readonly Release[] {
  return [...state.releases.values()];
}

function nodeView(planned: PlannedNode, node: NodeState, progress: Progress): NodeView {
  const { status, attempt, output, routedTo, feedback, openedAtMs } = node;
  return {
    status,
    attempt,
    ...(status === 'accepted' ? { output } : {}),
    ...(routedTo === undefined ? {} : { routedTo }),
    ...(feedback === undefined || status === 'accepted' ? {} : { feedback }),
    ...(status === 'open'
      ? { input: progress.inputOf(planned.node.name), openedAtMs, opening: openingOf(planned, attempt) }
      : {}),
  };
}

function lineOf({ id, agent, workflow, nodes }: Run): RunLine {
  const states = [...nodes];
  return {
    run: id,
    agent,
    workflow: workflow.name,
    project: workflow.project,
    open: states.filter(([, { status }]) => status === 'open' || status === 'person').map(([name]) => name),
    accepted: states.filter(([, { status }]) => status === 'accepted').length,
    nodes: states.length,
  };
}
