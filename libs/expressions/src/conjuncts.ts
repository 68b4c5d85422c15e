/**
 * The parts of a condition that all have to hold: what stands between its outermost ANDs. Where one of them is
 * false the whole is false, whatever the others are or fail with; that is what an index of rules is made of.
 */
import type { Bindings } from './field.ts';
import { testOf } from './comparison-test.ts';
import type { ComparisonTest } from './comparison-test.ts';
import { compileNode } from './compile/expression.ts';
import type { CompileOptions } from './compile/expression.ts';
import type { Node, Run } from './compile/syntax.ts';
import { expressionFailed } from './expression-failed.ts';
import { referencesOf } from './references.ts';
import { startSteps } from './steps.ts';

export interface Conjunct {
  /** As it stands in the source. */
  readonly text: string;
  readonly references: ReadonlySet<string>;
  /** What it tests, when that is simple. */
  readonly test: ComparisonTest | undefined;
  /** Its value; throws a `WritError` `expression-failed` when it has none. */
  evaluate(bindings: Bindings): unknown;
}

/** The conjuncts of a checked condition, in the order of the source. */
export function conjunctsOf(root: Node, options: CompileOptions): readonly Conjunct[] {
  return flatten(root).map((node) => conjunct(node, options));
}

function flatten(node: Node): Node[] {
  return node.op === '&&' ? node.args.flatMap(flatten) : [node];
}

function conjunct(node: Node, options: CompileOptions): Conjunct {
  const { offset, length } = options.rewritten.toSource(node.start, node.end);
  const text = options.source.slice(offset, offset + length);
  let run: Run | undefined;
  return {
    text,
    references: referencesOf(node, (path) => options.resolve(path) !== undefined),
    test: testOf(node),
    evaluate: (bindings) => {
      run ??= compileNode(node, options);
      startSteps();
      try {
        return run(bindings);
      } catch (thrown) {
        throw expressionFailed(options.source, thrown);
      }
    },
  };
}
