/**
 * The part of the environment that moves between two calls: the clock, what is left in the budget, and what
 * happened lately. A call whose rules read none of it pays nothing for it, so it is given as functions.
 */
import { MICROS_PER_UNIT } from '@writ/contracts';

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

/** An amount that stands for "no limit": more than any amount on the wire. */
export const UNLIMITED_MICROS = 10n ** 30n * MICROS_PER_UNIT;
