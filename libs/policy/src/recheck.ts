/**
 * A call that people granted, decided again under a catalog that has changed since: before the grant is recorded, and
 * until an executor has the call. What denies now wins; new demands must be met by the votes that there are; and it may
 * not cost more than what was approved and held.
 */
import { DenialClass } from '@writ/contracts';
import type { Denial, Demand, Fact, Instant, PolicyDecided } from '@writ/contracts';
import { demandsOf } from './approval-terms.ts';
import { decide } from './decision.ts';
import { MAX_REASON_LENGTH } from './limits.ts';
import type { AskedCall } from './asked-call.ts';
import type { ApprovalDecision, Consent, DoubtedCall } from './living-call.ts';
import { tally } from './tally.ts';
import type { Tenant } from './state.ts';

interface Consented {
  readonly call: AskedCall;
  readonly decision: ApprovalDecision;
  readonly consent: Consent;
}

/** `by` names rules and catalog that deny, where they are not those that were asked under. */
type Again =
  | { readonly allowed: Omit<PolicyDecided, 'approval'> }
  | {
      readonly denied: Denial;
      readonly by: Partial<Pick<PolicyDecided, 'rules' | 'bundle' | 'catalogRevision'>>;
    };

export function decideAgain(tenant: Tenant, consented: Consented, now: Instant): Again {
  const { call, decision: asked } = consented;
  // What limits let through was counted when it was asked for.
  const ground = { catalog: tenant.catalog, memory: { ...tenant.memory, limits: new Map() } };
  const { decided, invalid } = decide(ground, call, now);
  if (!decided) return changed(`the inputs no longer fit the tool: ${invalid}`);
  const { rules, bundle, catalogRevision, approval: terms, ...rest } = decided;
  const by = { rules, bundle, catalogRevision };
  if (decided.denial) return { denied: decided.denial, by };
  if (!covers(asked.ceiling, decided.ceiling))
    return changed('the call may cost more now than what was approved and held');
  const unmet = terms && demandsOf(terms).find((demand) => !isMet(tenant, consented, demand));
  if (unmet) return changed(`${names(unmet)} asks for other approvers now`);
  return { allowed: { ...rest, ...by } };
}

export function rechecked(tenant: Tenant, doubted: DoubtedCall, now: Instant): readonly Fact[] {
  const { invocation, argsDigest } = doubted.call;
  const { bundle: asked } = doubted.decision;
  const { revision: catalogRevision, bundle } = tenant.catalog;
  const data = { invocation, argsDigest, bundle: bundle?.digest ?? asked, catalogRevision };
  const again = decideAgain(tenant, doubted, now);
  if ('allowed' in again) return [{ type: 'approval.confirmed', tenant: tenant.id, data }];
  return [{ type: 'approval.revoked', tenant: tenant.id, data: { ...data, denial: again.denied } }];
}

/** What was asked for before has been answered; what is new has to be answered by the same votes. */
function isMet(tenant: Tenant, { call, decision, consent }: Consented, demand: Demand): boolean {
  const { approval: terms } = decision;
  if (demandsOf(terms).some((answered) => isSameDemand(answered, demand))) return true;
  const { counted, reachedMs } = consent;
  const ballot = { call, terms: { ...terms, demands: [demand] }, reachedMs };
  return tally(counted, ballot, tenant.catalog).result === 'granted';
}

/** Whoever asks for it. */
function isSameDemand({ policies: _a, ...a }: Demand, { policies: _b, ...b }: Demand): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function names({ policies }: Demand): string {
  return `policy ${policies.map((name) => `"${name}"`).join(', ')}`;
}

function changed(what: string): Again {
  const denied: Denial = {
    class: DenialClass.transient,
    rule: 'writ:changed-since-approval',
    reason: `the catalog changed after people were asked: ${what}`.slice(0, MAX_REASON_LENGTH),
    remedy: 'ask again under a new invocation id',
  };
  return { denied, by: {} };
}

function covers(held: PolicyDecided['ceiling'], needed: PolicyDecided['ceiling']): boolean {
  return Object.entries(needed).every(
    ([unit, amount]) => BigInt(amount) <= BigInt(Object.hasOwn(held, unit) ? (held[unit] ?? '0') : '0'),
  );
}
