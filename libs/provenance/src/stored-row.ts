/** An invocation's row, column by column as plain values: what is stored and what its facts say can be laid side by side. */
import { z } from 'zod';
import { stageOfTrace } from './trace.ts';
import type { Trace } from './trace.ts';

/** Most rows of one page. */
export const MAX_ROWS = 500;

const value = z.union([z.string(), z.number(), z.null()]);

export const storedRow = z.object({
  /** Whatever stands there. */
  invocation: z.string(),
  /** Ledger sequences of its first and its last fact, as the row says. */
  first: z.number(),
  last: z.number(),
  columns: z.record(z.string(), value),
  /** What is wrong with it, whatever the ledger says. */
  fault: z.string().optional(),
});
export type StoredRow = z.infer<typeof storedRow>;
export type RowColumns = StoredRow['columns'];

/** `writ.<tenant>.api.audit.rows`: the rows after one of them, in the order of their first facts. */
export const rowsRequest = z.strictObject({
  after: z.strictObject({ first: z.number().int(), invocation: z.string() }).optional(),
});
export type RowsRequest = z.infer<typeof rowsRequest>;

export const rowsPage = z.object({
  rows: z.array(storedRow),
  /** Every fact up to this ledger sequence is in the rows. */
  asOf: z.number().int(),
  more: z.boolean(),
});
export type RowsPage = z.infer<typeof rowsPage>;

/** The columns of the row that a trace makes; instants in milliseconds. */
export function columnsOf(trace: Trace): RowColumns {
  return {
    first_seq: trace.firstSeq,
    last_seq: trace.lastSeq,
    first_at: trace.firstAt,
    asked_at: trace.askedAt ?? null,
    decided_at: trace.decidedAt ?? null,
    opened_at: trace.openedAt ?? null,
    closed_at: trace.closedAt ?? null,
    reserved_at: trace.reservedAt ?? null,
    dispatched_at: trace.dispatchedAt ?? null,
    started_at: trace.startedAt ?? null,
    ended_at: trace.endedAt ?? null,
    attempts: trace.attempts,
    attempt: trace.attempt ?? null,
    repeats: trace.repeats,
    earlier: trace.earlier,
    invocation: trace.invocation,
    stage: stageOfTrace(trace),
    agent: trace.agent,
    tool: trace.tool ?? null,
    project: trace.project ?? null,
    campaign: trace.campaign ?? null,
    log: trace.log ?? null,
    executor: trace.executor ?? null,
    verdict: trace.verdict ?? null,
    args_digest: trace.argsDigest ?? null,
    facts: trace.facts.join(' '),
    asked_again: trace.askedAgain ? JSON.stringify(trace.askedAgain) : null,
    holds: trace.holds ?? null,
    words: trace.words.toSorted().join(' '),
  };
}
