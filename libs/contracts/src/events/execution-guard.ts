/**
 * The check of `execution.completed` on the hot path. Three services fold every completion, and its schema takes twice
 * as long as parsing its JSON (4 of 6 us); this accepts what is plainly well formed, and whatever it does not accept is
 * left to the schema, which decides.
 */
import { RunOutcome } from '../outcome.ts';
import { isCount, isDigest, isDigit, isName, isObject } from './plain-values.ts';

const OUTCOMES: ReadonlySet<unknown> = new Set(Object.values(RunOutcome));
const LONGEST_AMOUNT = 15;

/** Whether `data` is certainly a valid `execution.completed`. Never true for what the schema would refuse. */
export function isPlainCompletion(data: unknown): boolean {
  if (!isObject(data)) return false;
  return (
    isName(data['invocation']) &&
    isName(data['agent']) &&
    isName(data['executor']) &&
    isName(data['session']) &&
    isCount(data['attempt']) &&
    isDigest(data['argsDigest']) &&
    (data['outputDigest'] === undefined || isDigest(data['outputDigest'])) &&
    OUTCOMES.has(data['outcome']) &&
    data['outputRef'] === undefined &&
    data['error'] === undefined &&
    data['writes'] === undefined &&
    Number.isFinite(data['startedAtMs']) &&
    Number.isFinite(data['endedAtMs']) &&
    isUsage(data['usage'])
  );
}

/** Unit names and amounts of the usual form. */
function isUsage(value: unknown): boolean {
  if (!isObject(value)) return false;
  for (const unit of Object.keys(value)) if (!isUnit(unit) || !isAmount(value[unit])) return false;
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
