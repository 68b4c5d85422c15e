/**
 * The index of one tool: which rules can match its calls. A rule is left out when one of the parts that all have to
 * hold looks at the tool and the environment only and is false; it always matches when all parts do so and hold. What
 * remains is found by the call's project, agent, campaign or an argument where a part of the rule names one, else it
 * is evaluated for every call. False is false whatever the other parts fail with, so an index never hides a failure.
 */
import { messageOf } from '@writ/contracts';
import type { Bindings, ComparisonTest, Literal } from '@writ/expressions';
import type { CompiledRule, Match } from './bundle.ts';

export interface ToolRules {
  /** The rules that match a call or cannot be evaluated for it, in order of names. */
  matches(bindings: Bindings): readonly Match[];
}

/** A rule that depends on the call; its position keeps the order of names. */
interface Candidate {
  readonly compiled: CompiledRule;
  readonly position: number;
}

/** Rules that need a path to have one of some values. */
interface Branch {
  readonly read: (bindings: Bindings) => unknown;
  readonly byValue: Map<Literal, Candidate[]>;
  /** For a call that has no plain value there: any of these may match, or fail. */
  readonly all: Candidate[];
}

interface Found {
  readonly match: Match;
  readonly position: number;
}

/** What is the same for all calls of a tool, however they differ. */
const FIXED_PATH = /^(tool\.(name|class|effects|destructive|labels)|env)(\.|\[|$)/;

/** What every call has as text. Beyond these, any plain argument. */
const TEXTS: Readonly<Record<string, (bindings: Bindings) => string>> = {
  'request.project': ({ request }) => request.project,
  'agent.name': ({ agent }) => agent.name,
  'request.campaign': ({ request }) => request.campaign ?? '',
};

const ARGUMENT = /^args\.([^.]+)$/;

/** `bindings` are those of any call of the tool. */
export function toolRules(rules: readonly CompiledRule[], bindings: Bindings): ToolRules {
  const fixed: Found[] = [];
  const always: Candidate[] = [];
  const branches = new Map<string, Branch>();
  rules.forEach((compiled, position) => {
    const known = fixedOutcome(compiled, bindings);
    if (known === false) return;
    if (known !== undefined) fixed.push({ match: known, position });
    else if (!addToBranch(branches, { compiled, position })) always.push({ compiled, position });
  });
  return { matches: (call) => findMatches(fixed, always, [...branches.values()], call) };
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

function addToBranch(branches: Map<string, Branch>, candidate: Candidate): boolean {
  const tests = candidate.compiled.condition?.conjuncts.flatMap(({ test }) => (test ? [test] : [])) ?? [];
  const key = tests.find((test) => isKey(test) && test.path in TEXTS) ?? tests.find(isKey);
  if (!key) return false;
  let branch = branches.get(key.path);
  if (!branch) {
    branch = { read: readerOf(key.path), byValue: new Map(), all: [] };
    branches.set(key.path, branch);
  }
  branch.all.push(candidate);
  for (const value of new Set(key.values)) {
    const same = branch.byValue.get(value);
    if (same) same.push(candidate);
    else branch.byValue.set(value, [candidate]);
  }
  return true;
}

function isKey({ path, sign, values, dimension }: ComparisonTest): boolean {
  if ((sign !== '==' && sign !== 'in') || dimension !== undefined) return false;
  if (path in TEXTS) return values.every((value) => typeof value === 'string');
  return ARGUMENT.test(path) && values.every((value) => typeof value !== 'bigint');
}

function readerOf(path: string): (bindings: Bindings) => unknown {
  const text = TEXTS[path];
  if (text) return text;
  const name = path.slice('args.'.length);
  return ({ args }) => (Object.hasOwn(args, name) ? args[name] : undefined);
}

function findMatches(
  fixed: readonly Found[],
  always: readonly Candidate[],
  branches: readonly Branch[],
  bindings: Bindings,
): readonly Match[] {
  let found: Found[] | undefined;
  const look = (candidates: readonly Candidate[]): void => {
    for (const { compiled, position } of candidates) {
      const match = matchOf(compiled, bindings);
      if (match) (found ??= []).push({ match, position });
    }
  };
  look(always);
  for (const { read, byValue, all } of branches) {
    const value = read(bindings);
    if (isPlain(value)) {
      const candidates = byValue.get(value);
      if (candidates) look(candidates);
    } else {
      look(all);
    }
  }
  const together = found ? [...fixed, ...found].sort((a, b) => a.position - b.position) : fixed;
  return together.map(({ match }) => match);
}

/** What a map finds exactly as the language compares it. */
function isPlain(value: unknown): value is Literal {
  return typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number';
}

function matchOf(compiled: CompiledRule, bindings: Bindings): Match | undefined {
  try {
    return compiled.condition?.evaluate(bindings) === true ? compiled : undefined;
  } catch (error) {
    return { ...compiled, error: messageOf(error) };
  }
}
