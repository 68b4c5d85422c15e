/**
 * Terms: what the catalog says about a limit. Accounts by the thousand are defined alike, so limits with equal terms share
 * one object: every decision looks at the terms of each purse on its way, and finds them in the processor's cache.
 */
import { Unit, toMicros } from '@writ/contracts';
import type { BudgetLimit, EventData, OverdraftRule } from '@writ/contracts';
import { shareOf } from './amounts.ts';
import { MAX_TERMS_SHARED } from './limits.ts';

/** Who is asked later, while nobody decides. */
type Stages = NonNullable<EventData<'budget.escalated'>['escalate']>;

/** In micro-units. */
export interface Terms {
  readonly limit: bigint;
  /** From which use on a call must say why; absent: there is no soft limit. */
  readonly soft: bigint | undefined;
  readonly overdraft: OverdraftRule | undefined;
  readonly approvers: readonly string[] | undefined;
  readonly expiresSeconds: number | undefined;
  readonly escalate: Stages | undefined;
  /** A call whose tool states no cost in the unit is refused. */
  readonly strict: boolean;
  /** Uses at which an alert is due, ascending. */
  readonly alerts: readonly { readonly share: number; readonly at: bigint }[];
}

/** Terms as a snapshot keeps them; as text they name what may be shared. */
export interface SavedTerms {
  readonly limit: string;
  readonly soft?: string | undefined;
  readonly overdraft?: OverdraftRule | undefined;
  readonly approvers?: readonly string[] | undefined;
  readonly expiresSeconds?: number | undefined;
  readonly escalate?: Stages | undefined;
  readonly strict?: boolean;
  readonly shares: readonly number[];
}

const known = new Map<string, Terms>();

export function termsOf(unit: string, limit: BudgetLimit, alerts: readonly number[]): Terms {
  const hard = toMicros(limit.hard);
  // What a call stores is known without its tool saying so.
  const { undeclared = unit === Unit.storage ? 'allowed' : 'refused' } = limit;
  const { soft, overdraft, approvers, expiresSeconds, escalate } = limit;
  return restoreTerms({
    limit: hard.toString(),
    soft: soft === undefined ? undefined : shareOf(hard, soft).toString(),
    overdraft,
    approvers,
    expiresSeconds,
    escalate,
    strict: undeclared === 'refused',
    shares: alerts,
  });
}

export function saveTerms({
  limit,
  soft,
  overdraft,
  approvers,
  expiresSeconds,
  escalate,
  strict,
  alerts,
}: Terms): SavedTerms {
  return {
    limit: limit.toString(),
    ...(soft === undefined ? {} : { soft: soft.toString() }),
    ...(overdraft === undefined ? {} : { overdraft }),
    ...(approvers === undefined ? {} : { approvers }),
    ...(expiresSeconds === undefined ? {} : { expiresSeconds }),
    ...(escalate === undefined ? {} : { escalate }),
    ...(strict ? { strict } : {}),
    shares: alerts.map(({ share }) => share),
  };
}

export function restoreTerms(saved: SavedTerms): Terms {
  const text = JSON.stringify(saved);
  const same = known.get(text);
  if (same) return same;
  const limit = BigInt(saved.limit);
  const terms = {
    limit,
    soft: saved.soft === undefined ? undefined : BigInt(saved.soft),
    overdraft: saved.overdraft,
    approvers: saved.approvers,
    expiresSeconds: saved.expiresSeconds,
    escalate: saved.escalate,
    strict: saved.strict ?? false,
    alerts: sharesOf(limit, saved.shares),
  };
  if (known.size >= MAX_TERMS_SHARED) known.clear();
  known.set(text, terms);
  return terms;
}

/** The uses of a limit at which an alert is due, ascending; nothing is told of a limit of which nothing is used. */
function sharesOf(limit: bigint, shares: readonly number[]): Terms['alerts'] {
  return [...new Set(shares)]
    .sort((a, b) => a - b)
    .map((share) => {
      const at = shareOf(limit, share);
      return { share, at: at > 0n ? at : 1n };
    });
}
