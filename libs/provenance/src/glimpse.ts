/**
 * What the index of invocations takes from one fact about one invocation: a glance, not the whole fact, because half of
 * what a fact costs is reading what nobody asked for. Everything left out is read from the raw commit when somebody does.
 */
import { isSampled } from '@writ/contracts';
import type {
  AgentId,
  Digest,
  ExecutorId,
  InvocationId,
  Outcome,
  RecordedFact,
  Verdict,
} from '@writ/contracts';
import { invocationsOf } from './fold.ts';
import { terminalFact } from './terminal.ts';

export interface Glimpse {
  type: RecordedFact['type'];
  invocation: InvocationId;
  /** Who asked, where the fact says so. */
  agent: AgentId | undefined;
  tool: string | undefined;
  project: string | undefined;
  campaign: string | undefined;
  log: string | undefined;
  verdict: Verdict | undefined;
  argsDigest: Digest | undefined;
  executor: ExecutorId | undefined;
  attempt: number | undefined;
  /** What the invocation ended with, when this fact ends one. */
  outcome: Outcome | undefined;
  /** An attempt is over and the call goes on; `not-done` and `unknown`: so said its tool when it was asked. */
  attemptEnd: 'followed' | 'not-done' | 'unknown' | undefined;
  /** A rejection of a message that could not be read, or of a repeated id: neither speaks about a call that was read. */
  rejects: 'call' | 'message' | 'repeat' | undefined;
  /** What was held, as JSON text of the lines; most calls hold the same. */
  holds: string | undefined;
  /** What an attempt used, as JSON text. */
  used: string | undefined;
  /** What the invocation may be found by, as JSON values. */
  text: readonly unknown[] | undefined;
  /** Its agent records its own part of the trace. */
  sampled: boolean;
}

/** A glimpse that says nothing yet. All are made here: objects of one shape are what the fold reads fastest. */
export function newGlimpse(type: Glimpse['type'], invocation: InvocationId): Glimpse {
  return {
    type,
    invocation,
    agent: undefined,
    tool: undefined,
    project: undefined,
    campaign: undefined,
    log: undefined,
    verdict: undefined,
    argsDigest: undefined,
    executor: undefined,
    attempt: undefined,
    outcome: undefined,
    attemptEnd: undefined,
    rejects: undefined,
    holds: undefined,
    used: undefined,
    text: undefined,
    sampled: false,
  };
}

/** A glimpse of each invocation that the fact is about, in the fact's own order. */
export function glimpsesOf(fact: RecordedFact): Glimpse[] {
  const outcome = terminalFact(fact);
  return invocationsOf(fact).map((invocation, nth) =>
    Object.assign(newGlimpse(fact.type, invocation), { outcome }, said(fact, nth)),
  );
}

function said(fact: RecordedFact, nth: number): Partial<Glimpse> {
  switch (fact.type) {
    case 'tool.requested': {
      const { calls, project, campaign, log, justification, traceparent } = fact.data;
      const { tool, inputs } = calls[nth]!;
      const text = justification === undefined ? [inputs] : [inputs, justification];
      const sampled = traceparent !== undefined && isSampled(traceparent);
      return { agent: fact.origin as AgentId, tool, project, campaign, log, text, sampled };
    }
    case 'policy.decided': {
      const { agent, tool, project, campaign, verdict, argsDigest, denial } = fact.data;
      const text = denial && [denial.rule, denial.reason];
      return { agent, tool, project, campaign, verdict, argsDigest, text };
    }
    case 'request.rejected':
      return { agent: fact.data.agent, rejects: rejected(fact.data.reason), text: [fact.data.detail] };
    case 'budget.reserved':
      return { holds: JSON.stringify(fact.data.holds) };
    case 'schedule.dispatched':
    case 'execution.started':
      return { executor: fact.data.executor, attempt: fact.data.attempt };
    case 'execution.completed': {
      const { usage, output, error } = fact.data;
      return { used: JSON.stringify(usage), text: error ? [output, error.code, error.message] : [output] };
    }
    case 'schedule.resolved':
      return { used: JSON.stringify(fact.data.used ?? {}), text: [fact.data.reason] };
    case 'execution.attempted': {
      const { attempt, usage, error } = fact.data;
      const text = error && [error.code, error.message];
      return { attempt, attemptEnd: 'followed', used: JSON.stringify(usage), text };
    }
    case 'execution.returned':
      return { attempt: fact.data.attempt, attemptEnd: 'followed' };
    case 'execution.queried':
      return { attempt: fact.data.attempt, attemptEnd: fact.data.answer };
    default: {
      const { reason, detail } = fact.data as { readonly reason?: unknown; readonly detail?: unknown };
      return reason === undefined && detail === undefined ? {} : { text: [reason, detail] };
    }
  }
}

function rejected(reason: RecordedFact<'request.rejected'>['data']['reason']): Glimpse['rejects'] {
  if (reason === 'duplicate-id') return 'repeat';
  return reason === 'malformed' || reason === 'too-large' || reason === 'unsupported-type'
    ? 'message'
    : 'call';
}
