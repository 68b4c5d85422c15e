/**
 * Facts that are kept as rows of their own besides the invocation's row: what happened around approvals, and the ends of
 * attempts that were not the last one. Calls that nobody had to approve and that ran once have none.
 */
import type { InvocationId, RecordedFact } from '@writ/contracts';

const ENDS_OF_ATTEMPTS: ReadonlySet<string> = new Set<RecordedFact['type']>([
  'execution.attempted',
  'execution.returned',
  'execution.queried',
  'schedule.indeterminate',
  'schedule.resolved',
]);

export interface NotedFact {
  readonly fact: RecordedFact;
  readonly invocation: InvocationId;
}

/** The fact with the invocation that it is about; undefined for every fact that is not noted. */
export function notedFact(fact: RecordedFact): NotedFact | undefined {
  if (!fact.type.startsWith('approval.') && !ENDS_OF_ATTEMPTS.has(fact.type)) return undefined;
  const { invocation } = fact.data as { readonly invocation?: InvocationId };
  return invocation === undefined ? undefined : { fact, invocation };
}
