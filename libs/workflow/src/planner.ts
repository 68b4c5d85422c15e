/**
 * From a task to a workflow. A planner may be a model; this one follows rules, so that it is a reference: the tools whose
 * words occur in the task, data first, then a decision, then actions, with the contracts that types and tools demand.
 */
import { ToolRole, workflowSpec } from '@writ/contracts';
import type { FailureSummary, ToolName, WorkflowSpec, WorkflowSpecInput } from '@writ/contracts';
import type { ToolCatalog, ToolEntry } from './tool-catalog.ts';

export interface PlanningRequest {
  /** What is to be done, in plain words; "if", "when", "below" and the like ask for a decision. */
  readonly task: string;
  readonly catalog: ToolCatalog;
  /** What failed before (`planner.failures`). */
  readonly failures?: readonly FailureSummary[];
  readonly project?: string;
}

export interface WorkflowPlanner {
  plan(request: PlanningRequest): Promise<WorkflowSpec> | WorkflowSpec;
}

/** Words of the task that no tool is about. */
const SMALL_WORDS = new Set(
  'a an and or the of to in on at for with from by is are be if when then else it its get'.split(' '),
);
const CONDITION = /\b(if|when|unless|whether|below|above|under|over|less|more|than|until|otherwise)\b/i;
/** Kinds of failure in which more attempts have helped before. */
const MOST_RETRIES = 5;

export const ruleBasedPlanner: WorkflowPlanner = { plan };

function plan({ task, catalog, failures = [], project = 'default' }: PlanningRequest): WorkflowSpec {
  const usable = catalog.tools.filter(({ denied }) => denied === undefined);
  const relevant = rankedBy(task, usable);
  const data = withRole(relevant, ToolRole.data);
  const actions = withRole(relevant, ToolRole.action);
  const gates = withRole(usable, ToolRole.decision);
  const needsDecision = CONDITION.test(task) && gates.length > 0;
  const nodes: WorkflowSpecInput['nodes'] = [];
  const edges: WorkflowSpecInput['edges'] = [];
  if (data.length > 0)
    nodes.push({ name: 'fetch', type: 'data', task, tools: namesOf(data), ...retries('data', data) });
  if (needsDecision) {
    const chosen = [...data, ...relevantGate(gates)];
    nodes.push({
      name: 'decide',
      type: 'decision',
      task,
      tools: namesOf(chosen),
      ...retries('decision', chosen),
    });
    if (data.length > 0) edges.push({ from: 'fetch', to: 'decide' });
  }
  const before = needsDecision ? 'decide' : data.length > 0 ? 'fetch' : undefined;
  const when = needsDecision ? { when: 'yes' } : {};
  if (actions.length > 0) {
    nodes.push({
      name: 'act',
      type: 'executor',
      task,
      tools: namesOf(actions),
      ...retries('executor', actions),
    });
    if (before !== undefined) edges.push({ from: before, to: 'act', ...when });
  } else if (before !== undefined || nodes.length === 0) {
    nodes.push({ name: 'answer', task });
    if (before !== undefined) edges.push({ from: before, to: 'answer', ...when });
  }
  if (needsDecision) {
    nodes.push({ name: 'explain', task: `say why nothing was done: ${task}` });
    edges.push({ from: 'decide', to: 'explain', when: 'no' });
  }
  return workflowSpec.parse({ name: 'planned', project, description: task.slice(0, 2_000), nodes, edges });

  /** One more attempt for each kind of failure that such nodes had, up to a bound. */
  function retries(type: string, tools: readonly ToolEntry[]): { sla?: { maxRetries: number } } {
    const names = new Set<string>(namesOf(tools));
    const known = failures.filter(
      (one) => one.nodeType === type && one.tools.some((tool) => names.has(tool)),
    );
    return known.length === 0 ? {} : { sla: { maxRetries: Math.min(2 + known.length, MOST_RETRIES) } };
  }
}

function rankedBy(task: string, tools: readonly ToolEntry[]): ToolEntry[] {
  const wanted = wordsOf(task);
  return tools
    .map((tool) => ({
      tool,
      score: [...wordsOf(`${tool.name} ${tool.description}`)].filter((word) => wanted.has(word)).length,
    }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ tool }) => tool);
}

/** A plural and its singular are one word. */
function wordsOf(text: string): Set<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return new Set(
    words.filter((word) => word.length > 2 && !SMALL_WORDS.has(word)).map((word) => word.replace(/s$/, '')),
  );
}

function withRole(tools: readonly ToolEntry[], role: ToolRole): ToolEntry[] {
  return tools.filter(({ roles }) => roles.includes(role));
}

function relevantGate(gates: readonly ToolEntry[]): readonly ToolEntry[] {
  return gates.slice(0, 1);
}

function namesOf(tools: readonly ToolEntry[]): ToolName[] {
  return tools.map(({ name }) => name);
}
