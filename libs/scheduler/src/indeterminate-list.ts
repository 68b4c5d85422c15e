/**
 * The calls whose end nobody saw, for the people who have to say what became of them: page by page, because one bad hour
 * of a large fleet leaves more of them than one message holds. A page goes on behind the last call of the one before,
 * whatever has ended meanwhile.
 */
import type { ExecutorId, Instant, InvocationId, TenantId, ToolName } from '@writ/contracts';
import type { Call } from './model.ts';
import type { SchedulerState } from './state.ts';

/** A call whose end nobody saw, and who has to say what became of it. */
export interface IndeterminateCall {
  readonly invocation: InvocationId;
  readonly tool: ToolName;
  readonly agent: string;
  /** The attempt that was lost, where, and when that became certain. */
  readonly attempt: number;
  readonly executor: ExecutorId;
  readonly since: Instant;
  /** `tool`: it is asked, or will be as soon as an executor is free. `person`: somebody has to say (`writ resolve`). */
  readonly owner: 'tool' | 'person';
}

/** A place in the list. */
export type ListPlace = Pick<IndeterminateCall, 'since' | 'invocation'>;

export interface IndeterminatePage {
  readonly calls: readonly IndeterminateCall[];
  /** The next page begins behind it; absent: there is none. */
  readonly next?: ListPlace;
}

/** At most `most` of a tenant's calls, the oldest first, from behind `after` on. */
export function indeterminateCalls(
  state: SchedulerState,
  tenant: TenantId,
  most: number,
  after?: ListPlace,
): IndeterminatePage {
  const calls: IndeterminateCall[] = [];
  for (const call of state.tenants.get(tenant)?.calls.values() ?? []) {
    const listed = reportOf(call);
    if (listed && (!after || inOrder(after, listed) < 0)) calls.push(listed);
  }
  calls.sort(inOrder);
  const page = calls.slice(0, most);
  const last = page.at(-1);
  if (!last || calls.length === page.length) return { calls: page };
  return { calls: page, next: { since: last.since, invocation: last.invocation } };
}

function reportOf({ invocation, tool, agent, phase, again }: Call): IndeterminateCall | undefined {
  const asked = phase.status === 'granted' && phase.grant.query === true;
  if ((phase.status !== 'indeterminate' && !asked) || !again?.lost) return undefined;
  const { attempt, executor, at: since } = again.lost;
  const owner = asked || (phase.status === 'indeterminate' && phase.query) ? 'tool' : 'person';
  return { invocation, tool, agent, attempt, executor, since, owner };
}

function inOrder(a: ListPlace, b: ListPlace): number {
  if (a.since !== b.since) return a.since - b.since;
  if (a.invocation === b.invocation) return 0;
  return a.invocation < b.invocation ? -1 : 1;
}
