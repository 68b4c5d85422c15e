/**
 * Conditions: compiled once when a policy is loaded, evaluated for every call. Compilation finds every name,
 * type and unit that is wrong; what remains for run time are the arguments of the call, which are dynamic.
 */
import { memoize } from '@writ/contracts';
import { MAX_REMEMBERED } from './limits.ts';
import { MAX_PATH_PARTS, fieldAt } from './fields.ts';
import type { Bindings } from './field.ts';
import { checkSource, withinTheStack } from './check.ts';
import { compileNode } from './compile/expression.ts';
import type { Resolved } from './compile/syntax.ts';
import { conjunctsOf } from './conjuncts.ts';
import type { Conjunct } from './conjuncts.ts';
import { CONDITIONS } from './environment.ts';
import { explainerOf } from './explain.ts';
import type { Explanation } from './explain.ts';
import { ExpressionError } from './expression-error.ts';
import { expressionFailed } from './expression-failed.ts';
import { Fault } from './fault.ts';
import { referencesOf } from './references.ts';
import { startSteps } from './steps.ts';
import { typeName } from './type-names.ts';
import { Dimension } from './units.ts';
import { refuseUnitless } from './unitless.ts';

export interface Condition {
  readonly source: string;
  /** Every path that it reads: `tool.cost`, `args.path`, `env.production`. */
  readonly references: ReadonlySet<string>;
  /** What all has to hold, in the order of the source. */
  readonly conjuncts: readonly Conjunct[];
  /**
   * Whether the condition holds. Throws a `WritError` `expression-failed`, and nothing else, when it cannot
   * be told.
   */
  evaluate(bindings: Bindings): boolean;
  /** The values of its references, for the record of a decision. Never throws. */
  explain(bindings: Bindings): readonly Explanation[];
}

/** Compiles a condition. Throws an `ExpressionError` that points at what is wrong with it. */
export function compileCondition(source: string): Condition {
  return remembered(source);
}

const remembered = memoize(MAX_REMEMBERED, (source) => withinTheStack(source, () => compile(source)));

function compile(source: string): Condition {
  const { root, rewritten } = checkSource(source, CONDITIONS);
  refuseUnitless(root, source, rewritten);
  const type = root.checkedType;
  if (type && type.name !== 'bool' && type.kind !== 'dyn') {
    const message = `a condition has to be true or false; this is ${typeName(type)}`;
    throw new ExpressionError(message, source, rewritten.toSource(root.start, root.end));
  }
  const options = { source, rewritten, lenient: true, resolve: resolveField };
  const run = compileNode(root, options);
  const references = referencesOf(root, namesField);
  let explainer: ReturnType<typeof explainerOf> | undefined;
  let conjuncts: readonly Conjunct[] | undefined;
  return {
    source,
    references,
    get conjuncts() {
      return (conjuncts ??= conjunctsOf(root, options));
    },
    explain: (bindings) => (explainer ??= explainerOf(references))(bindings),
    evaluate: (bindings) => {
      startSteps();
      let value: unknown;
      try {
        value = run(bindings);
      } catch (thrown) {
        throw expressionFailed(source, thrown, unsetFacts(references, bindings));
      }
      if (typeof value === 'boolean') return value;
      throw expressionFailed(source, new Fault('it is neither true nor false'));
    },
  };
}

/**
 * Facts of the environment that an expression reads and nobody set: they read as false, which may be why it
 * failed.
 */
function unsetFacts(references: ReadonlySet<string>, bindings: Bindings): string[] {
  return [...references].filter(
    (path) =>
      path.startsWith('env.') && !Object.hasOwn((bindings as Bindings | undefined)?.env ?? {}, path.slice(4)),
  );
}

/** The field at the longest known beginning of a path. */
export function resolveField(path: readonly string[]): Resolved | undefined {
  for (let parts = Math.min(path.length, MAX_PATH_PARTS); parts > 0; parts--) {
    const field = fieldAt(path.slice(0, parts).join('.'));
    if (!field) continue;
    const dimension = Object.values<string>(Dimension).includes(field.type) ? { dimension: field.type } : {};
    const { path: known, read, absent, oneOf } = field;
    return { path: known, read, parts, ...dimension, ...(absent && { absent }), ...(oneOf && { oneOf }) };
  }
  return undefined;
}

function namesField(path: readonly string[]): boolean {
  return resolveField(path) !== undefined;
}
