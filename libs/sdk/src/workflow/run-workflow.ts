/**
 * Runs a workflow: nodes of the graph that are open are given to an agent, what it returns is submitted, and the gate says
 * what follows. The gate's facts alone drive it, so a runner that died is taken up by another one from what the ledger
 * says: accepted nodes are not run again, and neither are calls that have ended.
 */
import { WritError, runId, workflowSpec } from '@writ/contracts';
import type { FailureSummary, NodeEnd, WorkflowSpecInput } from '@writ/contracts';
import type { NodeInput } from '@writ/workflow';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import type { GovernedToolExecutor } from '../governed-tool-executor.ts';
import type { NoticedFact } from '../read-outcome.ts';
import { LiveRun } from './live-run.ts';
import type { NodeTask } from './node-task.ts';

/** Any agent: it gets a node, what flows into it, and what was wrong with its last attempt. */
export type Execute = (node: NodeTask, input: NodeInput, feedback: string | undefined) => Promise<unknown>;

export interface WorkflowOptions {
  readonly executor: GovernedToolExecutor;
  readonly execute: Execute;
  /** What the first nodes get. */
  readonly input?: unknown;
  /** An id of the caller's own: a run of this id that has begun is taken up where it stands. */
  readonly run?: string | undefined;
  /** Aborting cancels the run. */
  readonly signal?: AbortSignal | undefined;
  /** Every fact about the run, as it is told. Must be quick. */
  readonly onFact?: ((fact: NoticedFact) => void) | undefined;
}

export interface WorkflowResult<Outputs extends object = Readonly<Record<string, unknown>>> {
  readonly run: string;
  readonly status: 'succeeded' | 'failed' | 'cancelled' | 'expired';
  /** Of the nodes that were accepted. */
  readonly outputs: Readonly<Partial<Outputs>>;
  /** The path that each decision took. */
  readonly routes: Readonly<Record<string, string>>;
  readonly nodes: Readonly<Record<string, NodeEnd>>;
  readonly failures: readonly FailureSummary[];
}

/**
 * Resolves when the run has ended, however it ended.
 * @throws WritError `invalid-workflow` when the gate refuses it, naming every problem; `invalid-run` for a bad id or input;
 * what `executor.run` throws when nothing can be sent.
 */
export async function runWorkflow<Outputs extends object = Readonly<Record<string, unknown>>>(
  workflow: WorkflowSpecInput,
  options: WorkflowOptions,
): Promise<WorkflowResult<Outputs>> {
  const spec = workflowSpec.safeParse(workflow);
  if (!spec.success) throw new WritError('invalid-workflow', z.prettifyError(spec.error));
  const id = runId.safeParse(options.run ?? uuidv7());
  if (!id.success)
    throw new WritError('invalid-run', `run "${options.run}" must be 1 to 64 letters, digits, "_" or "-"`);
  const live = new LiveRun(id.data, spec.data, options);
  return (await live.ended()) as WorkflowResult<Outputs>;
}
