/**
 * The spans of one call, from its record: each hop begins where the one before it stood in the ledger and ends where its own
 * fact stands. They are a function of facts alone, so any process can make them, at any time, and gets the same.
 */
import { SpanKind } from '@opentelemetry/api';
import { attemptHops, queueHops } from './attempt-hops.ts';
import type { EndedRecord, Hop } from './hop.ts';
import { SpanAttribute, SpanName } from './names.ts';
import type { SpanRecord } from './span-record.ts';
import { CallIds, agentSpanOf, batchIdsOf, batchOfEvent } from './trace-ids.ts';
import type { TracedCall } from './trace-ids.ts';

/** What a record does not tell. */
export interface CallEnvelope {
  readonly traceparent: string | undefined;
  /** Ids of the events, by the ledger sequence that they stand at. */
  readonly events: ReadonlyMap<number, string>;
  /** Why the trace is kept. */
  readonly kept: string;
}

/** All spans of a call, the call itself first. */
export function callSpans(record: EndedRecord, envelope: CallEnvelope): SpanRecord[] {
  const { tenant, invocation } = record;
  const call: TracedCall = { tenant, invocation, traceparent: envelope.traceparent };
  const ids = new CallIds(call);
  const { traceId } = ids;
  const root = ids.spanIdOf('call');
  const spans = hopsOf(record).map((hop): SpanRecord => {
    const event = hop.seq === undefined ? undefined : envelope.events.get(hop.seq);
    return {
      traceId,
      spanId: ids.spanIdOf(hop.key),
      parent: { spanId: hop.within === undefined ? root : ids.spanIdOf(hop.within), isRemote: true },
      service: hop.service,
      name: hop.name,
      kind: SpanKind.INTERNAL,
      startMs: hop.startMs,
      endMs: hop.endMs,
      attributes: {
        ...hop.attributes,
        ...(hop.seq === undefined ? {} : { [SpanAttribute.sequence]: hop.seq }),
      },
      error: hop.error,
      links: event === undefined ? [] : [batchIdsOf(batchOfEvent(event))],
      ...(hop.events ? { events: hop.events } : {}),
    };
  });
  return [{ ...callSpan(record, call, envelope.kept), traceId, spanId: root }, ...spans];
}

/** The call as a whole: what GenAI dashboards know, also when nothing ever ran. */
function callSpan(
  { tenant, invocation, agent, asked, ending }: EndedRecord,
  call: TracedCall,
  kept: string,
): Omit<SpanRecord, 'traceId' | 'spanId'> {
  const agentSpan = agentSpanOf(call);
  const failure = failureOf(ending);
  return {
    service: 'calls',
    name: SpanName.call.replace('{tool}', asked.tool),
    kind: SpanKind.INTERNAL,
    // An agent that does not record its span leaves none to hang below.
    parent: agentSpan?.sampled ? { spanId: agentSpan.spanId, isRemote: true } : undefined,
    links: agentSpan && !agentSpan.sampled ? [agentSpan] : [],
    startMs: asked.at,
    endMs: ending.at,
    error: failure?.message,
    attributes: {
      [SpanAttribute.operation]: 'execute_tool',
      [SpanAttribute.toolName]: asked.tool,
      [SpanAttribute.toolCallId]: invocation,
      [SpanAttribute.toolType]: 'function',
      [SpanAttribute.agentName]: agent,
      [SpanAttribute.tenant]: tenant,
      [SpanAttribute.project]: asked.project,
      [SpanAttribute.invocation]: invocation,
      [SpanAttribute.outcome]: ending.outcome,
      [SpanAttribute.kept]: kept,
      ...(asked.campaign === undefined ? {} : { [SpanAttribute.campaign]: asked.campaign }),
      ...(failure ? { [SpanAttribute.errorType]: failure.type } : {}),
    },
  };
}

/**
 * What the last fact says went wrong; undefined for a call that succeeded. Where a text may quote arguments, what a tool says
 * or what was wrong with inputs, its code stands for it.
 */
function failureOf({ outcome, data }: EndedRecord['ending']): { type: string; message: string } | undefined {
  if (outcome === 'succeeded') return undefined;
  const said = data as {
    readonly error?: { readonly code: string };
    readonly denial?: { readonly reason: string };
    readonly detail?: string;
    readonly reason?: string;
  };
  if (said.error) return { type: said.error.code, message: said.error.code };
  if (outcome === 'rejected') return { type: outcome, message: said.reason ?? outcome };
  return { type: outcome, message: said.denial?.reason ?? said.detail ?? said.reason ?? outcome };
}

function hopsOf(record: EndedRecord): Hop[] {
  return [
    ...decideHops(record),
    ...approvalHops(record),
    ...budgetHops(record),
    ...queueHops(record),
    ...attemptHops(record),
    ...cancelHops(record),
  ];
}

/** Every verdict; what is rejected has none, and ends where it would have been decided. */
function decideHops({ asked, decided, approval, ending }: EndedRecord): Hop[] {
  const hop = { service: 'policy', name: SpanName.decide };
  if (ending.type === 'request.rejected') {
    const error = failureOf(ending)?.message;
    return [{ ...hop, key: 'decide/1', startMs: asked.at, endMs: ending.at, seq: ending.seq, error }];
  }
  return decided.map(({ at, seq, verdict, rules, bundle, denial, argsDigest }, index) => ({
    ...hop,
    key: `decide/${index + 1}`,
    startMs: index === 0 ? asked.at : (approval?.closed?.at ?? at),
    endMs: at,
    seq,
    attributes: {
      [SpanAttribute.verdict]: verdict,
      [SpanAttribute.rules]: rules.map(({ policy }) => policy),
      [SpanAttribute.bundle]: bundle,
      [SpanAttribute.argsDigest]: argsDigest,
      ...(denial
        ? {
            [SpanAttribute.denialClass]: denial.class,
            [SpanAttribute.reason]: `${denial.rule}: ${denial.reason}`,
          }
        : {}),
    },
  }));
}

function approvalHops({ approval, ending }: EndedRecord): Hop[] {
  if (!approval) return [];
  const { at, closed, terms, votes, policies } = approval;
  return [
    {
      key: 'approval',
      service: 'policy',
      name: SpanName.approval,
      startMs: at,
      endMs: closed?.at ?? ending.at,
      seq: closed?.seq ?? ending.seq,
      attributes: {
        [SpanAttribute.waitReason]: `approval asked for by ${policies.join(', ')}`,
        [SpanAttribute.approvers]: terms.approvers,
        [SpanAttribute.quorum]: terms.quorum,
        ...(closed ? { [SpanAttribute.result]: closed.result, [SpanAttribute.persons]: closed.persons } : {}),
        ...(closed?.reason === undefined ? {} : { [SpanAttribute.reason]: closed.reason }),
      },
      events: votes.map((vote) => ({
        name: `vote ${vote.vote}`,
        atMs: vote.at,
        attributes: {
          [SpanAttribute.persons]: [vote.person],
          ...(vote.reason === undefined ? {} : { [SpanAttribute.reason]: vote.reason }),
        },
      })),
    },
  ];
}

function budgetHops({ decided, hold, ending }: EndedRecord): Hop[] {
  const asked = decided[0]?.at;
  if (asked === undefined) return [];
  const hop = { key: 'reserve', service: 'budget', name: SpanName.reserve, startMs: asked };
  if (hold) {
    const holds = hold.lines.map(({ account, unit, amount }) => `${account} ${unit} ${amount}`);
    return [{ ...hop, endMs: hold.at, seq: hold.seq, attributes: { [SpanAttribute.holds]: holds } }];
  }
  if (ending.type !== 'budget.refused') return [];
  return [{ ...hop, endMs: ending.at, seq: ending.seq, error: failureOf(ending)?.message }];
}

function cancelHops({ cancelAsked, ending }: EndedRecord): Hop[] {
  if (ending.type !== 'invocation.cancelled') return [];
  const asked = cancelAsked?.at ?? ending.at;
  const hop = {
    key: 'cancel',
    service: 'scheduler',
    name: SpanName.cancel,
    startMs: asked,
    endMs: ending.at,
  };
  return [{ ...hop, seq: ending.seq }];
}
