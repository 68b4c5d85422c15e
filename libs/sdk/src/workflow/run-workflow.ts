/**
 * Runs a workflow: nodes of the graph that are open are given to an agent, what it returns is submitted, and the gate says
 * what follows. The gate's facts alone drive it, so a runner that died is taken up by another one from what the ledger
 * says: accepted nodes are not run again, and neither are calls that have ended.
 */
import { WritError, runId, workflowSpec } from '@writ/contracts';
import type { WorkflowSpecInput } from '@writ/contracts';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import { LiveRun } from './live-run.ts';
import type { WorkflowOptions, WorkflowResult } from './options.ts';

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
