/**
 * One attempt from its opening to what is submitted: the agent works within the attempt's time, all its calls come to an
 * end, and what it returned is completed with what they produced. Whatever goes wrong is submitted too, so that the gate
 * can say what follows.
 */
import { messageOf } from '@writ/contracts';
import type { EventData, NodeOpening, RunId, ToolRole, WorkflowNode } from '@writ/contracts';
import type { NodeInput } from '@writ/workflow';
import type { RunOptions } from '../call-options.ts';
import type { CallOutcome } from '../outcome.ts';
import { nodeOutput } from './node-output.ts';
import { AttemptCalls } from './node-task.ts';
import type { Execute } from './options.ts';

/** How an attempt ended, for the gate. */
export type Submission = Pick<EventData<'node.submitted'>, 'output' | 'used' | 'failure'>;

export interface Attempt {
  readonly run: RunId;
  readonly node: WorkflowNode;
  readonly opening: NodeOpening;
  /** What is left of its time. */
  readonly timeoutMs: number;
  /** An earlier life of the runner may have made its calls. */
  readonly mayBeKnown: boolean;
  readonly feedback: string | undefined;
  readonly abort: AbortController;
}

/** What an attempt needs of its run. */
export interface Surroundings {
  readonly execute: Execute;
  readonly call: (options: RunOptions) => Promise<CallOutcome>;
  readonly inputOf: (node: string) => Promise<NodeInput>;
  readonly rolesOfTools: () => Promise<ReadonlyMap<string, readonly ToolRole[]>>;
}

const LONGEST_MESSAGE = 2_000;

export async function playAttempt(attempt: Attempt, surroundings: Surroundings): Promise<Submission> {
  const { run, node, opening, abort, mayBeKnown, timeoutMs } = attempt;
  const calls = new AttemptCalls(run, node, opening, abort.signal, surroundings.call, mayBeKnown);
  const timeout = Promise.withResolvers<Submission>();
  const timer = setTimeout(() => {
    abort.abort(new Error('the attempt took too long'));
    timeout.resolve(failed('timed-out', `the attempt took longer than its ${opening.timeoutSeconds} s`));
  }, timeoutMs);
  try {
    return await Promise.race([executed(attempt, calls, surroundings), timeout.promise]);
  } finally {
    clearTimeout(timer);
    calls.end();
  }
}

/** A submission that says why there is no output. */
export function failed(code: NonNullable<Submission['failure']>['code'], message: string): Submission {
  return { used: [], failure: { code, message: message.slice(0, LONGEST_MESSAGE) } };
}

async function executed(
  { opening, feedback }: Attempt,
  calls: AttemptCalls,
  { execute, inputOf, rolesOfTools }: Surroundings,
): Promise<Submission> {
  const input = await inputOf(opening.node);
  try {
    const returned = await execute(calls.task, input, feedback);
    const made = await calls.settled();
    const hasLabel = opening.guarantee === 'fetches' || opening.guarantee === 'acts';
    const roles = hasLabel && made.length > 0 ? await rolesOfTools() : undefined;
    const output = nodeOutput(returned, opening, made, (tool) => roles?.get(tool));
    // As the ledger holds it: the nodes downstream get the same whoever runs them.
    const kept: unknown = JSON.parse(JSON.stringify(output));
    return { output: kept, used: made.map(({ outcome }) => outcome.invocation) };
  } catch (error) {
    return failed('agent-failed', messageOf(error));
  }
}
