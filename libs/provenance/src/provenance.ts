/** One record told as who, what, when, why, where and at what cost: the form that a report holds for each call. */
import type { EventData, RecordedFact } from '@writ/contracts';
import { formatMicros } from '@writ/contracts';
import type { Circumstances } from './circumstances.ts';
import { stageOf, subjectOf } from './record.ts';
import type { Approval, Ending, InvocationRecord } from './record.ts';
import type { ApprovalReport, InvocationProvenance } from './report-schema.ts';
import { settledLines, usageOf } from './settlement.ts';
import { amountsText, ledgerTime, spanMs, timeText } from './wording.ts';

/** The provenance of one life. */
export function provenanceOf(
  record: InvocationRecord,
  circumstances: Circumstances = {},
): InvocationProvenance {
  return {
    invocation: record.invocation,
    stage: stageOf(record),
    outcome: record.ending?.outcome ?? null,
    who: whoOf(record, circumstances),
    what: whatOf(record, circumstances),
    when: whenOf(record),
    why: whyOf(record),
    where: whereOf(record, circumstances),
    cost: costOf(record),
    ledger: ledgerOf(record),
    repeats: record.repeats,
  };
}

/** The record's approval as a report tells it; null when nobody had to be asked. */
export function approvalOf(record: InvocationRecord): ApprovalReport | null {
  const { approval, invocation, agent } = record;
  if (!approval) return null;
  return {
    invocation,
    tool: subjectOf(record)?.tool ?? null,
    agent,
    policies: [...approval.policies],
    result: approval.closed?.result ?? 'open',
    quorum: approval.terms.quorum,
    openedAt: ledgerTime(approval.at),
    closedAt: timeText(approval.closed?.at),
    decidedBy: [...(approval.closed?.persons ?? [])],
    inNameOf: approval.closed?.inNameOf ?? {},
    standing: [...(approval.closed?.standing ?? [])],
    skipped: [...(approval.closed?.breakGlass?.skipped ?? [])],
    reason: approval.closed?.reason ?? null,
    votes: votesOf(approval),
  };
}

function votesOf(approval: Approval): ApprovalReport['votes'] {
  return approval.votes.map(({ person, vote, at, reason, argsDigest }) => ({
    person,
    vote,
    at: ledgerTime(at),
    reason: reason ?? null,
    sameArguments: argsDigest === approval.argsDigest,
  }));
}

function whoOf(record: InvocationRecord, { owner }: Circumstances): InvocationProvenance['who'] {
  const subject = subjectOf(record);
  return {
    tenant: record.tenant,
    agent: record.agent,
    owner: owner ?? null,
    onBehalfOf: record.asked?.onBehalfOf ?? null,
    causedBy: [...(record.asked?.causedBy ?? [])],
    node: record.asked?.flow ?? null,
    project: subject?.project ?? null,
    campaign: subject?.campaign ?? null,
    log: record.asked?.log ?? null,
    step: record.asked?.step ?? null,
    justification: record.asked?.justification ?? null,
  };
}

function whatOf(record: InvocationRecord, { tool }: Circumstances): InvocationProvenance['what'] {
  const completed = completionOf(record.ending);
  return {
    tool: subjectOf(record)?.tool ?? null,
    version: tool?.version ?? null,
    class: tool?.class ?? null,
    effects: tool?.effects ?? null,
    argsDigest: completed?.argsDigest ?? record.decided.at(-1)?.argsDigest ?? null,
    inputs: record.asked?.inputs ?? null,
    outputDigest: completed?.outputDigest ?? null,
    output: completed?.output ?? null,
    outputRef: completed?.outputRef ?? null,
    error: completed?.error ?? null,
  };
}

function whenOf(record: InvocationRecord): InvocationProvenance['when'] {
  const { asked, decided, approval, hold, planned, attempts, ending } = record;
  const attempt = attempts.at(-1);
  const completed = completionOf(ending);
  return {
    requested: timeText(asked?.at),
    decided: timeText(decided[0]?.at),
    approvalOpened: timeText(approval?.at),
    approvalClosed: timeText(approval?.closed?.at),
    reserved: timeText(hold?.at),
    planned: timeText(planned?.at),
    dispatched: timeText(attempt?.at),
    started: timeText(attempt?.started?.at ?? completed?.startedAtMs),
    ended: timeText(ending?.at),
    decidingMs: spanMs(asked?.at, decided[0]?.at),
    holdingMs: spanMs(decided[0]?.at, hold?.at),
    approvalMs: spanMs(approval?.at, approval?.closed?.at),
    queuedMs: spanMs(approval?.closed?.at ?? hold?.at, attempts[0]?.at),
    startingMs: spanMs(attempt?.at, attempt?.started?.at ?? completed?.startedAtMs),
    ranMs: spanMs(completed?.startedAtMs, completed?.endedAtMs),
    totalMs: spanMs(asked?.at, ending?.at),
  };
}

function whyOf(record: InvocationRecord): InvocationProvenance['why'] {
  const denial = record.ending?.type === 'policy.decided' ? record.decided.at(-1)?.denial : undefined;
  return {
    decisions: record.decided.map(({ verdict, at, rules, bundle, catalogRevision, standing }) => ({
      verdict,
      at: ledgerTime(at),
      rules: rules.map(({ policy, action, mode, because }) => ({
        policy,
        action,
        mode,
        because: because ?? null,
      })),
      bundle,
      catalogRevision,
      standing: [...(standing ?? [])],
    })),
    denial: denial ? { ...denial, remedy: denial.remedy ?? null } : null,
    approval: approvalOf(record),
    ended: refusalOf(record.ending),
  };
}

/** Why a call that was not denied ended without running. */
function refusalOf(ending: Ending | undefined): InvocationProvenance['why']['ended'] {
  if (!ending) return null;
  const { type, data } = ending as Pick<RecordedFact, 'type' | 'data'> as RecordedFact;
  switch (type) {
    case 'request.rejected':
    case 'budget.refused':
    case 'schedule.refused':
      return { by: type, reason: data.reason, detail: data.detail };
    case 'invocation.cancelled':
      return { by: type, reason: 'cancelled', detail: data.reason ?? null };
    case 'schedule.resolved': {
      const { outcome, by: person, reason, used } = data;
      const cost = used ? [] : ['charged at its ceiling, because its use was not stated'];
      return {
        by: type,
        reason: outcome,
        detail: [`${person} said so`, reason, ...cost].filter(Boolean).join('; '),
      };
    }
    default:
      return null;
  }
}

function whereOf(
  record: InvocationRecord,
  { tool, places = [] }: Circumstances,
): InvocationProvenance['where'] {
  const completed = completionOf(record.ending);
  const nodeOf = (session: string | undefined): string | null =>
    places.find((place) => place.session === session)?.node ?? null;
  return {
    executor: completed?.executor ?? record.attempts.at(-1)?.executor ?? null,
    pool: tool?.pool ?? null,
    node: nodeOf(completed?.session ?? record.attempts.at(-1)?.session),
    attempts: record.attempts.map(({ attempt, executor, session, at, started, ended }) => ({
      attempt,
      executor,
      session,
      node: nodeOf(session),
      dispatchedAt: ledgerTime(at),
      startedAt: timeText(started?.at),
      ended: ended
        ? {
            at: ledgerTime(ended.at),
            cause: ended.cause,
            error: ended.error ?? null,
            used: ended.used ? amountsText(ended.used) : null,
          }
        : null,
    })),
  };
}

function costOf(record: InvocationRecord): InvocationProvenance['cost'] {
  const usage = usageOf(record);
  return {
    ceiling: amountsText(record.decided[0]?.ceiling ?? {}),
    held: heldByUnit(record),
    used: usage ? amountsText(usage) : null,
    settled: settledLines(record).map(({ account, unit, held, charged, open }) => ({
      account,
      unit,
      held: formatMicros(held),
      charged: formatMicros(charged),
      open: formatMicros(open),
    })),
  };
}

/** Each unit once: every account on a call's way holds the same. */
function heldByUnit(record: InvocationRecord): Record<string, string> {
  const lines = record.hold?.lines ?? [];
  return Object.fromEntries(lines.map(({ unit, amount }) => [unit, formatMicros(BigInt(amount))]));
}

function ledgerOf(record: InvocationRecord): InvocationProvenance['ledger'] {
  const { asked, decided, approval, hold, planned, attempts, cancelAsked, indeterminate, ending, breaches } =
    record;
  const sequences = {
    requested: asked?.seq,
    decided: decided.map(({ seq }) => seq),
    approvalOpened: approval?.seq,
    votes: approval?.votes.map(({ seq }) => seq),
    approvalClosed: approval?.closed?.seq,
    reserved: hold?.seq,
    released: hold?.released?.seq,
    planned: planned?.seq,
    dispatched: attempts.map(({ seq }) => seq),
    attempted: attempts.flatMap(({ ended }) => (ended ? [ended.seq] : [])),
    started: attempts.flatMap(({ started }) => (started ? [started.seq] : [])),
    cancelAsked: cancelAsked?.seq,
    indeterminate: indeterminate?.seq,
    ended: ending?.seq,
    breaches: breaches.map(({ seq }) => seq),
  };
  return Object.fromEntries(
    Object.entries(sequences).filter(
      (entry): entry is [string, number | number[]] =>
        typeof entry[1] === 'number' || (entry[1] !== undefined && entry[1].length > 0),
    ),
  );
}

function completionOf(ending: Ending | undefined): EventData<'execution.completed'> | undefined {
  return ending?.type === 'execution.completed'
    ? (ending.data as EventData<'execution.completed'>)
    : undefined;
}
