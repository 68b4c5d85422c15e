/** From the fact that ends a call to the outcome that its caller gets; every other fact ends nothing. */
import { Verdict, formatMicros } from '@writ/contracts';
import type { Denial, EventData, InvocationId } from '@writ/contracts';
import { wholeUnits } from './outcome.ts';
import type { CallOutcome } from './outcome.ts';

/** A fact as a notice or the audit hands it over; written by our own services, so it is not validated again. */
export interface NoticedFact {
  readonly type: string;
  readonly data: unknown;
}

/** The outcome that `fact` means for `invocation`; undefined when the call goes on. */
export function readOutcome(
  fact: NoticedFact,
  invocation: InvocationId,
  totalMs: number,
): CallOutcome | undefined {
  const ended = { invocation, totalMs };
  switch (fact.type) {
    case 'execution.completed':
      return ran(fact.data as EventData<'execution.completed'>, ended);
    case 'policy.decided': {
      const { verdict, denial = UNEXPLAINED } = fact.data as EventData<'policy.decided'>;
      return verdict === Verdict.deny ? { ...ended, status: 'denied', ...denial } : undefined;
    }
    case 'budget.refused':
      return refusedByBudget(fact.data as EventData<'budget.refused'>, ended);
    case 'schedule.refused':
      return refusedByScheduler(fact.data as EventData<'schedule.refused'>, ended);
    case 'request.rejected': {
      const { reason, detail } = fact.data as EventData<'request.rejected'>;
      return { ...ended, status: 'rejected', reason, detail };
    }
    case 'invocation.cancelled': {
      const { reason } = fact.data as EventData<'invocation.cancelled'>;
      return { ...ended, status: 'cancelled', reason: reason ?? 'cancelled by its agent' };
    }
    case 'schedule.resolved': {
      const { outcome: as, by, reason, used } = fact.data as EventData<'schedule.resolved'>;
      const said = { ...(reason ? { reason } : {}), ...(used ? { usage: wholeUnits(used) } : {}) };
      return { ...ended, status: 'indeterminate-resolved', as, by, ...said };
    }
    default:
      return undefined;
  }
}

/** A deny always explains itself; should one not, its call must still end. */
const UNEXPLAINED: Denial = {
  class: 'structural',
  rule: 'writ:unexplained',
  reason: 'no reason was recorded',
};

type Ended = Pick<CallOutcome, 'invocation' | 'totalMs'>;

function ran(data: EventData<'execution.completed'>, ended: Ended): CallOutcome {
  const { executor, attempt, outcome, error } = data;
  const run = {
    ...ended,
    executor,
    attempt,
    usage: wholeUnits(data.usage),
    runMs: Math.max(0, data.endedAtMs - data.startedAtMs),
  };
  switch (outcome) {
    case 'succeeded':
      return {
        ...run,
        status: outcome,
        output: data.output,
        ...(data.outputRef === undefined ? {} : { outputRef: data.outputRef }),
      };
    case 'cancelled':
      return { ...ended, status: outcome, reason: error?.message ?? 'cancelled while it ran' };
    default:
      return {
        ...run,
        status: outcome,
        error: error ?? { code: outcome, message: 'the executor gave no reason' },
      };
  }
}

function refusedByBudget(data: EventData<'budget.refused'>, ended: Ended): CallOutcome {
  const { reason, account, unit, detail } = data;
  return {
    ...ended,
    status: 'refused',
    by: 'budget',
    reason,
    detail,
    account,
    ...(unit === undefined ? {} : { unit }),
    ...(data.asked === undefined ? {} : { asked: formatMicros(BigInt(data.asked)) }),
    ...(data.free === undefined ? {} : { free: formatMicros(BigInt(data.free)) }),
    ...(data.limit === undefined ? {} : { limit: formatMicros(BigInt(data.limit)) }),
    ...(data.fitsAtMs === undefined ? {} : { retryAtMs: data.fitsAtMs }),
  };
}

function refusedByScheduler(data: EventData<'schedule.refused'>, ended: Ended): CallOutcome {
  const { reason, detail, retryAtMs } = data;
  if (reason === 'deadline' || reason === 'approval-expired') return { ...ended, status: 'expired', detail };
  return {
    ...ended,
    status: 'refused',
    by: reason === 'approval-revoked' ? 'policy' : 'breaker',
    reason,
    detail,
    ...(retryAtMs === undefined ? {} : { retryAtMs }),
  };
}
