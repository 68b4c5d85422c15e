/**
 * The check of `execution.completed` on the hot path. Three services fold every completion, and its schema takes twice
 * as long as parsing its JSON (4 of 6 us); this accepts what is plainly well formed, and whatever it does not accept is
 * left to the schema, which decides.
 */
import { RunOutcome } from '../outcome.ts';
import { isDigest, isDigit, isName } from './plain-values.ts';

const OUTCOMES: ReadonlySet<unknown> = new Set(Object.values(RunOutcome));
const LONGEST_AMOUNT = 15;

/** Whether `data` is certainly a valid `execution.completed`. Never true for what the schema would refuse. */
export function isPlainCompletion(data: unknown): boolean {
  if (typeof data !== 'object' || data === null) return false;
  const fact = data as Readonly<Record<string, unknown>>;
  return (
    isName(fact['invocation']) &&
    isName(fact['agent']) &&
    isName(fact['executor']) &&
    isName(fact['session']) &&
    isCount(fact['attempt']) &&
    isDigest(fact['argsDigest']) &&
    (fact['outputDigest'] === undefined || isDigest(fact['outputDigest'])) &&
    OUTCOMES.has(fact['outcome']) &&
    fact['outputRef'] === undefined &&
    fact['error'] === undefined &&
    fact['writes'] === undefined &&
    Number.isFinite(fact['startedAtMs']) &&
    Number.isFinite(fact['endedAtMs']) &&
    isUsage(fact['usage'])
  );
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

/** Unit names and amounts of the usual form. */
function isUsage(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const usage = value as Readonly<Record<string, unknown>>;
  for (const unit of Object.keys(usage)) if (!isUnit(unit) || !isAmount(usage[unit])) return false;
  return true;
}

function isUnit(value: string): boolean {
  if (value.length === 0 || value.length > 32) return false;
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    const letter = code >= 97 && code <= 122;
    if (!(letter || (index > 0 && (isDigit(code) || code === 45)))) return false;
  }
  return true;
}

function isAmount(value: unknown): boolean {
  if (typeof value !== 'string' || value.length === 0 || value.length > LONGEST_AMOUNT) return false;
  for (let index = 0; index < value.length; index++) if (!isDigit(value.charCodeAt(index))) return false;
  return true;
}
