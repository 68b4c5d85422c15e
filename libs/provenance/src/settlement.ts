/**
 * What a call cost: the rule by which the budget settles, so that a report's sums equal the accounts. Each held unit is
 * charged at its reported usage, never above the hold; a unit that was held but not reported is charged in full,
 * because nobody can show that it was not used.
 */
import type { Amounts } from '@writ/contracts';
import type { InvocationRecord } from './record.ts';

/** One line of a hold and what became of it, in micro-units; the rest of `held` went back to the account. */
export interface SettledLine {
  readonly account: string;
  readonly unit: string;
  readonly held: bigint;
  /** Spent for good. */
  readonly charged: bigint;
  /** Still held: the call has not ended, or its release is not recorded yet. */
  readonly open: bigint;
}

const DIGITS = /^\d{1,30}$/;

/** Every line of the record's hold; none when nothing limits the call. */
export function settledLines(record: InvocationRecord): SettledLine[] {
  const { hold } = record;
  if (!hold) return [];
  const usage = usageOf(record);
  return hold.lines.map(({ account, unit, amount }) => {
    const held = BigInt(amount);
    if (hold.released) return { account, unit, held, charged: 0n, open: 0n };
    if (!usage) return { account, unit, held, charged: 0n, open: held };
    return { account, unit, held, charged: charge(held, reportedAmount(usage, unit)), open: 0n };
  });
}

/** What a call that ran was measured at; undefined for one that did not run, or not to its end. */
export function usageOf(record: InvocationRecord): Amounts | undefined {
  if (record.ending?.type !== 'execution.completed') return undefined;
  return (record.ending.data as { usage: Amounts }).usage;
}

/** An amount as a tool reported it; undefined for what is absent or is no amount (a negative one would make money). */
export function reportedAmount(usage: Amounts, unit: string): bigint | undefined {
  const text: unknown = usage[unit];
  return typeof text === 'string' && DIGITS.test(text) ? BigInt(text) : undefined;
}

function charge(held: bigint, reported: bigint | undefined): bigint {
  return reported === undefined || reported > held ? held : reported;
}
