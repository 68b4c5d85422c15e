/** The two facts that an executor writes, built in one place so that they always carry who ran what over which bytes. */
import type { Digest, ExecutorId, Fact, Grant, Instant, SessionId } from '@writ/contracts';
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
