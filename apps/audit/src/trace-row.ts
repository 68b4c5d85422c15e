/** A trace as a row: how it is written by COPY, and how it is made of what Postgres returns. */
import type { AgentId, Digest, InvocationId, TenantId, Verdict } from '@writ/contracts';
import { stageOfTrace } from '@writ/provenance';
import type { AskedTrace, Trace } from '@writ/provenance';
import type { CopiedRow, CopyRows } from './copy-rows.ts';
import { packSequences, unpackSequences } from './sequence-list.ts';
import type { AuditTables } from './tables.ts';

export type TraceColumns = AuditTables['audit.invocations'];

/** What each column is written as, in the order in which `writeTrace` writes them. */
const COLUMNS = {
  first_seq: 'bigint',
  last_seq: 'bigint',
  first_at: 'time',
  asked_at: 'time',
  decided_at: 'time',
  opened_at: 'time',
  closed_at: 'time',
  reserved_at: 'time',
  dispatched_at: 'time',
  started_at: 'time',
  ended_at: 'time',
  attempts: 'int',
  attempt: 'int',
  repeats: 'int',
  earlier: 'int',
  tenant: 'text',
  invocation: 'text',
  stage: 'text',
  agent: 'text',
  tool: 'text',
  project: 'text',
  campaign: 'text',
  log: 'text',
  executor: 'text',
  verdict: 'text',
  args_digest: 'bytes',
  facts: 'bytes',
  asked_again: 'text',
  holds: 'text',
  words: 'lexemes',
} as const satisfies Readonly<Record<keyof TraceColumns, keyof CopiedRow>>;

const KINDS = Object.entries(COLUMNS);

export const TRACE_COLUMNS: string = Object.keys(COLUMNS).join(', ');

const DIGEST_PREFIX = 'sha256:';

/** Returns the row's place. */
export function writeTrace(rows: CopyRows, trace: Trace): number {
  const place = rows.begin(KINDS.length);
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
  return place;
}

/** The trace that `writeTrace` wrote there. */
export function readTrace(rows: CopyRows, place: number): Trace {
  const row = rows.read(place);
  return traceOf(
    Object.fromEntries(KINDS.map(([name, kind]) => [name, row[kind]()])) as unknown as TraceColumns,
  );
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
