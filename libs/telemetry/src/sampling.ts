/**
 * Which calls' traces are kept, decided when a call has ended: those that its agent or the ratio chose at the beginning, and
 * all that somebody may want to look into.
 */
import { Verdict } from '@writ/contracts';
import type { Instant, Outcome } from '@writ/contracts';
import { withinRatio } from './trace-ids.ts';
import type { TracedCall } from './trace-ids.ts';

export interface Sampling {
  /** Share of calls without an agent's own decision, 0 to 1. */
  readonly ratio: number;
  /** Calls that take longer from request to end are kept. */
  readonly slowMs: number;
}

/** What is known of a call; one without an outcome has not ended. */
export interface FollowedCall extends Pick<TracedCall, 'tenant' | 'invocation'> {
  readonly outcome: Outcome | undefined;
  readonly verdict: Verdict | undefined;
  readonly attempts: number;
  readonly askedAt: Instant | undefined;
  readonly openedAt: Instant | undefined;
  readonly endedAt: Instant | undefined;
}

/** Why a trace is kept. */
export type KeptBecause = 'error' | 'denial' | 'approval' | 'retry' | 'slow' | 'sampled';

const DENIALS: ReadonlySet<Outcome> = new Set(['denied', 'refused', 'rejected']);

/** Why the trace of a call is kept; undefined when it is not. `sampled`: its agent says that it records its own spans. */
export function keptBecause(
  call: FollowedCall,
  sampled: boolean,
  { ratio, slowMs }: Sampling,
): KeptBecause | undefined {
  const { outcome, askedAt, endedAt } = call;
  if (outcome === undefined || endedAt === undefined) return undefined;
  if (call.openedAt !== undefined || call.verdict === Verdict.requireApproval) return 'approval';
  if (DENIALS.has(outcome)) return 'denial';
  if (outcome !== 'succeeded') return 'error';
  if (call.attempts > 1) return 'retry';
  if (askedAt !== undefined && endedAt - askedAt >= slowMs) return 'slow';
  return sampled || withinRatio(call.invocation, ratio) ? 'sampled' : undefined;
}
