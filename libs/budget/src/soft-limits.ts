/**
 * Soft limits: from a share of the limit on, a call must say why it is needed. Then, by the account's rule, it goes on as
 * a recorded debt that the next window repays, or waits for people with its money held. Hard limits never bend.
 */
import { OverdraftRule } from '@writ/contracts';
import type { Fact, HoldLine, Instant, SoftLimitPassed } from '@writ/contracts';
import { limitName } from './alerts.ts';
import { heldOf } from './purse.ts';
import type { Purse } from './purse.ts';
import type { Terms } from './terms.ts';
import type { AskingCall } from './state.ts';

/** A purse in which a call would go over the soft limit, as it stands when the call is answered. */
export interface PassedPurse {
  readonly purse: Purse;
  readonly terms: Terms;
  readonly asked: bigint;
}

/** The answer to a call that says why it should go over the soft limits. People are asked when any of them wants it. */
export function loanOf(
  { tenant, invocation, argsDigest }: AskingCall,
  justification: string,
  holds: readonly HoldLine[],
  passed: readonly PassedPurse[],
  now: Instant,
): Fact {
  const over = passed.map(numbersOf);
  const escalating = passed.filter(({ terms }) => terms.overdraft === OverdraftRule.escalated);
  if (escalating.length === 0) {
    const data = { invocation, holds: [...holds], overdraft: true as const, over };
    return { type: 'budget.reserved', tenant: tenant.id, data };
  }
  const approvers = [...new Set(escalating.flatMap(({ terms }) => terms.approvers ?? []))];
  const escalate = escalating.flatMap(({ terms }) => terms.escalate ?? []);
  escalate.sort((a, b) => a.afterSeconds - b.afterSeconds);
  const seconds = escalating.flatMap(({ terms }) => terms.expiresSeconds ?? []);
  const data = {
    invocation,
    argsDigest,
    justification,
    holds: [...holds],
    over,
    ...(approvers.length === 0 ? {} : { approvers }),
    ...(escalate.length === 0 ? {} : { escalate }),
    ...(seconds.length === 0 ? {} : { expiresAt: now + Math.min(...seconds) * 1_000 }),
  };
  return { type: 'budget.escalated', tenant: tenant.id, data };
}

function numbersOf({ purse, terms, asked }: PassedPurse): SoftLimitPassed {
  return {
    ...limitName(purse),
    asked: asked.toString(),
    softLimit: (terms.soft ?? terms.limit).toString(),
    limit: terms.limit.toString(),
    spent: (purse.debt + purse.spent + purse.overrun).toString(),
    held: heldOf(purse).toString(),
  };
}
