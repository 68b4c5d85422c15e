/**
 * How the rules that matched become one verdict: deny beats require-approval, which beats allow, whatever the
 * order of the rules. Shadow rules never count. Where no rule has spoken, what may destroy is denied and
 * everything else is allowed; a tool that declares no class counts as one that may destroy.
 */
import { DenialClass, PolicyAction, Verdict } from '@writ/contracts';
import type { Denial, EventData, PolicyRule } from '@writ/contracts';
import { isEnforced } from './bundle.ts';
import type { Match } from './bundle.ts';
import { MAX_REASON_LENGTH, MAX_RECORDED_RULES } from './limits.ts';
import type { RegisteredTool } from './registered-tool.ts';

export type Ruling =
  | { readonly verdict: typeof Verdict.allow }
  | { readonly verdict: typeof Verdict.deny; readonly denial: Denial }
  | { readonly verdict: typeof Verdict.requireApproval; readonly asking: readonly PolicyRule[] };

export type RecordedRule = EventData<'policy.decided'>['rules'][number];

/** The verdict over `matches`, which are in order of names. */
export function rule(matches: readonly Match[], tool: RegisteredTool): Ruling {
  const enforced = matches.filter(isEnforced);
  const sound = enforced.filter((match) => match.error === undefined);
  const denying = sound.find((match) => match.rule.action === PolicyAction.deny);
  if (denying) return { verdict: Verdict.deny, denial: deniedBy(denying) };
  const broken = enforced.find((match) => match.error !== undefined);
  if (broken) return { verdict: Verdict.deny, denial: deniedByBroken(broken) };
  const asking = sound.filter((match) => match.rule.action === PolicyAction.requireApproval);
  if (asking.length > 0)
    return { verdict: Verdict.requireApproval, asking: asking.map((match) => match.rule) };
  if (sound.length === 0 && tool.destructive)
    return { verdict: Verdict.deny, denial: destructiveDefault(tool) };
  return { verdict: Verdict.allow };
}

/** The matched rules as the fact names them; of more than one fact may hold, those that weigh most. */
export function recordedRules(matches: readonly Match[]): RecordedRule[] {
  const kept =
    matches.length <= MAX_RECORDED_RULES
      ? matches
      : [...matches].sort((a, b) => weight(b) - weight(a)).slice(0, MAX_RECORDED_RULES);
  return kept.map(({ rule: { name, action, mode }, because, error }) => {
    const why = error === undefined ? because : `not evaluated: ${error}`;
    return { policy: name, action, mode, ...(why === undefined ? {} : { because: why }) };
  });
}

function weight(match: Match): number {
  if (!isEnforced(match)) return 0;
  if (match.error !== undefined) return 3;
  return { [PolicyAction.allow]: 1, [PolicyAction.requireApproval]: 2, [PolicyAction.deny]: 3 }[
    match.rule.action
  ];
}

function deniedBy({ rule: { name, description }, because }: Match): Denial {
  const values = because === undefined ? '' : ` (${because})`;
  const meaning = description === undefined ? '' : `: ${description}`;
  const reason = `policy "${name}" denies this call${values}${meaning}`.slice(0, MAX_REASON_LENGTH);
  return { class: DenialClass.permission, rule: name, reason };
}

function deniedByBroken({ rule: { name }, error }: Match): Denial {
  const reason = `policy "${name}" could not be evaluated for this call, so the call is denied: ${error}`;
  return { class: DenialClass.structural, rule: name, reason };
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
