/** One attempt of a node as it stands at its submission: what was submitted, and what the ledger knows of its calls. */
import type { EventData, Instant, InvocationId } from '@writ/contracts';
import type { PlannedNode } from './plan.ts';
import type { Call } from './state.ts';

export interface Attempt {
  readonly planned: PlannedNode;
  readonly openedAtMs: Instant;
  readonly submission: EventData<'node.submitted'>;
  readonly submittedSeq: number;
  readonly submittedAtMs: Instant;
  /** Every call that the attempt asked for before it submitted, in order. */
  readonly asked: readonly Call[];
  /** Any call of the tenant's open runs. */
  readonly lookup: (invocation: InvocationId) => Call | undefined;
}

/** "you called get_price only", for feedback. */
export function namesOf(calls: readonly Call[]): string {
  if (calls.length === 0) return 'you called nothing';
  const names = calls.map(({ tool, status }) => (status === 'succeeded' ? tool : `${tool} (${status})`));
  return `you called ${names.slice(0, 8).join(', ')}${names.length > 8 ? ', ...' : ' only'}`;
}
