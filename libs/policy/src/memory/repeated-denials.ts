/**
 * How often each agent was denied the very same call (tool and arguments), so that a spiral of retries ends: an
 * agent that takes a denial for an invalid request repeats it forty times. Bounded in time and number; a call that is
 * allowed at last is forgotten.
 */
import { ID_HORIZON_MS, Verdict } from '@writ/contracts';
import type { Instant, PolicyDecided } from '@writ/contracts';

/** Denials by call, the latest last. */
export type RepeatedDenials = Map<string, { readonly times: number; readonly at: Instant }>;

type Call = Pick<PolicyDecided, 'agent' | 'tool' | 'argsDigest'>;

/** Most calls whose denials are remembered; the oldest go first. */
const MAX_CALLS = 50_000;

/** Hexadecimal digits of a digest that tell two calls apart: 128 bits. */
const DIGEST_END = 'sha256:'.length + 32;

export function timesDenied(denials: RepeatedDenials, call: Call): number {
  return denials.size === 0 ? 0 : (denials.get(keyOf(call))?.times ?? 0);
}

/** Folds a recorded decision. */
export function noteDecision(denials: RepeatedDenials, decided: PolicyDecided, at: Instant): void {
  if (decided.verdict !== Verdict.deny) {
    if (denials.size > 0) denials.delete(keyOf(decided));
    return;
  }
  const key = keyOf(decided);
  const times = (denials.get(key)?.times ?? 0) + 1;
  denials.delete(key);
  denials.set(key, { times, at });
  for (const [oldest, { at: last }] of denials) {
    if (denials.size <= MAX_CALLS && at - last <= ID_HORIZON_MS) break;
    denials.delete(oldest);
  }
}

function keyOf({ agent, tool, argsDigest }: Call): string {
  return `${agent} ${tool} ${argsDigest.slice('sha256:'.length, DIGEST_END)}`;
}
