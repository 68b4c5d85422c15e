/** Breaker history: every transition is a fact with its evidence, so the history is the list of those facts. */
import type { EventData, RecordedFact } from '@writ/contracts';
import type { Moment } from './record.ts';

const TRANSITIONS = {
  'breaker.opened': 'opened',
  'breaker.half-opened': 'half-opened',
  'breaker.closed': 'closed',
} as const;

export interface BreakerEvent extends Moment {
  readonly transition: (typeof TRANSITIONS)[keyof typeof TRANSITIONS];
  /** `tool:<name>`, or a wider scope. */
  readonly scope: string;
  readonly evidence: EventData<'breaker.opened'>['evidence'] | undefined;
  /** For an opened breaker: when its first probes may go through. */
  readonly untilMs: number | undefined;
  /** For a half-open breaker: how many probes. */
  readonly permits: number | undefined;
}

/** The transition that a fact records; undefined for every other fact. */
export function breakerEvent(fact: RecordedFact): BreakerEvent | undefined {
  const { seq, at } = fact;
  switch (fact.type) {
    case 'breaker.opened': {
      const { scope, evidence, untilMs } = fact.data;
      return { seq, at, transition: TRANSITIONS[fact.type], scope, evidence, untilMs, permits: undefined };
    }
    case 'breaker.half-opened': {
      const { scope, permits } = fact.data;
      return {
        seq,
        at,
        transition: TRANSITIONS[fact.type],
        scope,
        evidence: undefined,
        untilMs: undefined,
        permits,
      };
    }
    case 'breaker.closed': {
      const { scope, evidence } = fact.data;
      return {
        seq,
        at,
        transition: TRANSITIONS[fact.type],
        scope,
        evidence,
        untilMs: undefined,
        permits: undefined,
      };
    }
    default:
      return undefined;
  }
}
