/** What runs a workflow, and what comes of it. */
import type { FailureSummary, NodeEnd } from '@writ/contracts';
import type { NodeInput } from '@writ/workflow';
import type { GovernedToolExecutor } from '../governed-tool-executor.ts';
import type { NoticedFact } from '../read-outcome.ts';
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
