/**
 * What a run used up, by unit, as the budget settles it. Only what was measured or reported is stated: a unit of the
 * tool's cost that it did not report is left out, because a guess would be a false fact.
 */
import { EVENT_SCHEMAS, Unit, toMicros } from '@writ/contracts';
import type { Amounts, ToolSpec } from '@writ/contracts';
import { MAX_REPORTED_AMOUNT, MAX_REPORTED_UNITS } from './limits.ts';
import type { ReportedUsage } from './run-result.ts';

const ONE_CALL = { [Unit.calls]: '1000000' } as const;
const USAGE = EVENT_SCHEMAS['execution.completed'].shape.usage;

/** The measured call and what the tool reported; undefined when a report is not a set of valid amounts. */
export function usageOf(reported: ReportedUsage | undefined, measured?: ReportedUsage): Amounts | undefined {
  if (reported === undefined && measured === undefined) return ONE_CALL;
  const units = Object.entries({ ...reported, ...measured });
  if (units.length > MAX_REPORTED_UNITS) return undefined;
  const usage: Record<string, string> = {};
  for (const [unit, amount] of units) {
    if (!(amount >= 0 && amount <= MAX_REPORTED_AMOUNT)) return undefined;
    usage[unit] = String(toMicros(amount));
  }
  const parsed = USAGE.safeParse(usage);
  return parsed.success ? { ...parsed.data, ...ONE_CALL } : undefined;
}

/** Usage of a call that never ran: zero, said outright, of every unit that was held for it. */
export function nothingUsed(tool: Pick<ToolSpec, 'cost'> | undefined): Amounts {
  const usage: Record<string, string> = { [Unit.calls]: '0' };
  for (const unit of Object.keys(tool?.cost ?? {})) usage[unit] = '0';
  return usage;
}
