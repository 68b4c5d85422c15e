/** A published rule, ready to be evaluated, and what it said about a call. */
import type { PolicyRule } from '@writ/contracts';
import type { Condition, Conjunct } from '@writ/expressions';

/** A rule with its condition, or with why it has none. */
export interface CompiledRule {
  readonly rule: PolicyRule;
  readonly condition?: Condition;
  /** The parts of the condition that are the same for all calls of a tool, however they differ. */
  readonly fixed: readonly Conjunct[];
  /** The file was not checked before it was published; an enforced rule that nobody can read denies. */
  readonly broken?: string;
}

/** A rule that has something to say about a call. */
export interface Match extends CompiledRule {
  /** Why it could not be evaluated; whether it would have matched is then unknown. */
  readonly error?: string;
}
