/**
 * One call a line, RFC 4180. What a spreadsheet would take for a formula gets an apostrophe before it: agents and people
 * choose names and reasons, and a table of them is opened by others.
 */
import type { InvocationProvenance } from '../report-schema.ts';

type Cell = string | number | null | undefined;

const COLUMNS: Readonly<Record<string, (told: InvocationProvenance) => Cell>> = {
  invocation: (told) => told.invocation,
  stage: (told) => told.stage,
  tenant: ({ who }) => who.tenant,
  project: ({ who }) => who.project,
  campaign: ({ who }) => who.campaign,
  log: ({ who }) => who.log,
  agent: ({ who }) => who.agent,
  owner: ({ who }) => who.owner,
  on_behalf_of: ({ who }) => who.onBehalfOf,
  caused_by: ({ who }) => who.causedBy.join(' '),
  run: ({ who }) => who.node?.run,
  node: ({ who }) => who.node?.node,
  step: ({ who }) => who.step,
  tool: ({ what }) => what.tool,
  version: ({ what }) => what.version,
  class: ({ what }) => what.class,
  args_digest: ({ what }) => what.argsDigest,
  output_digest: ({ what }) => what.outputDigest,
  error: ({ what }) => what.error && `${what.error.code}: ${what.error.message}`,
  requested: ({ when }) => when.requested,
  decided: ({ when }) => when.decided,
  reserved: ({ when }) => when.reserved,
  dispatched: ({ when }) => when.dispatched,
  started: ({ when }) => when.started,
  ended: ({ when }) => when.ended,
  approval_ms: ({ when }) => when.approvalMs,
  queued_ms: ({ when }) => when.queuedMs,
  ran_ms: ({ when }) => when.ranMs,
  total_ms: ({ when }) => when.totalMs,
  rules: ({ why }) =>
    [...new Set(why.decisions.flatMap(({ rules }) => rules.map(({ policy }) => policy)))].join(' '),
  denied_by: ({ why }) => why.denial?.rule,
  denial: ({ why }) => why.denial?.reason,
  approved_by: ({ why }) => why.approval?.decidedBy.join(' '),
  ended_by: ({ why }) => why.ended && `${why.ended.by}: ${why.ended.reason}`,
  executor: ({ where }) => where.executor,
  pool: ({ where }) => where.pool,
  machine: ({ where }) => where.node,
  attempts: ({ where }) => where.attempts.length,
  held: ({ cost }) => amounts(cost.held),
  used: ({ cost }) => amounts(cost.used ?? {}),
  first_seq: ({ ledger }) => ledger['requested'] as number | undefined,
  last_seq: ({ ledger }) => ledger['ended'] as number | undefined,
};

const FORMULA = /^[=+\-@\t\r]/;
const QUOTED = /[",\r\n]/;

/** The first line. */
export const CSV_HEADER: string = Object.keys(COLUMNS).join(',');

export function csvLine(told: InvocationProvenance): string {
  return Object.values(COLUMNS)
    .map((column) => written(column(told)))
    .join(',');
}

/** `node-hours=1.5 usd=2`. */
function amounts(byUnit: Readonly<Record<string, string>>): string {
  return Object.entries(byUnit)
    .map(([unit, amount]) => `${unit}=${amount}`)
    .join(' ');
}

function written(cell: Cell): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'number') return String(cell);
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
