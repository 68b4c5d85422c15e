/**
 * What the budget owes now: alerts and overruns first, then the call that has waited longest gets its answer, and in the end
 * balances are stated, for tenants whose policies read them.
 */
import type { Fact, HoldLine, Instant } from '@writ/contracts';
import { accountsOf } from './accounts.ts';
import { Ceiling, isStated } from './amounts.ts';
import { purseAt } from './purse.ts';
import type { Purse } from './purse.ts';
import { exhausted, unestimated, unjustified, unknownAccount, unmeasurable } from './refusals.ts';
import { loanOf } from './soft-limits.ts';
import type { PassedPurse } from './soft-limits.ts';
import type { AskingCall, BudgetState } from './state.ts';
import { dueStatement, statementOf } from './statements.ts';

/** The next answer owed; empty when all are given. The host folds it and asks again. */
export function react(state: BudgetState, at: Instant): readonly Fact[] {
  const note = state.notes.first;
  if (note) return [note.fact];
  const now = Math.max(at, state.now);
  const watch = dueStatement(state);
  if (watch) return [statementOf(watch, now)];
  const call = state.owed.first;
  if (!call) return [];
  if (call.status === 'asking') return [answer(call, now)];
  const { tenant, invocation } = call;
  if (call.status === 'releasing')
    return [{ type: 'budget.released', tenant: tenant.id, data: { invocation, reason: call.reason } }];
  const data = { invocation, ...call.escalation, overdraft: true } as const;
  return [{ type: 'budget.reserved', tenant: tenant.id, data }];
}

/**
 * All or nothing: every limited unit of every account on the call's way is held at its ceiling, or none is. The host
 * folds the answer before the next call is looked at, so of N calls that race for the last money one is paid.
 */
function answer(call: AskingCall, now: Instant): Fact {
  const { tenant, invocation } = call;
  const accounts = call.way ?? accountsOf(tenant, call.project, call.campaign);
  if (!call.way && accounts.length === 0 && tenant.inForce > 0) return refused(call, unknownAccount(call));
  const asking: Asking = { call, ceiling: new Ceiling(call.ceiling), now, holds: [], over: [] };
  for (const account of accounts) {
    for (const purse of account.limits) {
      if (purse.tool !== undefined && purse.tool !== call.tool) continue;
      const refusal = ask(asking, purse);
      if (refusal) return refused(call, refusal);
    }
  }
  const { holds, over } = asking;
  const first = over[0];
  if (!first) return { type: 'budget.reserved', tenant: tenant.id, data: { invocation, holds } };
  if (!call.justification?.trim()) return refused(call, unjustified(call, first));
  return loanOf(call, call.justification, holds, over, now);
}

/** A call on its way through the purses. */
interface Asking {
  readonly call: AskingCall;
  readonly ceiling: Ceiling;
  readonly now: Instant;
  readonly holds: HoldLine[];
  readonly over: PassedPurse[];
}

/** Adds what this purse would hold; says why it cannot. */
function ask(
  { call, ceiling, now, holds, over }: Asking,
  known: Purse,
): Fact<'budget.refused'>['data'] | undefined {
  const { terms, account, unit } = known;
  if (!terms) return undefined;
  const asked = ceiling.asked(unit);
  if (asked === undefined) return unmeasurable(call, known);
  const { amount } = asked;
  if (amount === 0n) {
    const silent = terms.strict && !call.way && !isStated(call.ceiling, unit);
    return silent ? unestimated(call, known) : undefined;
  }
  const purse = purseAt(known, now);
  const after = purse.used + amount;
  if (after > terms.limit) return exhausted(call, purse, terms, amount);
  // What people let pass once, or nobody was asked about, is not lent again without them.
  if (call.way && terms.soft !== undefined && after > terms.soft)
    return exhausted(call, purse, { ...terms, limit: terms.soft }, amount);
  if (terms.soft !== undefined && after > terms.soft) over.push({ purse, terms, asked: amount });
  const last = holds.at(-1);
  if (last?.account !== account || last.unit !== unit) holds.push({ account, unit, amount: asked.text });
  return undefined;
}

function refused({ tenant }: AskingCall, data: Fact<'budget.refused'>['data']): Fact {
  return { type: 'budget.refused', tenant: tenant.id, data };
}
