/** How an approval grows: opened, voted on, closed. Votes on what was never opened are nobody's business. */
import type { RecordedFact } from '@writ/contracts';
import { MAX_VOTES_KEPT } from './limits.ts';
import type { Approval, ApprovalClosed, Draft } from './record.ts';

type ApprovalFact = RecordedFact<
  'approval.opened' | 'approval.voted' | 'approval.granted' | 'approval.denied' | 'approval.expired'
>;

export function foldApproval(draft: Draft, fact: ApprovalFact): void {
  if (fact.type === 'approval.opened') {
    draft.approval ??= opened(fact);
    return;
  }
  const { approval } = draft;
  if (!approval) return;
  if (fact.type === 'approval.voted') draft.approval = voted(approval, fact);
  else if (!approval.closed) draft.approval = { ...approval, closed: closed(fact) };
}

function opened(fact: RecordedFact<'approval.opened'>): Approval {
  const { terms, argsDigest, policies } = fact.data;
  const { seq, at } = fact;
  return { seq, at, argsDigest, terms, policies, votes: [], votesOmitted: 0, closed: undefined };
}

function voted(approval: Approval, fact: RecordedFact<'approval.voted'>): Approval {
  if (approval.votes.length >= MAX_VOTES_KEPT)
    return { ...approval, votesOmitted: approval.votesOmitted + 1 };
  const { vote, argsDigest, reason } = fact.data;
  const { seq, at, origin } = fact;
  return {
    ...approval,
    votes: [...approval.votes, { seq, at, person: origin, vote, argsDigest, reason: reason }],
  };
}

function closed(
  fact: Exclude<ApprovalFact, RecordedFact<'approval.opened' | 'approval.voted'>>,
): ApprovalClosed {
  const { seq, at } = fact;
  switch (fact.type) {
    case 'approval.granted': {
      const { by, inNameOf, standing, breakGlass } = fact.data;
      const reason = breakGlass?.reason;
      return { seq, at, result: 'granted', persons: by, reason, inNameOf, standing, breakGlass };
    }
    case 'approval.denied': {
      const { by, reason, inNameOf } = fact.data;
      const whose = inNameOf === undefined ? undefined : { [by]: inNameOf };
      return { seq, at, result: 'denied', persons: [by], reason, ...NOTHING, inNameOf: whose };
    }
    case 'approval.expired':
      return { seq, at, result: 'expired', persons: fact.data.votes, reason: undefined, ...NOTHING };
  }
}

const NOTHING = { inNameOf: undefined, standing: undefined, breakGlass: undefined };
