/**
 * Where an invocation ends and where its id begins to live again. The first terminal fact is the end; a second one would
 * break "exactly one" and is kept as a breach for everyone to see. Ids are remembered for a stated horizon only
 * (`ID_HORIZON_MS`), so an id that is asked for after its end and then decided anew is a call of its own.
 */
import type { Outcome, RecordedFact } from '@writ/contracts';
import { MAX_BREACHES_KEPT, MAX_EARLIER_LIVES } from './limits.ts';
import { emptyRecord } from './record.ts';
import type { Draft, InvocationRecord } from './record.ts';
import { terminalFact } from './terminal.ts';

/** Ends the record, unless it has ended already or the fact is about another message than its request. */
export function end(draft: Draft, fact: RecordedFact, outcome: Outcome): void {
  if (fact.type === 'request.rejected' && !endsRecord(draft, fact)) return;
  const { seq, at, type, data } = fact;
  if (draft.ending === undefined) draft.ending = { seq, at, outcome, type, data };
  else if (draft.breaches.length < MAX_BREACHES_KEPT) draft.breaches.push({ seq, at, type });
}

/**
 * A rejection ends what was neither decided nor ended. A message that could not be read is another message than a
 * request that could, so its rejection does not end that request even when both name the same id.
 */
function endsRecord(draft: Draft, fact: RecordedFact<'request.rejected'>): boolean {
  if (draft.ending !== undefined || draft.decided.length > 0) return false;
  const { reason } = fact.data;
  const unreadable = reason === 'malformed' || reason === 'too-large' || reason === 'unsupported-type';
  return draft.asked === undefined || !unreadable;
}

/** Whether this fact answers a request that came after the end. */
export function startsNewLife(draft: Draft, fact: RecordedFact): boolean {
  if (draft.askedAgain === undefined) return false;
  return (
    fact.type === 'policy.decided' || (fact.type === 'request.rejected' && terminalFact(fact) !== undefined)
  );
}

/** Puts the finished life away and begins with the request that came after it. */
export function liveAgain(draft: Draft): void {
  const { tenant, invocation, agent, firstSeq, askedAgain, earlier } = draft;
  const finished = { ...draft, askedAgain: undefined, earlier: [], earlierOmitted: 0 };
  const earlierOmitted = draft.earlierOmitted + (earlier.length === MAX_EARLIER_LIVES ? 1 : 0);
  const lives = [...earlier.slice(earlier.length === MAX_EARLIER_LIVES ? 1 : 0), finished];
  Object.assign(draft, emptyRecord(tenant, invocation, agent, firstSeq), {
    asked: askedAgain,
    earlier: lives,
    earlierOmitted,
  });
}

/** Every life of the record's id as a call of its own, oldest first. */
export function livesOf(record: InvocationRecord): readonly InvocationRecord[] {
  return record.earlier.length === 0 ? [record] : [...record.earlier, record];
}
