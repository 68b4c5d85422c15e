/**
 * The rules that matched, as the decision records them: with the values that made them match. A call that rules plainly
 * allowed is recorded with their names only, because there are many of those and nobody will ask why.
 */
import { PolicyAction } from '@writ/contracts';
import type { EventData } from '@writ/contracts';
import type { Bindings } from '@writ/expressions';
import { isEnforced } from './bundle.ts';
import type { Match } from './compiled-rule.ts';
import { MAX_BECAUSE_LENGTH, MAX_RECORDED_RULES } from './limits.ts';

export type RecordedRule = EventData<'policy.decided'>['rules'][number];

/** The values that made a rule match, as text. */
export type Why = (match: Match) => string | undefined;

/** How much a rule weighs when more matched than a decision can name. */
const WEIGHT: Readonly<Record<PolicyAction, number>> = {
  // A limit that is not named is not counted.
  [PolicyAction.limit]: 6,
  [PolicyAction.deny]: 5,
  [PolicyAction.requireApproval]: 4,
  [PolicyAction.requireJustification]: 3,
  [PolicyAction.notify]: 2,
  [PolicyAction.allow]: 1,
};

/** Of more than one fact may hold, those that weigh most. */
export function recordedRules(matches: readonly Match[], why: Why): RecordedRule[] {
  if (matches.length === 0) return [];
  const kept =
    matches.length <= MAX_RECORDED_RULES
      ? matches
      : [...matches].sort((a, b) => weight(b) - weight(a)).slice(0, MAX_RECORDED_RULES);
  const plain = kept.every((match) => !isEnforced(match) || isPlainAllow(match));
  return kept.map((match) => {
    const { name, action, mode } = match.rule;
    const values = plain && isEnforced(match) ? undefined : why(match);
    return { policy: name, action, mode, ...(values === undefined ? {} : { because: values }) };
  });
}

/** The values that made a rule match, or why it could not be evaluated. */
export function because({ condition, error }: Match, bindings: Bindings): string | undefined {
  if (error !== undefined) return shortened(`not evaluated: ${error}`);
  const values = condition?.explain(bindings).map(({ path, value }) => `${path} = ${value}`) ?? [];
  return values.length === 0 ? undefined : shortened(values.join(', '));
}

export function shortened(text: string): string {
  return text.length <= MAX_BECAUSE_LENGTH ? text : `${text.slice(0, MAX_BECAUSE_LENGTH - 1)}…`;
}

/** Groups that rules in force want to be told of the call. */
export function toldGroups(matches: readonly Match[]): string[] {
  const groups = matches.flatMap((match) =>
    isEnforced(match) && match.error === undefined && match.rule.action === PolicyAction.notify
      ? (match.rule.notify?.groups ?? [])
      : [],
  );
  return groups.length === 0 ? groups : [...new Set(groups)].sort();
}

function isPlainAllow(match: Match): boolean {
  return match.rule.action === PolicyAction.allow && match.error === undefined;
}

function weight(match: Match): number {
  if (!isEnforced(match)) return 0;
  return match.error === undefined ? WEIGHT[match.rule.action] : WEIGHT[PolicyAction.deny];
}
