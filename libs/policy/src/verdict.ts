/**
 * How the rules that matched become one verdict: the strongest action that has something against the call decides,
 * deny > require-approval > require-justification > limit > allow, whatever the order of the rules. A rule that cannot
 * be evaluated counts as one that denies; shadow rules never count. Where no rule allows or asks, what may destroy is
 * denied and everything else is allowed; a tool that declares no class counts as one that may destroy.
 */
import { DenialClass, PolicyAction, Verdict } from '@writ/contracts';
import type { Denial, PolicyRule } from '@writ/contracts';
import { isEnforced } from './bundle.ts';
import type { Match } from './compiled-rule.ts';
import { MAX_COUNTED_LIMITS, MAX_REASON_LENGTH } from './limits.ts';
import type { Exceeded } from './memory/limits-in-force.ts';
import { shortened } from './recorded-rules.ts';
import type { Why } from './recorded-rules.ts';
import type { RegisteredTool } from './registered-tool.ts';

export type Ruling =
  | { readonly verdict: typeof Verdict.allow }
  | { readonly verdict: typeof Verdict.deny; readonly denial: Denial }
  | { readonly verdict: typeof Verdict.requireApproval; readonly asking: readonly PolicyRule[] };

/** What rules ask about a call beyond their condition. */
export interface Asked {
  readonly justification: string | undefined;
  /** Whether a limit has let through all that it may. */
  readonly exceeded: (rule: PolicyRule) => Exceeded | undefined;
  readonly why: Why;
}

const ALLOW: Ruling = { verdict: Verdict.allow };

/** The verdict over `matches`, which are in order of names. */
export function rule(matches: readonly Match[], tool: RegisteredTool, asked: Asked): Ruling {
  if (matches.length === 0) return tool.destructive ? deny(destructiveDefault(tool)) : ALLOW;
  const enforced = matches.filter(isEnforced);
  const having = (action: PolicyAction): Match[] =>
    enforced.filter((match) => match.error === undefined && match.rule.action === action);
  const [denying] = having(PolicyAction.deny);
  if (denying) return deny(deniedBy(denying, asked.why(denying)));
  const broken = enforced.find((match) => match.error !== undefined);
  if (broken) return deny(deniedByBroken(broken));
  const asking = having(PolicyAction.requireApproval);
  if (asking.length > 0)
    return { verdict: Verdict.requireApproval, asking: asking.map((match) => match.rule) };
  const [unjustified] = isJustified(asked.justification) ? [] : having(PolicyAction.requireJustification);
  if (unjustified) return deny(deniedUnjustified(unjustified));
  const limits = having(PolicyAction.limit);
  if (limits.length > MAX_COUNTED_LIMITS) return deny(deniedUncounted(limits.length));
  for (const { rule: limiting } of limits) {
    const exceeded = asked.exceeded(limiting);
    if (exceeded) return deny(deniedByLimit(limiting, exceeded));
  }
  if (tool.destructive && having(PolicyAction.allow).length === 0) return deny(destructiveDefault(tool));
  return ALLOW;
}

function deny(denial: Denial): Ruling {
  return { verdict: Verdict.deny, denial };
}

/** White space is no reason. */
function isJustified(justification: string | undefined): boolean {
  return justification !== undefined && justification.trim() !== '';
}

function deniedBy({ rule: { name, description } }: Match, because: string | undefined): Denial {
  const values = because === undefined ? '' : ` (${because})`;
  const meaning = description === undefined ? '' : `: ${description}`;
  const reason = `policy "${name}" denies this call${values}${meaning}`.slice(0, MAX_REASON_LENGTH);
  return { class: DenialClass.permission, rule: name, reason };
}

function deniedByBroken({ rule: { name }, error = '' }: Match): Denial {
  const reason = `policy "${name}" could not be evaluated for this call, so the call is denied: ${shortened(error)}`;
  return { class: DenialClass.structural, rule: name, reason };
}

function deniedUnjustified({ rule: { name, description } }: Match): Denial {
  const meaning = description === undefined ? '' : `: ${description}`;
  return {
    class: DenialClass.structural,
    rule: name,
    reason: `policy "${name}" wants a justification for this call${meaning}`.slice(0, MAX_REASON_LENGTH),
    remedy: 'ask again under a new invocation id with a "justification"',
  };
}

function deniedByLimit({ name, limit }: PolicyRule, { counted, freeFrom }: Exceeded): Denial {
  if (!limit) {
    const reason = `policy "${name}" limits this call but says no limit, so the call is denied`;
    return { class: DenialClass.structural, rule: name, reason };
  }
  const { calls, per, windowSeconds } = limit;
  return {
    class: DenialClass.transient,
    rule: name,
    reason: `policy "${name}" lets ${calls} calls per ${per} through within ${windowSeconds} s; ${counted} were`,
    remedy: `ask again under a new invocation id at ${new Date(freeFrom).toISOString()} or later`,
  };
}

/** A decision names at most so many rules, and a limit that is not named would not count. */
function deniedUncounted(limits: number): Denial {
  const reason = `${limits} limits match this call, and at most ${MAX_COUNTED_LIMITS} can be counted`;
  return { class: DenialClass.structural, rule: 'writ:too-many-limits', reason };
}

function destructiveDefault({ spec }: RegisteredTool): Denial {
  const why = spec.class === undefined ? 'declares no class, so it counts as DESTRUCTIVE' : 'is DESTRUCTIVE';
  return {
    class: DenialClass.permission,
    rule: 'writ:destructive-default',
    reason: `tool "${spec.name}" ${why}, and no rule in force allows this call`,
    remedy: `publish a policy with action allow or require-approval that matches this call${
      spec.class === undefined ? ", or declare the tool's class" : ''
    }`,
  };
}
