/**
 * The index of one tool: which rules can match its calls. A rule is left out when one of the parts that all have to
 * hold looks at the tool and the environment only and is false; it always matches when all parts do so and hold. What
 * remains is found by the call's project, agent, campaign, cost or an argument where a part of the rule tests one, else
 * it is evaluated for every call. False is false whatever the other parts fail with, so an index never hides a failure.
 */
import { messageOf } from '@writ/contracts';
import type { Bindings } from '@writ/expressions';
import type { CompiledRule, Match } from './bundle.ts';
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

/** What is the same for all calls of a tool, however they differ. */
const FIXED_PATH = /^(tool\.(name|class|effects|destructive|labels)|env)(\.|\[|$)/;

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
function fixedOutcome(compiled: CompiledRule, bindings: Bindings): Match | false | undefined {
  const { condition, broken } = compiled;
  if (broken !== undefined) return { ...compiled, error: broken };
  if (!condition) return false;
  let depends = false;
  for (const part of condition.conjuncts) {
    if (![...part.references].every((path) => FIXED_PATH.test(path))) {
      depends = true;
      continue;
    }
    try {
      if (part.evaluate(bindings) === false) return false;
    } catch {
      // Another part may be false, and then the rule does not match.
    }
  }
  return depends ? undefined : (matchOf(compiled, bindings) ?? false);
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
