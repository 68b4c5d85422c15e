/**
 * The published rules of a tenant, compiled on first use, once per publish. Rules are held in order of their
 * names, so that the order in a file never changes a decision. A rule that looks only at the tool and the
 * environment has the same outcome for every call of that tool: it is evaluated once and remembered until
 * either of them changes.
 */
import { PolicyMode, compareText, messageOf } from '@writ/contracts';
import type { Digest, EnvironmentSpec, PolicyRule } from '@writ/contracts';
import { compileCondition } from '@writ/expressions';
import type { Bindings, Condition } from '@writ/expressions';
import { MAX_BECAUSE_LENGTH } from './limits.ts';
import type { RegisteredTool } from './registered-tool.ts';

/** A rule that has something to say about a call. */
export interface Match {
  readonly rule: PolicyRule;
  /** The values that made it match. */
  readonly because?: string;
  /** Why it could not be evaluated; whether it would have matched is then unknown. */
  readonly error?: string;
}

interface CompiledRule {
  readonly rule: PolicyRule;
  readonly evaluate: (bindings: Bindings) => Match | undefined;
}

/** Rules in the order of their names; `fixed` ones depend on nothing but tool and environment. */
interface CompiledRules {
  readonly all: readonly (CompiledRule & { readonly fixed: boolean })[];
  readonly varying: readonly CompiledRule[];
}

/** What is the same for all calls of a tool, however they differ. */
const FIXED_PATH = /^(tool\.(name|class|effects|destructive|labels)|env)(\.|\[|$)/;

export class Bundle {
  readonly digest: Digest;
  readonly policies: readonly PolicyRule[];
  readonly #environment: EnvironmentSpec;
  #compiled: CompiledRules | undefined;
  readonly #fixedMatches = new WeakMap<RegisteredTool, readonly Match[]>();

  constructor(digest: Digest, policies: readonly PolicyRule[], environment: EnvironmentSpec) {
    this.digest = digest;
    this.policies = policies;
    this.#environment = environment;
  }

  /** The same rules under another environment; what is compiled stays, what was evaluated does not. */
  under(environment: EnvironmentSpec): Bundle {
    const next = new Bundle(this.digest, this.policies, environment);
    next.#compiled = this.#compiled;
    return next;
  }

  /** Every rule that matches the call or cannot be evaluated for it, in order of names. */
  matches(tool: RegisteredTool, call: Omit<Bindings, 'env'>): readonly Match[] {
    const rules = (this.#compiled ??= compile(this.policies));
    const bindings: Bindings = { ...call, env: this.#environment };
    const fixed = this.#fixed(rules, tool, bindings);
    if (rules.varying.length === 0) return fixed;
    const varying = evaluate(rules.varying, bindings);
    if (varying.length === 0) return fixed;
    return fixed.length === 0 ? varying : [...fixed, ...varying].sort(byName);
  }

  #fixed(rules: CompiledRules, tool: RegisteredTool, bindings: Bindings): readonly Match[] {
    let known = this.#fixedMatches.get(tool);
    if (!known) {
      known = evaluate(
        rules.all.filter(({ fixed }) => fixed),
        bindings,
      );
      this.#fixedMatches.set(tool, known);
    }
    return known;
  }
}

function compile(policies: readonly PolicyRule[]): CompiledRules {
  const all = policies
    .map((rule) => ({ rule, text: JSON.stringify(rule) }))
    .sort((a, b) => compareText(a.rule.name, b.rule.name) || compareText(a.text, b.text))
    .map(({ rule }) => compileRule(rule));
  return { all, varying: all.filter(({ fixed }) => !fixed) };
}

function compileRule(rule: PolicyRule): CompiledRules['all'][number] {
  let condition: Condition;
  try {
    condition = compileCondition(rule.condition);
  } catch (error) {
    // The file was not checked before it was published. An enforced rule that nobody can read denies.
    const broken: Match = { rule, error: shorten(messageOf(error)) };
    return { rule, evaluate: () => broken, fixed: true };
  }
  const fixed = [...condition.references].every((path) => FIXED_PATH.test(path));
  return { rule, evaluate: (bindings) => evaluateRule(rule, condition, bindings), fixed };
}

function evaluate(rules: readonly CompiledRule[], bindings: Bindings): Match[] {
  const matches: Match[] = [];
  for (const rule of rules) {
    const match = rule.evaluate(bindings);
    if (match) matches.push(match);
  }
  return matches;
}

function evaluateRule(rule: PolicyRule, condition: Condition, bindings: Bindings): Match | undefined {
  try {
    if (!condition.evaluate(bindings)) return undefined;
    const because = condition.explain(bindings).map(({ path, value }) => `${path} = ${value}`);
    return because.length === 0 ? { rule } : { rule, because: shorten(because.join(', ')) };
  } catch (error) {
    return { rule, error: shorten(messageOf(error)) };
  }
}

function byName(a: Match, b: Match): number {
  return compareText(a.rule.name, b.rule.name);
}

function shorten(text: string): string {
  return text.length <= MAX_BECAUSE_LENGTH ? text : `${text.slice(0, MAX_BECAUSE_LENGTH - 1)}…`;
}

/** Whether the rule decides; a shadow rule is only recorded. */
export function isEnforced(match: Match): boolean {
  return match.rule.mode === PolicyMode.enforce;
}
