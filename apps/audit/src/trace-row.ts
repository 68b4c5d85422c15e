/** A trace as a row: how it is written by COPY, and how it is made of what Postgres returns. */
import type { AgentId, Digest, InvocationId, TenantId, Verdict } from '@writ/contracts';
import { stageOfTrace } from '@writ/provenance';
import type { AskedTrace, Trace } from '@writ/provenance';
import type { CopyRows } from './copy-rows.ts';
import { packSequences, unpackSequences } from './sequence-list.ts';
import type { AuditTables } from './tables.ts';

/** In the order in which `writeTrace` writes them. */
const COLUMNS = [
  'first_seq',
  'last_seq',
  'first_at',
  'asked_at',
  'decided_at',
  'opened_at',
  'closed_at',
  'reserved_at',
  'dispatched_at',
  'started_at',
  'ended_at',
  'attempts',
  'attempt',
  'repeats',
  'earlier',
  'tenant',
  'invocation',
  'stage',
  'agent',
  'tool',
  'project',
  'campaign',
  'log',
  'executor',
  'verdict',
  'args_digest',
  'facts',
  'asked_again',
  'holds',
  'words',
] as const satisfies readonly (keyof AuditTables['audit.invocations'])[];

export const TRACE_COLUMNS: string = COLUMNS.join(', ');

export type TraceColumns = AuditTables['audit.invocations'];

const DIGEST_PREFIX = 'sha256:';

export function writeTrace(rows: CopyRows, trace: Trace): void {
  rows.begin(COLUMNS.length);
  rows.bigint(trace.firstSeq);
  rows.bigint(trace.lastSeq);
  rows.time(trace.firstAt);
  rows.time(trace.askedAt);
  rows.time(trace.decidedAt);
  rows.time(trace.openedAt);
  rows.time(trace.closedAt);
  rows.time(trace.reservedAt);
  rows.time(trace.dispatchedAt);
  rows.time(trace.startedAt);
  rows.time(trace.endedAt);
  rows.int(trace.attempts);
  rows.int(trace.attempt);
  rows.int(trace.repeats);
  rows.int(trace.earlier);
  rows.text(trace.tenant);
  rows.text(trace.invocation);
  rows.text(stageOfTrace(trace));
  rows.text(trace.agent);
  rows.text(trace.tool);
  rows.text(trace.project);
  rows.text(trace.campaign);
  rows.text(trace.log);
  rows.text(trace.executor);
  rows.text(trace.verdict);
  rows.bytes(trace.argsDigest && Buffer.from(trace.argsDigest.slice(DIGEST_PREFIX.length), 'hex'));
  rows.bytes(packSequences(trace.facts));
  rows.text(trace.askedAgain && JSON.stringify(trace.askedAgain));
  rows.text(trace.holds);
  rows.lexemes(trace.words);
}

export function traceOf(row: TraceColumns): Trace {
  const ended = row.ended_at !== null;
  return {
    tenant: row.tenant as TenantId,
    invocation: row.invocation as InvocationId,
    agent: row.agent as AgentId,
    firstSeq: Number(row.first_seq),
    firstAt: row.first_at.getTime(),
    lastSeq: Number(row.last_seq),
    tool: row.tool ?? undefined,
    project: row.project ?? undefined,
    campaign: row.campaign ?? undefined,
    log: row.log ?? undefined,
    argsDigest: row.args_digest
      ? (`${DIGEST_PREFIX}${row.args_digest.toString('hex')}` as Digest)
      : undefined,
    verdict: (row.verdict ?? undefined) as Verdict | undefined,
    executor: row.executor ?? undefined,
    attempts: row.attempts,
    attempt: row.attempt ?? undefined,
    askedAt: row.asked_at?.getTime(),
    decidedAt: row.decided_at?.getTime(),
    openedAt: row.opened_at?.getTime(),
    closedAt: row.closed_at?.getTime(),
    reservedAt: row.reserved_at?.getTime(),
    dispatchedAt: row.dispatched_at?.getTime(),
    startedAt: row.started_at?.getTime(),
    endedAt: row.ended_at?.getTime(),
    outcome: ended ? (row.stage as Trace['outcome']) : undefined,
    indeterminate: row.stage === 'indeterminate',
    repeats: row.repeats,
    askedAgain: row.asked_again === null ? undefined : (JSON.parse(row.asked_again) as AskedTrace),
    earlier: row.earlier,
    holds: row.holds ?? undefined,
    words: unpackLexemes(row.words),
    facts: unpackSequences(row.facts),
  };
}

/** A `tsvector` as Postgres writes it, `'one' 'two'`; ours hold letters and digits only. */
function unpackLexemes(text: string): string[] {
  return text === '' ? [] : text.split(' ').map((quoted) => quoted.slice(1, -1));
}
