/**
 * The part of the environment that moves between two calls: the clock, what is left in the budget, and what
 * happened lately. A call whose rules read none of it pays nothing for it, so it is given as functions.
 */
import { MICROS_PER_UNIT, Unit } from '@writ/contracts';
import type { Field } from './bindings.ts';
import { Fault } from './fault.ts';
import { Dimension } from './units.ts';
import { Timestamp } from './values/time.ts';

/** What the accounts on the way of a call have left. Both may throw, when that is not known. */
export interface BudgetView {
  /** The least that is free of a unit (`node-hours`) in any account on the way, in millionths. */
  remaining(unit: string): bigint;
  /** The greatest share of a limit that is spent or held, over all units and accounts on the way. */
  utilisation(): number;
}

/** Whose recent calls are counted. */
export const HistoryScope = { agent: 'agent', tool: 'tool', agentTool: 'agent_tool' } as const;
export type HistoryScope = (typeof HistoryScope)[keyof typeof HistoryScope];

/** How far back is counted, in milliseconds. */
export const HISTORY_WINDOWS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
export type HistoryWindow = keyof typeof HISTORY_WINDOWS;

/** What is counted: the decisions about calls, and the ends of those that ran. */
export const HistoryOutcome = {
  asked: 'asked',
  allowed: 'allowed',
  denied: 'denied',
  succeeded: 'succeeded',
  failed: 'failed',
} as const;
export type HistoryOutcome = (typeof HistoryOutcome)[keyof typeof HistoryOutcome];

export interface HistoryView {
  count(scope: HistoryScope, window: HistoryWindow, outcome: HistoryOutcome): number;
}

const NANOS_PER_MILLI = 1_000_000n;

/** A point in time that is given in milliseconds. */
export function timestampOf(milliseconds: number): Timestamp {
  return new Timestamp(BigInt(Math.trunc(milliseconds)) * NANOS_PER_MILLI);
}

/** Names of units as they are written after `budget.remaining.`, with the unit that an account counts in. */
const BUDGET_UNITS = [
  { name: 'node_hours', unit: Unit.nodeHours, dimension: Dimension.nodeHours },
  { name: 'usd', unit: Unit.usd, dimension: Dimension.usd },
  { name: 'tokens', unit: Unit.tokens, dimension: Dimension.tokens },
  { name: 'calls', unit: Unit.calls, dimension: Dimension.calls },
  // Accounts of storage count gigabytes, conditions bytes.
  { name: 'storage', unit: Unit.storage, dimension: Dimension.storage, scale: 10n ** 9n },
] as const;

const TIME: Field = {
  path: 'time',
  type: 'google.protobuf.Timestamp',
  meaning: 'when the decision is made, in ledger time; `time.getHours("Europe/Berlin")`',
  read: ({ time }) => timestampOf(known(time, 'the time')),
};

const REMAINING: readonly Field[] = BUDGET_UNITS.map(({ name, unit, dimension, ...more }) => ({
  path: `budget.remaining.${name}`,
  type: dimension,
  meaning: `the least ${unit} that any account on the way of the call has free`,
  read: ({ budget }) => known(budget, 'the budget').remaining(unit) * ('scale' in more ? more.scale : 1n),
}));

const UTILISATION: Field = {
  path: 'budget.utilisation',
  type: 'double',
  meaning: 'the greatest share of a limit that is spent or held in any account on the way: 0.9 is `90 %`',
  read: ({ budget }) => known(budget, 'the budget').utilisation(),
};

const COUNTS: readonly Field[] = Object.values(HistoryScope).flatMap((scope) =>
  (Object.keys(HISTORY_WINDOWS) as HistoryWindow[]).flatMap((window) =>
    Object.values(HistoryOutcome).map((outcome) => count(scope, window, outcome)),
  ),
);

function count(scope: HistoryScope, window: HistoryWindow, outcome: HistoryOutcome): Field {
  return {
    path: `history.${scope}.${window}.${outcome}`,
    type: 'int',
    meaning: '',
    read: ({ history }) => BigInt(known(history, 'the history').count(scope, window, outcome)),
  };
}

/** Every field of the situation. */
export const SITUATION_FIELDS: readonly Field[] = [...REMAINING, UTILISATION, ...COUNTS, TIME];

/** The counts as one row of the reference: there are too many to list. */
export const HISTORY_ROW = {
  path: `history.{${Object.values(HistoryScope).join(',')}}.{${Object.keys(HISTORY_WINDOWS).join(',')}}.{${Object.values(HistoryOutcome).join(',')}}`,
  type: 'int',
  meaning:
    'how many calls of this agent, of this tool, or of this agent with this tool were asked for (and decided), allowed, ' +
    'denied, succeeded or failed within the last minute, hour or day; counted since a rule first read `history`',
} as const;

function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Fault(`${what} is not known here`);
  return value;
}

/** An amount that stands for "no limit": more than any amount on the wire. */
export const UNLIMITED_MICROS = 10n ** 30n * MICROS_PER_UNIT;
