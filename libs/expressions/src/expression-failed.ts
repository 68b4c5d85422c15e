/** The error of an evaluation that has no value: the source, the place and what went wrong there. */
import { WritError, messageOf } from '@writ/contracts';
import { lineAndColumn } from './expression-error.ts';
import { Fault } from './fault.ts';

/** What went wrong in an evaluation, as the error that callers know. */
export function expressionFailed(source: string, thrown: unknown, unset: readonly string[] = []): WritError {
  const site = thrown instanceof Fault ? thrown.site : undefined;
  const offset = site?.offset ?? 0;
  const details = { source, offset, length: site?.length ?? source.length, ...lineAndColumn(source, offset) };
  const hint = unset.length === 0 ? '' : ` (nobody set ${unset.join(', ')})`;
  return new WritError('expression-failed', `"${source}" cannot be evaluated: ${messageOf(thrown)}${hint}`, {
    details,
    cause: thrown,
  });
}
