/**
 * The index of one tool: which rules can match its calls. A rule is left out when one of the parts that all have to
 * hold looks at the tool and the environment only and is false; it always matches when all parts do so and hold. What
 * remains is found by the call's project, agent, campaign, cost or an argument where a part of the rule tests one, else
 * it is evaluated for every call. False is false whatever the other parts fail with, so an index never hides a failure.
 */
import { messageOf } from '@writ/contracts';
import type { Bindings, Conjunct } from '@writ/expressions';
import type { CompiledRule, Match } from './compiled-rule.ts';
import { RuleBranches } from './rule-branches.ts';
import type { Candidate } from './rule-branches.ts';

export interface ToolRules {
  /** The rules that match a call or cannot be evaluated for it, in order of names. */
  matches(bindings: Bindings): readonly Match[];
}

interface Found {
  readonly match: Match;
  readonly position: number;
}

/** `bindings` are those of any call of the tool. */
export function toolRules(rules: readonly CompiledRule[], bindings: Bindings): ToolRules {
  const fixed: Found[] = [];
  const always: Candidate[] = [];
  const branches = new RuleBranches();
  rules.forEach((compiled, position) => {
    const known = fixedOutcome(compiled, bindings);
    if (known === false) return;
    if (known !== undefined) fixed.push({ match: known, position });
    else if (!branches.add({ compiled, position })) always.push({ compiled, position });
  });
  return { matches: (call) => findMatches(fixed, always, branches, call) };
}

/** The outcome that all calls of the tool have in common: `false`, or a match; nothing when it depends on the call. */
export function fixedOutcome(compiled: CompiledRule, bindings: Bindings): Match | false | undefined {
  const { condition, fixed, broken } = compiled;
  if (broken !== undefined) return { ...compiled, error: broken };
  if (!condition || fixed.some((part) => isFalse(part, bindings))) return false;
  if (fixed.length < condition.conjuncts.length) return undefined;
  return matchOf(compiled, bindings) ?? false;
}

/** A part that fails does not make the rule false: another part may, or the rule fails as a whole. */
function isFalse(part: Conjunct, bindings: Bindings): boolean {
  try {
    return part.evaluate(bindings) === false;
  } catch {
    return false;
  }
}

function findMatches(
  fixed: readonly Found[],
  always: readonly Candidate[],
  branches: RuleBranches,
  bindings: Bindings,
): readonly Match[] {
  let found: Found[] | undefined;
  const look = ({ compiled, position }: Candidate): void => {
    const match = matchOf(compiled, bindings);
    if (match) (found ??= []).push({ match, position });
  };
  for (const candidate of always) look(candidate);
  branches.find(bindings, look);
  const together = found ? [...fixed, ...found].sort((a, b) => a.position - b.position) : fixed;
  return together.map(({ match }) => match);
}

function matchOf(compiled: CompiledRule, bindings: Bindings): Match | undefined {
  try {
    return compiled.condition?.evaluate(bindings) === true ? compiled : undefined;
  } catch (error) {
    return { ...compiled, error: messageOf(error) };
  }
}
