/**
 * Recorded runs of a model (tau-bench, airline, gpt-4o) held against the built-in contracts: each is read as a data node,
 * a decision and an executor, and played to the real gate. The recording has no gate tool, so its two tools for thinking
 * count as decision tools: a run has decided if it thought or calculated last before its first action.
 */
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { RunOutcome, toolSpec } from '@writ/contracts';
import type { WorkflowSpecInput } from '@writ/contracts';
import { World, rulesOf } from '../../libs/workflow/test/scenario.ts';

interface Step {
  readonly task: number;
  readonly trial: number;
  readonly reward: number;
  readonly tool: string;
  readonly result: string;
}

type NodeType = 'data' | 'decision' | 'executor';

export interface Trajectory {
  readonly run: string;
  readonly reward: number;
  /** The rules that each node broke; `executor` is absent when the run never acted. */
  readonly broken: Readonly<Partial<Record<NodeType, readonly string[]>>>;
}

/** How the runs that kept a contract did, against those that broke it. */
export interface ContractLine {
  readonly contract: NodeType | 'all three';
  readonly kept: { readonly runs: number; readonly reward: number };
  readonly broke: { readonly runs: number; readonly reward: number };
  /** How often each rule was broken. */
  readonly rules: Readonly<Record<string, number>>;
}

export const RECORDED = new URL('../../../shared/data/tau-bench-airline-gpt-4o.jsonl.gz', import.meta.url)
  .pathname;

const THINKING = new Set(['think', 'calculate']);
const READING = /^(get|search|list)_/;

/** Undefined when the data is not on this machine. */
export function readTrajectories(path: string = RECORDED): Trajectory[] | undefined {
  if (!existsSync(path)) return undefined;
  const lines = gunzipSync(readFileSync(path)).toString().trimEnd().split('\n');
  const steps = lines.map((line) => JSON.parse(line) as Step);
  const runs = Map.groupBy(steps, ({ task, trial }) => `${task}/${trial}`);
  return [...runs].map(([run, made]) => ({ run, reward: made[0]?.reward ?? 0, broken: brokenBy(made) }));
}

export function contractLines(trajectories: readonly Trajectory[]): ContractLine[] {
  const of = (
    contract: ContractLine['contract'],
    rulesIn: (one: Trajectory) => readonly string[] | undefined,
  ): ContractLine => {
    const looked = trajectories.filter((one) => rulesIn(one) !== undefined);
    const kept = looked.filter((one) => rulesIn(one)?.length === 0);
    const broke = looked.filter((one) => (rulesIn(one)?.length ?? 0) > 0);
    const rules = Object.groupBy(
      broke.flatMap((one) => rulesIn(one) ?? []),
      (rule) => rule,
    );
    const counts = Object.entries(rules).map(([rule, times]) => [rule, times?.length ?? 0] as const);
    return { contract, kept: rewardOf(kept), broke: rewardOf(broke), rules: Object.fromEntries(counts) };
  };
  return [
    of('data', ({ broken }) => broken.data),
    of('decision', ({ broken }) => broken.decision),
    of('executor', ({ broken }) => broken.executor),
    of('all three', ({ broken }) => Object.values(broken).flat()),
  ];
}

function rewardOf(runs: readonly Trajectory[]): { runs: number; reward: number } {
  const sum = runs.reduce((total, { reward }) => total + reward, 0);
  return { runs: runs.length, reward: runs.length === 0 ? 0 : sum / runs.length };
}

function brokenBy(steps: readonly Step[]): Trajectory['broken'] {
  const firstAction = steps.findIndex(({ tool }) => roleOf(tool) === 'action');
  const before = firstAction < 0 ? steps : steps.slice(0, firstAction);
  const acted = firstAction < 0 ? [] : steps.slice(firstAction);
  const reading = before.filter(({ tool }) => roleOf(tool) === 'data');
  return {
    data: rulesBroken('data', reading, steps),
    decision: rulesBroken('decision', before, steps),
    ...(acted.length > 0 ? { executor: rulesBroken('executor', acted, steps) } : {}),
  };
}

/** Plays the calls as one attempt of one node; the agent claims those that succeeded. */
function rulesBroken(type: NodeType, calls: readonly Step[], all: readonly Step[]): string[] {
  const workflow: WorkflowSpecInput = {
    name: 'recorded',
    nodes: [{ name: 'node', type }, { name: 'on' }],
    edges: type === 'decision' ? [{ from: 'node', to: 'on', when: 'on' }] : [],
  };
  const world = new World();
  for (const name of new Set(all.map(({ tool }) => tool)))
    world.fold('tool.registered', { tool: recordedTool(name) }, 'catalog');
  world.begin(workflow);
  const fetchedAt = new Date(world.now).toISOString();
  const used: string[] = [];
  for (const { tool, result } of calls) {
    const outcome = result.startsWith('Error') ? RunOutcome.failed : RunOutcome.succeeded;
    const call = world.call(tool, { node: 'node', attempt: 1 }, { outcome, output: { routedTo: 'on' } });
    if (outcome === RunOutcome.succeeded) used.push(call);
  }
  const action =
    used[
      calls
        .filter(({ result }) => !result.startsWith('Error'))
        .findIndex(({ tool }) => roleOf(tool) === 'action')
    ];
  const output = { routedTo: 'on', data: 1, fetchedAt, confirmation: { invocation: action ?? 'none' } };
  return rulesOf(world.submit('node', 1, output, used));
}

function roleOf(tool: string): 'decision' | 'data' | 'action' {
  if (THINKING.has(tool)) return 'decision';
  return READING.test(tool) ? 'data' : 'action';
}

function recordedTool(name: string): object {
  const adapter = { kind: 'module', module: 'x.mjs' };
  return toolSpec.parse({ name, adapter, class: 'READ_ONLY', planning: { roles: [roleOf(name)] } });
}
