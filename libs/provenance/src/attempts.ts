/** The attempts of one call: each grant, how it went, and what those that were not the last one cost. */
import type { Amounts, RecordedFact } from '@writ/contracts';
import { MAX_ATTEMPTS_KEPT } from './limits.ts';
import type { AttemptEnded, Draft } from './record.ts';
import { reportedAmount, settledAmount } from './settlement.ts';

type AttemptFact = RecordedFact<
  'schedule.dispatched' | `execution.${'started' | 'attempted' | 'returned' | 'queried'}`
>;

export function foldAttempt(draft: Draft, fact: AttemptFact): void {
  const { seq, at } = fact;
  switch (fact.type) {
    case 'schedule.dispatched':
      return dispatch(draft, fact);
    case 'execution.started': {
      const index = indexOf(draft, fact.data.attempt);
      const attempt = draft.attempts[index];
      if (attempt && !attempt.ended) draft.attempts[index] = { ...attempt, started: { seq, at } };
      return;
    }
    case 'execution.attempted': {
      const { data } = fact;
      endAttempt(draft, data.attempt, { seq, at, cause: data.cause, error: data.error, used: data.usage });
      return settle(draft, data);
    }
    case 'execution.returned':
      return endAttempt(draft, fact.data.attempt, { seq, at, cause: 'returned', ...NOTHING });
    case 'execution.queried': {
      const { attempt, answer } = fact.data;
      if (answer === 'not-done') draft.indeterminate = undefined;
      return endAttempt(draft, attempt, { seq, at, cause: answer, ...NOTHING });
    }
  }
}

const NOTHING = { error: undefined, used: undefined };

function dispatch(draft: Draft, { seq, at, data }: RecordedFact<'schedule.dispatched'>): void {
  const { attempt, executor, session } = data;
  if (draft.attempts.length === MAX_ATTEMPTS_KEPT) {
    draft.attempts.shift();
    draft.attemptsOmitted += 1;
  }
  draft.attempts.push({ seq, at, attempt, executor, session, started: undefined, ended: undefined });
}

function endAttempt(draft: Draft, number: number, ended: AttemptEnded): void {
  const index = indexOf(draft, number);
  const attempt = draft.attempts[index];
  if (attempt && !attempt.ended) draft.attempts[index] = { ...attempt, ended };
}

function indexOf(draft: Draft, number: number): number {
  return draft.attempts.findLastIndex(({ attempt }) => attempt === number);
}

/** By the rule by which the budget settles each attempt. */
function settle(draft: Draft, data: RecordedFact<'execution.attempted'>['data']): void {
  if (draft.ending) return;
  const before = draft.tried ?? { attempts: 0, holds: 0, used: {}, charged: {}, ranMs: 0 };
  const charged: Record<string, string> = {};
  for (const { unit, amount } of draft.hold?.lines ?? [])
    charged[unit] = settledAmount(BigInt(amount), reportedAmount(data.usage, unit)).toString();
  draft.tried = {
    attempts: before.attempts + 1,
    holds: before.holds,
    used: sum(before.used, data.usage),
    charged: sum(before.charged, charged),
    ranMs: before.ranMs + Math.max(0, data.endedAtMs - data.startedAtMs),
  };
}

function sum(some: Amounts, more: Amounts): Amounts {
  const all: Record<string, string> = { ...some };
  for (const unit of Object.keys(more)) {
    const amount = reportedAmount(more, unit) ?? 0n;
    all[unit] = (BigInt(all[unit] ?? 0) + amount).toString();
  }
  return all;
}
