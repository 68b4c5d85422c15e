/**
 * The published rules of a tenant, compiled on first use, once per publish. Rules are held in order of their names, so
 * that the order in a file never changes a decision. For each tool the rules that can match its calls are found once
 * (`tool-rules.ts`) and remembered until the rules, the tool or the environment change.
 */
import { PolicyAction, PolicyMode, compareText, messageOf, readsBudget } from '@writ/contracts';
import type { Digest, EnvironmentSpec, LimitRule, PolicyRule } from '@writ/contracts';
import { compileCondition } from '@writ/expressions';
import type { Bindings } from '@writ/expressions';
import type { CompiledRule, Match } from './compiled-rule.ts';
import type { RegisteredTool } from './registered-tool.ts';
import { toolRules } from './tool-rules.ts';
import type { ToolRules } from './tool-rules.ts';

/** What the rules read that has to be folded for them. */
interface Reads {
  readonly history: boolean;
  /** Of the history, the ends of runs. */
  readonly runs: boolean;
  readonly budget: boolean;
}

const FIXED_PATH = /^(tool\.(name|class|effects|destructive|labels)|env)(\.|\[|$)/;

export class Bundle {
  readonly digest: Digest;
  readonly policies: readonly PolicyRule[];
  /** Told from the words of the conditions, so it may say yes where a word only stands in a string. */
  readonly reads: Reads;
  /** Enforced limits by the name of their rule. */
  readonly limits: ReadonlyMap<string, LimitRule>;
  readonly #environment: EnvironmentSpec;
  #compiled: readonly CompiledRule[] | undefined;
  readonly #byTool = new WeakMap<RegisteredTool, ToolRules>();

  constructor(digest: Digest, policies: readonly PolicyRule[], environment: EnvironmentSpec) {
    this.digest = digest;
    this.policies = policies;
    this.#environment = environment;
    this.reads = {
      history: policies.some(({ condition }) => /\bhistory\b/.test(condition)),
      runs: policies.some(({ condition }) => /\bhistory\b.*\b(succeeded|failed)\b/s.test(condition)),
      budget: readsBudget(policies),
    };
    this.limits = new Map(
      policies.flatMap(({ name, action, mode, limit }) =>
        limit && action === PolicyAction.limit && mode === PolicyMode.enforce ? [[name, limit]] : [],
      ),
    );
  }

  /** The same rules under another environment; what is compiled stays, what was evaluated does not. */
  under(environment: EnvironmentSpec): Bundle {
    const next = new Bundle(this.digest, this.policies, environment);
    next.#compiled = this.#compiled;
    return next;
  }

  /** The rules in order of their names. */
  get rules(): readonly CompiledRule[] {
    return (this.#compiled ??= compile(this.policies));
  }

  bindings(call: Omit<Bindings, 'env'>): Bindings {
    return { ...call, env: this.#environment };
  }

  /** Every rule that matches the call or cannot be evaluated for it, in order of names. */
  matches(tool: RegisteredTool, bindings: Bindings): readonly Match[] {
    let rules = this.#byTool.get(tool);
    if (!rules) {
      rules = toolRules(this.rules, bindings);
      this.#byTool.set(tool, rules);
    }
    return rules.matches(bindings);
  }
}

function compile(policies: readonly PolicyRule[]): readonly CompiledRule[] {
  return policies
    .map((rule) => ({ rule, text: JSON.stringify(rule) }))
    .sort((a, b) => compareText(a.rule.name, b.rule.name) || compareText(a.text, b.text))
    .map(({ rule }) => compileRule(rule));
}

function compileRule(rule: PolicyRule): CompiledRule {
  try {
    const condition = compileCondition(rule.condition);
    const fixed = condition.conjuncts.filter(({ references }) =>
      [...references].every((path) => FIXED_PATH.test(path)),
    );
    return { rule, condition, fixed };
  } catch (error) {
    return { rule, fixed: [], broken: messageOf(error) };
  }
}

/** Whether the rule decides; a shadow rule is only recorded. */
export function isEnforced(match: Match): boolean {
  return match.rule.mode === PolicyMode.enforce;
}
