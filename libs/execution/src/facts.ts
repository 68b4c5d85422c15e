/** The facts that an executor writes, built in one place so that they always carry who ran what over which bytes. */
import type { AttemptCause, Digest, ExecutorId, Fact, Grant, Instant, SessionId } from '@writ/contracts';
import type { Ending } from './conclusion.ts';

/** The one life of an executor process that writes the fact. */
export interface Runner {
  readonly executor: ExecutorId;
  readonly session: SessionId;
}

/** When the tool was handed its inputs and when it was done, by the executor's own clock. */
export interface RunSpan {
  readonly startedAtMs: Instant;
  readonly endedAtMs: Instant;
}

type Granted = Pick<Grant, 'tenant' | 'invocation' | 'attempt' | 'agent'>;

/** Committed before anything that may have an effect. */
export function startedFact(runner: Runner, grant: Granted, argsDigest: Digest): Fact<'execution.started'> {
  const { tenant, invocation, attempt } = grant;
  return { type: 'execution.started', tenant, data: { invocation, attempt, ...runner, argsDigest } };
}

/** The last word on the call. `argsDigest` is of what was really handed over. */
export function completedFact(
  runner: Runner,
  grant: Granted,
  argsDigest: Digest,
  ending: Ending,
  span: RunSpan,
): Fact<'execution.completed'> {
  const { tenant, invocation, attempt, agent } = grant;
  const { executor, session } = runner;
  const data = { invocation, attempt, agent, executor, session, argsDigest, ...ending, ...span };
  return { type: 'execution.completed', tenant, data };
}

/** The attempt is over, and the call is tried again: its output, if it had any, counts for nothing. */
export function attemptedFact(
  runner: Runner,
  grant: Granted,
  argsDigest: Digest,
  ending: Ending,
  span: RunSpan & { readonly cause: AttemptCause; readonly waitMs: number },
): Fact<'execution.attempted'> {
  const { tenant, invocation, attempt, agent } = grant;
  const { output: _, outputRef: __, outputDigest: ___, ...end } = ending;
  const data = { invocation, attempt, agent, ...runner, argsDigest, ...end, ...span };
  return { type: 'execution.attempted', tenant, data };
}

/** The tool's query did not say "done". */
export function queriedFact(
  runner: Runner,
  { tenant, invocation, attempt }: Granted,
  answer: { readonly status: 'not-done' | 'unknown'; readonly detail?: string },
): Fact<'execution.queried'> {
  const { status, detail } = answer;
  const data = {
    invocation,
    attempt,
    ...runner,
    answer: status,
    ...(detail === undefined ? {} : { detail }),
  };
  return { type: 'execution.queried', tenant, data };
}

/** The grant will not be begun here. */
export function returnedFact(
  runner: Runner,
  { tenant, invocation, attempt }: Granted,
): Fact<'execution.returned'> {
  return { type: 'execution.returned', tenant, data: { invocation, attempt, ...runner } };
}
