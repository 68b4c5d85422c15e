/** The fields of the situation: the clock, the budget's rest and the counts of what happened lately. */
import { Unit } from '@writ/contracts';
import { Fault } from './fault.ts';
import type { Field } from './field.ts';
import { HISTORY_WINDOWS, HistoryOutcome, HistoryScope } from './situation.ts';
import type { HistoryWindow } from './situation.ts';
import { Dimension } from './units.ts';
import { Timestamp } from './values/time.ts';

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
  { name: 'storage', unit: Unit.storage, dimension: Dimension.storage },
] as const;

const TIME: Field = {
  path: 'time',
  type: 'google.protobuf.Timestamp',
  meaning: 'when the decision is made, in ledger time; `time.getHours("Europe/Berlin")`',
  read: ({ time }) => timestampOf(known(time, 'the time')),
};

const REMAINING: readonly Field[] = BUDGET_UNITS.map(({ name, unit, dimension }) => ({
  path: `budget.remaining.${name}`,
  type: dimension,
  meaning: `the least ${unit} that any limit on the way of the call has free, those for its tool and of the present window included`,
  read: ({ budget }) => known(budget, 'the budget').remaining(unit),
}));

const UTILISATION: Field = {
  path: 'budget.utilisation',
  type: 'double',
  meaning: 'the greatest share of a limit on the way of the call that is spent or held: 0.9 is `90 %`',
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
