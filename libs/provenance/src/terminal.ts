/**
 * Which facts end an invocation, and with what outcome. Exactly one of them is written for every invocation that was
 * asked for; services, the SDK and the audit all read this one list.
 */
import { Outcome, Verdict } from '@writ/contracts';
import type { RecordedFact } from '@writ/contracts';

/**
 * The outcome that a fact means for the invocation it names; undefined when it ends none. A repeated id with other
 * arguments is rejected without touching the living call of that id, so that rejection ends nothing.
 */
export function terminalFact(fact: Pick<RecordedFact, 'type' | 'data'>): Outcome | undefined {
  const { type, data } = fact as RecordedFact;
  switch (type) {
    case 'execution.completed':
      return data.outcome;
    case 'schedule.resolved':
      return Outcome.indeterminateResolved;
    case 'policy.decided':
      return data.verdict === Verdict.deny ? Outcome.denied : undefined;
    case 'request.rejected':
      return data.invocation !== undefined && data.reason !== 'duplicate-id' ? Outcome.rejected : undefined;
    case 'budget.refused':
      return Outcome.refused;
    case 'schedule.refused':
      return data.reason === 'deadline' || data.reason === 'approval-expired'
        ? Outcome.expired
        : Outcome.refused;
    case 'invocation.cancelled':
      return Outcome.cancelled;
    default:
      return undefined;
  }
}
