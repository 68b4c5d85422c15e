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
  const usage = lastUsageOf(record);
  const { tried } = record;
  const holds = 1 + (tried?.holds ?? 0);
  // Every attempt but the last one has closed its own hold.
  const isOpen = holds > (tried?.attempts ?? 0) && !hold.released;
  return hold.lines.map(({ account, unit, amount }) => {
    const each = BigInt(amount);
    const before = (tried && reportedAmount(tried.charged, unit)) ?? 0n;
    const settled = { account, unit, held: each * BigInt(holds), charged: before, open: 0n };
    if (!isOpen) return settled;
    if (!usage) return { ...settled, open: each };
    return { ...settled, charged: before + settledAmount(each, reportedAmount(usage, unit)) };
  });
}

/** What a call used in all its attempts; undefined for one that did not run, or not to its end. */
export function usageOf(record: InvocationRecord): Amounts | undefined {
  const last = lastUsageOf(record);
  const before = record.tried?.used;
  if (!before || !last) return last ?? before;
  const all: Record<string, string> = { ...before };
  for (const unit of Object.keys(last))
    all[unit] = ((reportedAmount(before, unit) ?? 0n) + (reportedAmount(last, unit) ?? 0n)).toString();
  return all;
}

/** Of the last attempt: as measured, or as the person said who told what became of it. */
function lastUsageOf({ ending }: InvocationRecord): Amounts | undefined {
  if (ending?.type === 'schedule.resolved') return (ending.data as { used?: Amounts }).used ?? {};
  return ending?.type === 'execution.completed' ? (ending.data as { usage: Amounts }).usage : undefined;
}

/** An amount as a tool reported it; undefined for what is absent or is no amount (a negative one would make money). */
export function reportedAmount(usage: Amounts, unit: string): bigint | undefined {
  const text: unknown = usage[unit];
  return typeof text === 'string' && DIGITS.test(text) ? BigInt(text) : undefined;
}

/** What is charged of a hold. */
export function settledAmount(held: bigint, reported: bigint | undefined): bigint {
  return reported === undefined || reported > held ? held : reported;
}
