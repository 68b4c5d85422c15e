/**
 * The fold of an invocation's facts into its record. Total: a fact that cannot be, or that names an invocation nobody
 * asked for, changes nothing. It updates the record in place, because a record per fact would cost more than the fold.
 */
import type { AgentId, InvocationId, RecordedFact } from '@writ/contracts';
import { foldAttempt } from './attempts.ts';
import { foldApproval } from './approval-fold.ts';
import { end, liveAgain, startsNewLife } from './life.ts';
import { MAX_INPUTS_LENGTH } from './limits.ts';
import { emptyRecord } from './record.ts';
import type { Asked, Draft, InvocationRecord } from './record.ts';
import { terminalFact } from './terminal.ts';

const NONE: readonly InvocationId[] = [];

/** The invocations that a fact is about, in its own order; a fold of each is `foldRecord(record, fact, position)`. */
export function invocationsOf(fact: RecordedFact): readonly InvocationId[] {
  switch (fact.type) {
    case 'tool.requested':
      return fact.data.calls.map((call) => call.invocation);
    case 'schedule.planned':
      return fact.data.waves.flatMap((wave) => wave.calls);
    case 'request.malformed':
      return NONE;
    default: {
      const invocation = (fact.data as { invocation?: InvocationId } | undefined)?.invocation;
      return invocation === undefined ? NONE : [invocation];
    }
  }
}

/** Whether a fact can begin a record; any other fact about an unknown invocation is not believed. */
export function beginsRecord(fact: RecordedFact): boolean {
  return fact.type === 'tool.requested' || fact.type === 'request.rejected' || fact.type === 'policy.decided';
}

/**
 * The record after one fact; `nth` is the invocation's position in `invocationsOf(fact)`. Undefined while nothing that
 * is known makes a record.
 */
export function foldRecord(
  record: InvocationRecord | undefined,
  fact: RecordedFact,
  nth = 0,
): InvocationRecord | undefined {
  const draft = (record as Draft | undefined) ?? begin(fact, nth);
  if (!draft) return undefined;
  if (startsNewLife(draft, fact)) liveAgain(draft);
  draft.lastSeq = fact.seq;
  step(draft, fact, nth);
  const outcome = terminalFact(fact);
  if (outcome !== undefined) end(draft, fact, outcome);
  return draft;
}

function begin(fact: RecordedFact, nth: number): Draft | undefined {
  switch (fact.type) {
    case 'tool.requested':
      return emptyRecord(fact.tenant, fact.data.calls[nth]!.invocation, fact.origin as AgentId, fact.seq);
    case 'request.rejected':
      if (fact.data.invocation === undefined || fact.data.reason === 'duplicate-id') return undefined;
      return emptyRecord(fact.tenant, fact.data.invocation, fact.data.agent, fact.seq);
    case 'policy.decided':
      return emptyRecord(fact.tenant, fact.data.invocation, fact.data.agent, fact.seq);
    default:
      return undefined;
  }
}

function step(draft: Draft, fact: RecordedFact, nth: number): void {
  const { seq, at } = fact;
  switch (fact.type) {
    case 'tool.requested':
      return ask(draft, fact, nth);
    case 'tool.cancel-requested':
      draft.cancelAsked ??= { seq, at, by: fact.origin, reason: fact.data.reason };
      return;
    case 'policy.decided':
      return decide(draft, fact);
    case 'approval.opened':
    case 'approval.voted':
    case 'approval.granted':
    case 'approval.denied':
    case 'approval.expired':
      return foldApproval(draft, fact);
    case 'budget.reserved':
      if (draft.hold && draft.tried) draft.tried = { ...draft.tried, holds: draft.tried.holds + 1 };
      draft.hold ??= { seq, at, lines: fact.data.holds, released: undefined };
      return;
    case 'budget.released':
      if (draft.hold) draft.hold = { ...draft.hold, released: { seq, at, reason: fact.data.reason } };
      return;
    case 'schedule.planned':
      return plan(draft, fact, nth);
    case 'schedule.dispatched':
    case 'execution.started':
    case 'execution.attempted':
    case 'execution.returned':
    case 'execution.queried':
      return foldAttempt(draft, fact);
    case 'schedule.indeterminate':
      draft.indeterminate = { seq, at, executor: fact.data.executor };
      return;
    default:
      return;
  }
}

function ask(draft: Draft, fact: RecordedFact<'tool.requested'>, nth: number): void {
  if (draft.asked === undefined && draft.decided.length === 0 && draft.ending === undefined) {
    draft.asked = askedOf(fact, nth);
    return;
  }
  draft.repeats += 1;
  if (draft.ending !== undefined) draft.askedAgain = askedOf(fact, nth);
}

function askedOf(fact: RecordedFact<'tool.requested'>, nth: number): Asked {
  const { data, seq, at } = fact;
  const call = data.calls[nth]!;
  return {
    seq,
    at,
    step: data.step,
    tool: call.tool,
    inputs: JSON.stringify(call.inputs).length <= MAX_INPUTS_LENGTH ? call.inputs : undefined,
    project: data.project,
    campaign: data.campaign,
    log: data.log,
    priority: data.priority,
    deadline: data.deadline,
    justification: data.justification,
    causedBy: data.causedBy,
    onBehalfOf: data.onBehalfOf,
    flow: data.flow,
  };
}

function decide(draft: Draft, fact: RecordedFact<'policy.decided'>): void {
  if (draft.ending !== undefined) return;
  const { data, seq, at } = fact;
  draft.decided.push({
    seq,
    at,
    verdict: data.verdict,
    subject: draft.asked ? undefined : { tool: data.tool, project: data.project, campaign: data.campaign },
    argsDigest: data.argsDigest,
    ceiling: data.ceiling,
    rules: data.rules,
    bundle: data.bundle,
    catalogRevision: data.catalogRevision,
    denial: data.denial,
    standing: data.standing,
  });
}

function plan(draft: Draft, fact: RecordedFact<'schedule.planned'>, nth: number): void {
  const { waves } = fact.data;
  let first = 0;
  for (const [index, wave] of waves.entries()) {
    first += wave.calls.length;
    if (nth >= first) continue;
    draft.planned = {
      seq: fact.seq,
      at: fact.at,
      wave: index + 1,
      waves: waves.length,
      parallel: wave.parallel,
    };
    return;
  }
}
